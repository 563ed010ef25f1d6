/**
 * I31: locks are taken in one order, once, and given back.
 *
 * What: no blocking acquisition closes a circle of threads, no thread takes a lock that it holds, none gives back a lock that it does
 * not hold, and no call returns with a lock that its contract does not say.
 *
 * Source: lockdep; the order of each era is what its calls take [61, 612].
 * Holds: S001-15: two writers of one group.
 * Broken: a thread that takes the mutex of its group twice.
 */
import { lock } from '../machine/code.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { StepInvariant } from './invariant.ts';

/** Called where a call of a scenario returns. */
export function afterCall(c: Cpu, call: string): void {
  if (c.held.length === 0) return;
  c.violate('I31', `${call} returns with ${c.held.map((cell) => c.names.cellName(cell).object).join(', ')} held`);
}

export const I31: StepInvariant = {
  id: 'I31',
  title: 'locks are taken in one order, once, and given back',
  source: 'lockdep; what the calls of each era take',
  holds: 'S001-15',
  reportedBy: 'the search (a circle of waits), the machine, and the end of a call',
  broken: [lock(() => 'G.mutex'), lock(() => 'G.mutex')],
};
