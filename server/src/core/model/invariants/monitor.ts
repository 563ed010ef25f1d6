// Runs the invariants after each step, only those that the step's writes can have broken, and only where no declared critical section
// is open: an invariant of a group waits for its mutex, one of everything for all mutexes and SVA locks.

import type { Monitor } from '../machine/machine.ts';
import type { Cpu } from '../machine/cpu.ts';
import { list } from './invariant.ts';
import type { Invariant } from './invariant.ts';

/** Locks, besides the mutexes of groups, under which several cells change together. */
const SECTIONS: readonly string[] = ['iommu_sva_lock', 'sva_lock'];
const isSection = (lock: string): boolean => lock.endsWith('.mutex') || lock.endsWith('.group_lock') || SECTIONS.includes(lock);

/** A monitor over these invariants. Violations carry the invariant's id. */
export function monitorOf(invariants: readonly Invariant[]): Monitor {
  const byField = new Map<string, number[]>();
  invariants.forEach((invariant, index) => {
    for (const field of invariant.scope === 'call' ? [] : invariant.fields) byField.set(field, [...(byField.get(field) ?? []), index]);
  });
  const vfioBits = invariants.reduce((bits, invariant, index) => (invariant.section === 'group_lock' ? bits | (1 << index) : bits), 0);
  const interest = new Map<number, readonly number[]>();
  const interested = (c: Cpu, cell: number): readonly number[] => {
    let found = interest.get(cell);
    if (found === undefined) {
      const { object, field } = c.names.cellName(cell);
      // Devices are freed too; only the freeing of domains concerns an invariant.
      found = field === 'freed' && c.peek(object, 'bus') !== null ? [] : (byField.get(field) ?? []);
      interest.set(cell, found);
    }
    return found;
  };
  return {
    afterStep(c, released) {
      let dirty = 0;
      for (const cell of c.writes) for (const index of interested(c, cell)) dirty |= 1 << index;
      if (dirty === 0 && (released === null || !isSection(released))) return;
      const groups = list(c, 'world', 'groups');
      const held = groups.map((group) => c.get(`${group}.mutex`, 'holder') !== null);
      const anyHeld = held.includes(true) || SECTIONS.some((name) => c.get(name, 'holder') !== null);
      const pendingWorld = c.count('world', 'unchecked') | dirty;
      let keptWorld = 0;
      groups.forEach((group, at) => {
        const pending = c.count(group, 'unchecked') | dirty;
        if (pending === 0) return;
        if (held[at] === true) {
          if (pending !== c.count(group, 'unchecked')) c.set(group, 'unchecked', pending);
          return;
        }
        const inVfio = (pending & vfioBits) !== 0 && c.get(`${group}.group_lock`, 'holder') !== null;
        let kept = 0;
        invariants.forEach((invariant, index) => {
          if ((pending & (1 << index)) === 0 || invariant.scope !== 'group') return;
          if (inVfio && invariant.section === 'group_lock') {
            kept |= 1 << index;
            return;
          }
          // Two steps that can break one invariant do not commute: the mark makes that known to the reduction.
          c.store(c.names.cell(`~${invariant.id}`, group), 0);
          const wrong = invariant.check(c, group);
          if (wrong !== null) c.violate(invariant.id, wrong);
        });
        if (c.count(group, 'unchecked') !== kept) c.set(group, 'unchecked', kept);
      });
      invariants.forEach((invariant, index) => {
        if ((pendingWorld & (1 << index)) === 0 || invariant.scope !== 'settled') return;
        if (anyHeld) {
          keptWorld |= 1 << index;
          return;
        }
        c.store(c.names.cell(`~${invariant.id}`, 'world'), 0);
        const wrong = invariant.check(c, 'world');
        if (wrong !== null) c.violate(invariant.id, wrong);
      });
      if (keptWorld !== c.count('world', 'unchecked')) c.set('world', 'unchecked', keptWorld);
    },
  };
}

/** Runs the invariants that look at a call as a whole, at its end. Only for a thread that runs alone: others may be halfway. */
export function checkCall(c: Cpu, invariants: readonly Invariant[]): void {
  for (const invariant of invariants) {
    if (invariant.scope !== 'call') continue;
    const wrong = invariant.check(c, c.threadName);
    if (wrong !== null) c.violate(invariant.id, wrong);
  }
}
