// What one careful actor can do in a world of one group: the drivers, a user, an administrator.

import type { Action } from './closedWorld.ts';

export const world = `  devices:
    A: {pci: "01:00.0", multifunction: true}
    B: {pci: "01:00.1", multifunction: true, absent: true}
  groups: { G: [A, B] }
  held: [G]
  users: [u1, u2]`;

/** Ownership, binding, attaching and the type; with hot-add and unplug of a second device, or without. */
export function actions(hotplug: boolean): Action[] {
  const always = (): boolean => true;
  type Read = Parameters<Action['when']>[0];
  const attached = (read: Read): boolean => read('kept', 'n') !== null && read('G', 'domain') === read('kept', 'n');
  const list: Action[] = [
    { text: 'claim u1', action: 'claim', args: ['G', 'u1'], when: always },
    { text: 'claim u2', action: 'claim', args: ['G', 'u2'], when: always },
    { text: 'release', action: 'release', args: ['G'], when: (read) => read('G', 'owner') !== null && !attached(read) },
    { text: 'bind A nic', action: 'bind', args: ['A', 'nic'], when: (read) => read('A', 'drv') === null },
    { text: 'bind A vfio', action: 'bind', args: ['A', 'vfio'], when: (read) => read('A', 'drv') === null },
    { text: 'bind A stub', action: 'bind', args: ['A', 'stub'], when: (read) => read('A', 'drv') === null },
    { text: 'unbind A', action: 'unbind', args: ['A'], when: (read) => read('A', 'drv') !== null && !attached(read) },
    { text: 'alloc', action: 'alloc', args: ['A'], when: (read) => read('kept', 'n') === null, keep: 'n' },
    {
      text: 'attach',
      action: 'attach',
      args: ['@n', 'A'],
      when: (read) =>
        read('kept', 'n') !== null && read('A', 'bound') === true && (read('A', 'drv') === 'nic' || read('G', 'owner') !== null),
      keep: 'ignored',
    },
    { text: 'write identity', action: 'write_type', args: ['G', 'identity'], when: always },
    { text: 'write DMA', action: 'write_type', args: ['G', 'DMA'], when: always },
    { text: 'write DMA-FQ', action: 'write_type', args: ['G', 'DMA-FQ'], when: always },
    { text: 'write auto', action: 'write_type', args: ['G', 'auto'], when: always },
    {
      text: 'detach',
      action: 'detach',
      args: ['@n', 'A'],
      when: attached,
    },
    { text: 'free', action: 'free', args: ['@n'], when: (read) => read('kept', 'n') !== null && !attached(read), drop: 'n' },
  ];
  if (!hotplug) return list;
  return [
    ...list,
    { text: 'add B', action: 'hot_add', args: ['B'], when: (read) => read('B', 'present') !== true && read('B', 'freed') !== true },
    { text: 'bind B nic', action: 'bind', args: ['B', 'nic'], when: (read) => read('B', 'present') === true && read('B', 'drv') === null },
    { text: 'unbind B', action: 'unbind', args: ['B'], when: (read) => read('B', 'drv') !== null },
  ];
}
