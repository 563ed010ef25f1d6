// # goto-mixed-with-cleanup
//
// A goto jumps into the scope of a variable or guard that is released by itself, or both ways of unwinding stand in one function.
//
// ## What it reports
//
// A `goto` from outside the scope of a `__free()` variable, a `guard()` or a `CLASS()` to a label inside it: the definition is skipped
// and its release runs all the same. And, as a note, a function that unwinds with such definitions and with labels as well.
//
// ## Why it matters
//
// The release works on whatever was in the variable's memory, or gives back a lock that was not taken. Where both ways of unwinding
// meet, nobody sees any more in which order things are released.
//
// ## Known misses
//
// `case` labels behind a definition.
//
// ## Known false alarms
//
// None known.
//
// ## Example that triggers
//
// ```c
// static int demo_load(struct demo *demo)
// {
// 	int ret = demo_check(demo);
//
// 	if (ret)
// 		goto out;
//
// 	struct entry *entry __free(kfree) = demo_read(demo);
//
// 	ret = demo_fill(demo, entry);
// out:
// 	return ret;
// }
// ```
//
// ## Example that does not
//
// ```c
// static int demo_load(struct demo *demo)
// {
// 	int ret = demo_check(demo);
//
// 	if (ret)
// 		return ret;
//
// 	struct entry *entry __free(kfree) = demo_read(demo);
//
// 	return demo_fill(demo, entry);
// }
// ```
//
// ## Fix
//
// None offered: return instead of the jump, or release everything in the function one way.
//
// ## Sources
//
// - include/linux/cleanup.h, Linux 6.12: both ways of unwinding should not meet in one function.

import { throwIfCancelled } from '../base/cancel.ts';
import type { Span } from '../base/text.ts';
import type { FlowFunction } from '../flow/program.ts';
import type { Row, Tree } from '../syntax/tree.ts';
import { callsOf } from './locking/points.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'goto-mixed-with-cleanup',
  title: 'A goto jumps into the scope of something that is released by itself',
  category: 'leak',
  level: 'med',
  confidence: 'high',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'Scope-based Cleanup Helpers', url: 'https://docs.kernel.org/core-api/cleanup.html' }],
  refute: 'The label stands outside of the scope.',
};

const messages: Messages = {
  into: 'goto {label} skips the definition of {what}, and the end of the scope releases it all the same',
  mixed: '{function}() unwinds with {what} and with the label {label} as well',
};

/** A definition whose scope ends with a release. */
interface Cleanup {
  readonly what: string;
  readonly span: Span;
  /** Where the block ends that it stands in. */
  readonly end: number;
}

interface Jump {
  readonly span: Span;
  readonly label: string;
}

function check(context: RuleContext): void {
  for (const file of context.files) {
    if (!file.c.text.includes('goto ')) continue;
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      const cleanups = cleanupsOf(file.c.tree, fn);
      if (cleanups.length > 0) checkFunction(context, file, fn, cleanups);
    }
  }
}

function cleanupsOf(tree: Tree, fn: FlowFunction): Cleanup[] {
  const found = new Map<number, Cleanup>();
  for (const call of callsOf(fn)) {
    const what = call.scopeExit === null ? null : call.macro;
    if (what === null || found.has(call.span.start) || !/^(?:guard|CLASS|__free)\(/.test(what)) continue;
    found.set(call.span.start, { what, span: call.span, end: blockEnd(tree, fn.fn.bodyRow, call.span.start) });
  }
  return [...found.values()].sort((left, right) => left.span.start - right.span.start);
}

/** End of the innermost block around an offset. */
function blockEnd(tree: Tree, body: Row, offset: number): number {
  let end = tree.end(body);
  for (let row = body; row < tree.subtreeEnd(body); row++) {
    if (tree.start(row) > offset) break;
    if (tree.kind(row) === 'compound_statement' && tree.end(row) > offset) end = tree.end(row);
  }
  return end;
}

function checkFunction(context: RuleContext, file: SideFile, fn: FlowFunction, cleanups: readonly Cleanup[]): void {
  const { tree } = file.c;
  const labels = new Map<string, Row>();
  const jumps: Jump[] = [];
  for (let row = fn.fn.bodyRow; row < tree.subtreeEnd(fn.fn.bodyRow); row++) {
    const label = tree.childByField(row, 'label');
    if (label < 0) continue;
    if (tree.kind(row) === 'labeled_statement') labels.set(tree.textOf(label), row);
    else if (tree.kind(row) === 'goto_statement') jumps.push({ span: tree.span(row), label: tree.textOf(label) });
  }
  let mixed: Jump | null = null;
  for (const jump of jumps) {
    const target = labels.get(jump.label);
    if (target === undefined) continue;
    const at = tree.start(target);
    const skipped = cleanups.find((one) => isInScope(one, at) && !isInScope(one, jump.span.start));
    if (skipped) report(context, file, fn, jump, skipped, 'into');
    else if (at > jump.span.start && releasesBehind(fn, at)) mixed ??= jump;
  }
  const first = cleanups[0];
  if (mixed && first) report(context, file, fn, mixed, first, 'mixed');
}

function isInScope(cleanup: Cleanup, offset: number): boolean {
  return offset > cleanup.span.start && offset < cleanup.end;
}

/** Whether code behind a label releases something. */
function releasesBehind(fn: FlowFunction, label: number): boolean {
  return callsOf(fn).some(
    (call) =>
      call.scopeExit === null && call.span.start > label && /free|put|unlock|release|destroy|unregister|disable/.test(call.name ?? ''),
  );
}

function report(context: RuleContext, file: SideFile, fn: FlowFunction, jump: Jump, cleanup: Cleanup, message: 'into' | 'mixed'): void {
  context.report({
    message,
    data: { label: jump.label, what: cleanup.what, function: fn.fn.name },
    at: { file, span: jump.span },
    function: fn.fn.name,
    fact: `${message} ${jump.label} ${cleanup.what}`,
    why:
      message === 'into'
        ? 'The release runs on a variable that was never set, or gives back a lock that was not taken.'
        : 'Labels release in the order of the text, scopes in the reverse order of definition: together they are easily wrong.',
    evidence: [{ at: { file, span: cleanup.span }, message: `${cleanup.what} is defined here` }],
    fixes: [],
    ...(message === 'mixed' ? { level: 'low' as const } : {}),
  });
}

export const rule = defineRule({ meta, messages, check });
