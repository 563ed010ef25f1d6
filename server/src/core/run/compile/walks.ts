// Loop macros: the list is read again before each round, as the kernel follows its pointers; the `_safe` forms read one element ahead.

import { walkShape } from '../../kernel/walks.ts';
import type { Block, Expr, Instruction } from '../../flow/ir.ts';
import { printExpr } from '../../flow/print.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { codeMemory } from '../primitives/allocation.ts';
import { nodesOf, entryOf } from '../primitives/lists.ts';
import { isPastEnd, isSymbol, pastEnd, pastEndOf } from '../values.ts';
import { store } from './assign.ts';
import type { Emitter } from './emitter.ts';
import { compileValue, type Evaluate } from './expressions.ts';
import { pastEndLocal } from './names.ts';
import type { Scope } from './scope.ts';

const atStart = '!start';

interface Walk {
  readonly head: number;
  /** Locals: the element of this round, and the one read ahead. */
  readonly at: string;
  readonly next: string;
  /** The cursor that the walk begins at or behind (`_from`, `_continue`). */
  readonly cursor: Expr | null;
}

/** The walks of a function: by the block of their head, and by the block of their body. */
export interface Walks {
  readonly byHead: ReadonlyMap<number, Walk>;
  readonly byBody: ReadonlyMap<number, Walk>;
}

export function walkHeads(scope: Scope): Walks {
  const byHead = new Map<number, Walk>();
  const byBody = new Map<number, Walk>();
  for (const block of scope.source.ir.blocks) {
    const { terminator } = block;
    if (terminator.op !== 'branch' || terminator.condition.kind !== 'more') continue;
    const body = scope.source.ir.blocks[terminator.then];
    const first = body?.instructions.find((one) => one.op === 'assign' && one.value.kind === 'element');
    const cursor = first?.op === 'assign' ? first.target : null;
    const walk: Walk = { head: block.id, at: `%at${block.id}`, next: `%next${block.id}`, cursor };
    byHead.set(block.id, walk);
    byBody.set(terminator.then, walk);
  }
  return { byHead, byBody };
}

/** A walk that is entered from outside begins at the first element. */
export function startWalk(emitter: Emitter, walks: Walks, head: number): void {
  const walk = walks.byHead.get(head);
  if (walk === undefined) return;
  emitter.put(walk.at, () => atStart);
  emitter.put(walk.next, () => null);
}

type More = Extract<Expr, { kind: 'more' }>;

/** The head of the list that a walk goes over. */
function headOf(scope: Scope, condition: More): Evaluate {
  const over = condition.over.map((arg) => compileValue(scope, arg));
  const named = scope.env.binding.walks.get(condition.loop);
  const head = over[0] ?? ((): Value => null);
  if (named === undefined) return head;
  return (c) =>
    named(
      c,
      over.map((arg) => arg(c)),
    );
}

/** What the walk goes over, now: in its order. */
function elements(scope: Scope, condition: More): (c: Cpu) => readonly string[] | null {
  const { memory, binding } = scope.env;
  const { loop } = condition;
  const text = printExpr(condition);
  const head = headOf(scope, condition);
  const named = binding.walks.get(loop);
  const member = condition.over[1];
  const memberText = member === undefined || /^(?:list|hlist|llist|plist)_for_each(?!_entry)/.test(loop) ? null : memberOf(member);
  return (c) => {
    const pointer = head(c);
    if (isSymbol(pointer)) return null;
    if (loop.startsWith('xa_for_each')) {
      const { object, path } = memory.target(c, pointer, text);
      return [...c.list(object, path)].sort((a, b) => Number(a) - Number(b));
    }
    const nodes = nodesOf(memory, c, pointer, text);
    const ordered = loop.includes('_reverse') || loop.includes('_prev') ? [...nodes].reverse() : nodes;
    if (named !== undefined) {
      const row = memory.listRow(c, memory.target(c, pointer, text));
      return ordered.map((node) => String(entryOf(memory, node, row?.node ?? 'list')));
    }
    return memberText === null ? ordered : ordered.map((node) => String(entryOf(memory, node, memberText)));
  };
}

function memberOf(expr: Expr): string | null {
  if (expr.kind === 'global') return expr.name;
  if (expr.kind === 'variable') return expr.variable.name;
  if (expr.kind === 'type') return expr.text;
  return null;
}

/** The test at the head of a walk: a step that finds the next element, and a branch on whether there is one. */
export function compileMore(emitter: Emitter, walks: Walks, block: Block, condition: More, otherwise: number): void {
  const { scope } = emitter;
  const { memory, ledger } = scope.env;
  const walk = walks.byHead.get(block.id);
  const { loop } = condition;
  const label = printExpr(condition);
  if (walk === undefined || !isKnown(scope, loop)) {
    openWalk(emitter, label, otherwise);
    return;
  }
  const head = headOf(scope, condition);
  const list = elements(scope, condition);
  const isSafe = loop.includes('_safe');
  const from = startOf(scope, walk, loop);
  const range = scope.range(condition);
  emitter.act('list', label, (c) => {
    const now = list(c);
    if (now === null) {
      ledger.assume(c, 'value', `${label}: the list is not known, and taken for empty`, range);
      c.put(walk.at, null);
      return;
    }
    const at = c.v(walk.at);
    let next: string | null;
    if (at === atStart) next = from(c, now);
    else if (isSafe) {
      const ahead = c.v(walk.next);
      next = typeof ahead === 'string' ? ahead : null;
      if (next !== null && !now.includes(next)) lost(c, next);
    } else next = after(c, now, String(at), loop);
    if (isSafe) c.put(walk.next, next === null ? null : (now[now.indexOf(next) + 1] ?? null));
    if (next !== null && !/^\d/.test(next)) c.touch(memory.split(next.startsWith('&') ? next : `&${next}`).object, 'list');
    c.put(walk.at, next);
    if (next === null) c.put(pastEndLocal, pastEndOf(head(c)));
  });
  emitter.branch((c) => c.v(walk.at) !== null, otherwise);
}

function after(c: Cpu, now: readonly string[], at: string, loop: string): string | null {
  const place = now.indexOf(at);
  if (place >= 0) return now[place + 1] ?? null;
  if (/^xa/.test(loop)) return now.find((index) => Number(index) > Number(at)) ?? null;
  return lost(c, at);
}

/** The element that the walk stands on is no longer in the list. */
function lost(c: Cpu, at: string): never {
  return c.crash('use-after-free', `a walk goes on from ${at}, which has left the list`);
}

/** Where a walk begins: at the first element, at the cursor (`_from`), or behind it (`_continue`). */
function startOf(scope: Scope, walk: Walk, loop: string): (c: Cpu, now: readonly string[]) => string | null {
  const isFrom = loop.includes('_from');
  if (walk.cursor === null || (!isFrom && !loop.includes('_continue'))) return (_, now) => now[0] ?? null;
  const cursor: Evaluate = compileValue(scope, walk.cursor);
  return (c, now) => {
    const value = cursor(c);
    if (isPastEnd(value)) return now[0] ?? null;
    const place = now.indexOf(String(value));
    if (place < 0) return lost(c, String(value));
    return now[isFrom ? place : place + 1] ?? null;
  };
}

function isKnown(scope: Scope, loop: string): boolean {
  return /^(?:list|hlist|llist|plist)_for_each|^xa_for_each/.test(loop) || scope.env.binding.walks.has(loop);
}

/** A macro that nobody knows: no round, or one with elements that nobody knows. */
function openWalk(emitter: Emitter, label: string, otherwise: number): void {
  const { scope } = emitter;
  const { unknowns, ledger } = scope.env;
  const range = emitter.here;
  const slot = scope.lastingTemporary('round');
  emitter.put(slot, (c) => `?more(${label})${String(c.v(slot) === null ? '' : 'again')}`);
  emitter.decide(
    label,
    {
      test: (c) => unknowns.truth(c, c.v(slot)),
      assume: (c, outcome) => {
        ledger.assume(c, 'opaque', `${label}: not known what it goes over`, range);
        unknowns.assume(c, '!=', c.v(slot), null, outcome);
      },
    },
    otherwise,
  );
}

/** A cursor gets the element of this round; the second cursor of a `_safe` walk the one after it, the first of an xarray walk the index. */
export function compileElement(emitter: Emitter, walks: Walks, block: Block, instruction: Extract<Instruction, { op: 'assign' }>): void {
  const { scope } = emitter;
  const { value, target } = instruction;
  const walk = walks.byBody.get(block.id);
  if (value.kind !== 'element') return;
  const label = printExpr(target);
  const assigns = block.instructions.filter((one) => one.op === 'assign' && one.value.kind === 'element');
  const place = assigns.indexOf(instruction);
  const name = `?element@${value.start}`;
  if (walk === undefined || !isKnown(scope, value.loop)) {
    store(emitter, target, () => name, label);
    return;
  }
  if (value.loop.startsWith('xa_for_each')) {
    const array = compileValue(scope, value.over[0] ?? value);
    const isIndex = (walkShape(value.loop)?.cursors.length ?? 1) > 1 && place === 0;
    if (isIndex) store(emitter, target, (c) => Number(c.v(walk.at)), label);
    else {
      const load = scope.env.binding.functions.get('xa_load');
      const read: Evaluate = (c) =>
        load?.how === 'value' ? load.value(c, [array(c), Number(c.v(walk.at))], codeMemory(scope, c, label)) : name;
      store(emitter, target, read, label, true);
    }
    return;
  }
  store(emitter, target, place === 0 ? (c) => c.v(walk.at) : (c) => c.v(walk.next) ?? pastEnd, label);
}
