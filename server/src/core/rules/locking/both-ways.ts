// Paths that no run can take: one test goes both ways on them. A walk that joined its states may put such a path together from two.

import { successors, type Block, type Expr, type Procedure, type Variable } from '../../flow/ir.ts';
import { printExpr } from '../../flow/print.ts';
import type { LockWalk } from '../../flow/program.ts';
import { stepsOf, type Step, type Trail } from '../../flow/trail.ts';
import type { ValueId } from '../../flow/values.ts';
import { partsOf } from './places.ts';

type Branch = Extract<Step, { kind: 'branch' }>;

/**
 * Whether a path tests one thing twice and goes on in both ways: what only the function itself can change, and it does not; or a field,
 * where the second test decides on the release of the lock, as it does in `if (x->shared) lock(); ... if (x->shared) unlock();`.
 */
export function goesBothWays(text: string, procedure: Procedure, locks: LockWalk, lock: ValueId, trail: Trail | null): boolean {
  const before = new Map<string, boolean>();
  for (const step of stepsOf(trail)) {
    if (step.kind !== 'branch') continue;
    // Where none of several options is set, none of them is.
    if (step.condition.kind === 'config' && !step.holds && step.condition.text.includes('||'))
      for (const option of step.condition.text.match(/\bCONFIG_\w+/g) ?? []) before.set(option, false);
    const { about, holds } = plainTest(text, step);
    const known = before.get(about);
    if (known === undefined) before.set(about, holds);
    else if (known !== holds) {
      const rests = isOfContext(about) ? 'own' : restsOn(procedure, step.condition);
      if (rests === 'own' || (rests === 'fields' && decidesRelease(procedure, locks, lock, step))) return true;
    }
  }
  return false;
}

/** A test without its negation; a question about the context as the file writes it, since it stands for a call. */
function plainTest(text: string, { condition, holds }: Branch): { readonly about: string; readonly holds: boolean } {
  const written = text.slice(condition.start, condition.end);
  if (isOfContext(written)) return { about: written, holds };
  if (condition.kind === 'unary' && condition.operator === '!') return { about: printExpr(condition.of), holds: !holds };
  const about = printExpr(condition);
  if (condition.kind === 'binary' && condition.operator === '!=') return { about: about.replace(' != ', ' == '), holds: !holds };
  return { about, holds };
}

/** Whether a test asks what the function runs for, which stays the same while it runs. */
function isOfContext(written: string): boolean {
  return /^in_(?:compat_syscall|task|interrupt|nmi)\(\)$/.test(written);
}

/** What a condition rests on: variables of the function that stay as they are, or fields that it does not write; null for anything else. */
function restsOn(procedure: Procedure, condition: Expr): 'own' | 'fields' | null {
  const parts = partsOf(condition);
  for (const part of parts) {
    if (part.kind === 'variable') {
      const { variable } = part;
      if (variable.kind === 'temporary' || variable.addressTaken || !staysTheSame(procedure, variable)) return null;
    } else if (part.kind === 'field') {
      if (writers(procedure, (target) => target.kind === 'field' && target.name === part.name).length > 0) return null;
    } else if (part.kind === 'global' ? !/^[A-Z0-9_]+$/.test(part.name) : !/^(?:integer|binary|unary|cast|config)$/.test(part.kind))
      return null;
  }
  return parts.some((part) => part.kind === 'field') ? 'fields' : 'own';
}

/** A parameter that is not written, or a variable that is written once and not again in another round. */
function staysTheSame(procedure: Procedure, variable: Variable): boolean {
  const [first, ...more] = writers(procedure, (target) => target.kind === 'variable' && target.variable === variable);
  if (!first) return true;
  return variable.kind !== 'parameter' && more.length === 0 && !comesBack(procedure, first);
}

/** Blocks with a write to a place, once for each write. */
function writers({ blocks }: Procedure, isTarget: (target: Expr) => boolean): Block[] {
  return blocks.flatMap((block) =>
    block.instructions.flatMap((one) => {
      const target: Expr | null =
        one.op === 'assign'
          ? one.target
          : one.op === 'call' && one.result
            ? { kind: 'variable', variable: one.result, start: one.span.start, end: one.span.start }
            : null;
      return target && isTarget(target) ? [block] : [];
    }),
  );
}

/** Whether a way leads from a block back to it. */
function comesBack({ blocks }: Procedure, from: Block): boolean {
  const seen = new Set<number>();
  const open = [...successors(from.terminator)];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const block = blocks[id];
    if (!block || seen.has(id)) continue;
    if (block === from) return true;
    seen.add(id);
    open.push(...successors(block.terminator));
  }
  return false;
}

/** Whether a test decides whether the lock is given back, and on nothing else: the side that gives it back comes to where the other one goes. */
function decidesRelease({ blocks }: Procedure, { events }: LockWalk, lock: ValueId, step: Branch): boolean {
  const releases = new Set(events.flatMap((event) => (event.action === 'release' && event.lock === lock ? [event.span.start] : [])));
  const givesAndMeets = (side: number, other: number): boolean => {
    const block = blocks[side];
    const gives = block?.instructions.some((one) => one.op === 'call' && releases.has(one.span.start)) ?? false;
    return gives && block?.terminator.op === 'jump' && block.terminator.to === other;
  };
  const test = blocks.find(({ terminator }) => terminator.op === 'branch' && terminator.condition === step.condition)?.terminator;
  return test?.op === 'branch' && (givesAndMeets(test.then, test.else) || givesAndMeets(test.else, test.then));
}
