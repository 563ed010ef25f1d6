import { describe, expect, it } from 'vitest';
import { close } from './closedWorld.ts';
import { actions, world } from './closedActions.ts';

const permitted: readonly [string, boolean, Readonly<Record<string, string>>][] = [
  ['v6.1', false, {}],
  // A device joins a group on a private domain (S000-10), and the detach after that does nothing (S000-15).
  [
    'v6.1',
    true,
    {
      I1: 'bind A nic; alloc; attach; add B',
      I22: 'bind A nic; alloc; attach; add B',
      I14: 'claim u1; bind A vfio; alloc; attach; add B; detach',
    },
  ],
  ['v6.12', false, {}],
  // DMA ops of a device that joined an owned group (S000-12), and the detach that does nothing (S000-15).
  ['v6.12', true, { 'dma-routing': 'claim u1; add B; release; bind B nic', I14: 'bind A nic; alloc; attach; add B; detach' }],
];

describe('all sequences of calls of one careful actor', () => {
  for (const [era, hotplug, expected] of permitted) {
    it(`${era}, ${hotplug ? 'with' : 'without'} a second device: the space closes, and only the known violations are in it`, () => {
      const limit = 6000;
      const result = close(era, world, actions(hotplug), limit);
      expect(result.states).toBeLessThan(limit);
      expect(result.states).toBeGreaterThan(100);
      expect(Object.fromEntries([...result.violations].map(([id, paths]) => [id, paths[0]]))).toEqual(expected);
    });
  }
});
