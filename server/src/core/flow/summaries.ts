// Summaries of functions from the bottom of the call graph up.

import { throwIfCancelled } from '../base/cancel.ts';
import { componentsBelow } from './components.ts';
import { addUses, completeCircle, usesOf, type LockUses } from './lock-uses.ts';
import { summaryParts, walkLocks } from './lock-walk.ts';
import { plainSummary } from './plain-summary.ts';
import type { FlowFunctionEntry, Program } from './program.ts';
import { sleepOfProcedure } from './sleeps.ts';
import { summarise } from './summarise.ts';
import type { Summary } from './summary.ts';

/** Summaries of everything below a function in the call graph, callees first; circles see nothing of each other. */
export function summaryOfEntry(program: Program, wanted: FlowFunctionEntry): Summary | null {
  if (isOpen(program, wanted))
    for (const component of componentsBelow(wanted, (entry) => openCallees(program, entry))) summariseComponent(program, component);
  return wanted.summary ?? null;
}

/** Whether a function has no summary yet, not even one of an earlier review. */
function isOpen(program: Program, entry: FlowFunctionEntry): boolean {
  if (entry.summary === undefined) program.adopt(entry);
  return entry.summary === undefined;
}

/** Functions that one calls and that have no summary yet. */
function openCallees(program: Program, entry: FlowFunctionEntry): FlowFunctionEntry[] {
  const found = entry.file.flowOf(entry).callees.flatMap((name) => program.find(entry.file, name) ?? []);
  return found.filter((callee) => isOpen(program, callee));
}

function summariseComponent(program: Program, component: readonly FlowFunctionEntry[]): void {
  // In a circle the functions first see nothing of each other, then what was found of each that way: the order does not matter.
  const [first] = component;
  const isCircle = component.length > 1 || (first !== undefined && first.file.flowOf(first).callees.includes(first.fn.name));
  const rounds = isCircle ? 2 : 1;
  const fresh: FlowFunctionEntry[] = [];
  let circle = new Map<FlowFunctionEntry, Summary | null>(component.map((entry) => [entry, null]));
  for (let round = 0; round < rounds; round++) {
    const found = new Map<FlowFunctionEntry, Summary | null>();
    for (const entry of component) {
      throwIfCancelled(program.options.cancel);
      const known = (name: string): Summary | null => {
        const callee = program.find(entry.file, name);
        return callee ? (circle.get(callee) ?? callee.summary ?? null) : entry.file.declared(name);
      };
      const seen = program.options.memory && rounds === 1 ? entry.file.flowOf(entry).callees.map(known) : [];
      const before = rounds === 1 ? program.walkedBefore(entry, seen) : null;
      if (before) {
        entry.locks = before.locks;
        found.set(entry, before.summary);
        continue;
      }
      const naming = entry.file.namingOf(entry);
      entry.locks = walkLocks(entry.file.flowOf(entry), naming, known);
      const uses = usesOf(naming.procedure, naming, (name) => known(name)?.uses ?? null);
      const { fn, locks } = entry;
      const summary = locks ? summarise(fn, locks.result, summaryParts(locks, uses)) : plainSummary(fn, naming.procedure, uses, known);
      const whole = summary && program.theOne({ ...summary, sleeps: sleepOfEntry(program, entry, known) });
      found.set(entry, whole);
      if (rounds > 1) continue;
      program.keepWalk(entry, entry.file.flowOf(entry), { seen, summary: whole });
      fresh.push(entry);
    }
    circle = found;
  }
  for (const [entry, summary] of circle) entry.summary = summary;
  if (isCircle) completeUses(program, component);
  // What was taken over has not asked for the declarations that it rests on.
  for (const entry of fresh) program.share(entry);
}

/** What a function sleeps in, unless it may do so without the locks of its caller. */
function sleepOfEntry(program: Program, entry: FlowFunctionEntry, known: (name: string) => Summary | null): string | null {
  const isBare = entry.locks?.events.some((event) => event.action === 'release' && event.outcome !== 'freed') ?? false;
  const era = program.options.era?.id ?? null;
  return sleepOfProcedure(entry.file.flowOf(entry).procedure, entry.file.c.text, isBare, era, (name) => known(name)?.sleeps ?? null);
}

/** In a circle each function may take what any other takes. */
function completeUses(program: Program, component: readonly FlowFunctionEntry[]): void {
  completeCircle(component, (entry) => {
    throwIfCancelled(program.options.cancel);
    const { file, summary } = entry;
    if (!summary) return false;
    const naming = file.namingOf(entry);
    const known = (name: string): LockUses | null => (program.find(file, name)?.summary ?? file.declared(name))?.uses ?? null;
    const uses = addUses(summary.uses, usesOf(naming.procedure, naming, known));
    if (uses !== summary.uses) entry.summary = program.theOne({ ...summary, uses });
    return uses !== summary.uses;
  });
}
