/**
 * I8: nobody outside the mutex sees a default domain that a failure frees.
 *
 * What: the default domain is written under the mutex of the group, and read without it by iommu_get_dma_domain() and the like. A
 * change that publishes the new domain first, and frees it when a later step fails, hands such a reader a pointer to freed memory.
 *
 * Source: review of the default-domain series (Will Deacon, 2020); documented unlocked readers of 61 and 612.
 * Holds: S001-1, where no step fails.
 * Broken: a reader that follows the pointer after the domain was freed, as in S001-22.
 */
import { act } from '../machine/code.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { StepInvariant } from './invariant.ts';

/** Called by a reader that dereferences what it read without the mutex. */
export function derefUnlocked(c: Cpu, domain: string | null): void {
  if (domain !== null && c.peek(domain, 'freed') === true) c.crash('I8', `${domain} is dereferenced without the mutex after it was freed`);
}

export const I8: StepInvariant = {
  id: 'I8',
  title: 'nobody outside the mutex sees a default domain that a failure frees',
  source: 'review of the default-domain series (2020); documented unlocked readers [61, 612]',
  holds: 'S001-1',
  reportedBy: 'the reader',
  broken: [
    act('free', 'dma1 freed', (c) => c.set('dma1', 'freed', true)),
    act('read', 'type of the default domain', (c) => derefUnlocked(c, 'dma1')),
  ],
};
