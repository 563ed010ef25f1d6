// guard(), scoped_guard(), scoped_cond_guard() and CLASS() of cleanup.h: acquire now, release at every exit of the scope, last first.

import type { Span } from '../base/text.ts';
import { generatedClass, guardClass, objectClass, type GuardClass, type ObjectClass } from '../kernel/guards.ts';
import type { Row } from '../syntax/tree.ts';
import { argumentRows, directCallee, lowerArguments } from './call-expressions.ts';
import { fold } from './expressions.ts';
import type { Expr, Variable } from './ir.ts';
import type { Lowering } from './lowering.ts';
import { lowerBody, lowerStatement } from './statements.ts';

function guardOf(low: Lowering, name: string): GuardClass {
  const known = low.cleanupClass(`guard ${name}`, guardClass(name));
  if (known) return known;
  const object = objectOf(low, name);
  return { take: object.constructor, give: object.destructor, success: /_(?:try|intr|kill)$/.test(name) ? 'nonzero' : 'always' };
}

function objectOf(low: Lowering, name: string): ObjectClass {
  const table = objectClass(name);
  const found = low.cleanupClass(`class ${name}`, table && { take: table.constructor, give: table.destructor, success: 'always' });
  return found ? { constructor: found.take, destructor: found.give } : generatedClass(name);
}

/** Arguments of a guard, kept in temporaries: the release names the lock that was taken, whatever the variables hold by then. */
function keepArguments(low: Lowering, rows: readonly Row[], whole: Span, macro: string): Expr[] {
  return lowerArguments(low, rows).map((value) => {
    if (value.kind === 'integer' || value.kind === 'global') return value;
    const span = { start: value.start, end: value.end };
    const kept = low.temporary(span);
    low.assign(low.variable(kept, span), value, whole, macro);
    return low.variable(kept, span);
  });
}

/** `guard(class)(args);` Returns false if the call is something else. */
export function lowerGuard(low: Lowering, row: Row): boolean {
  const { tree } = low;
  const inner = tree.childByField(row, 'function');
  if (inner < 0 || tree.kind(inner) !== 'call_expression' || directCallee(low, inner) !== 'guard') return false;
  const nameRow = argumentRows(low, inner)[0];
  if (nameRow === undefined) return false;
  const name = fold(tree.textOf(nameRow));
  const guard = guardOf(low, name);
  const span = tree.span(row);
  const macro = `guard(${name})`;
  const args = keepArguments(low, argumentRows(low, row), span, macro);
  const result = guard.success === 'always' ? null : low.temporary(span);
  low.call(guard.take, args, span, macro, null, result);
  low.scopes.at(-1)?.cleanups.push({
    start: span.start,
    release: (exit) => {
      releaseGuard(low, guard, args, result, span, macro, exit);
    },
  });
  return true;
}

/** Releases a guard; a conditional one only where it was taken. */
function releaseGuard(
  low: Lowering,
  guard: GuardClass,
  args: readonly Expr[],
  result: Variable | null,
  span: Span,
  macro: string,
  exit: Span,
): void {
  if (!result) {
    low.call(guard.give, args, span, macro, exit);
    return;
  }
  const [held, free, after] = [low.graph.create(), low.graph.create(), low.graph.create()];
  low.graph.branch(
    low.variable(result, span),
    guard.success === 'nonzero' ? held : free,
    guard.success === 'nonzero' ? free : held,
    span,
    macro,
  );
  low.graph.enter(held, exit);
  low.call(guard.give, args, span, macro, exit);
  low.graph.jump(after, exit);
  low.graph.enter(free, exit);
  low.graph.enter(after, exit);
}

/** `CLASS(name, var)(args);` Returns false if the call is something else. */
export function lowerClassStatement(low: Lowering, row: Row): boolean {
  const { tree } = low;
  const inner = tree.childByField(row, 'function');
  if (inner < 0 || tree.kind(inner) !== 'call_expression' || directCallee(low, inner) !== 'CLASS') return false;
  const [nameRow, variableRow] = argumentRows(low, inner);
  if (nameRow === undefined || variableRow === undefined) return false;
  const name = fold(tree.textOf(nameRow));
  const object = objectOf(low, name);
  const span = tree.span(row);
  const macro = `CLASS(${name})`;
  const args = lowerArguments(low, argumentRows(low, row));
  const variable = low.declare(tree.textOf(variableRow), `class ${name}`, 'local', tree.span(variableRow));
  low.emit({ op: 'declare', variable, span, macro });
  low.call(object.constructor, args, span, macro, null, variable);
  low.scopes.at(-1)?.cleanups.push({
    start: span.start,
    release: (exit) => {
      low.call(object.destructor, [low.variable(variable, span)], span, macro, exit);
    },
  });
  return true;
}

/** Rows of a masked head's arguments: the rewrite made them a comma expression. */
export function headArguments(low: Lowering, row: Row): Row[] {
  const { tree } = low;
  const condition = tree.childByField(row, 'condition');
  if (condition < 0) return [];
  const inner = tree.kind(condition) === 'parenthesized_expression' ? (tree.namedChildren(condition)[0] ?? -1) : condition;
  if (inner < 0 || /^\(\s*\)$/.test(tree.textOf(condition))) return [];
  const rows: Row[] = [];
  let at = inner;
  while (tree.kind(at) === 'comma_expression') {
    rows.push(tree.childByField(at, 'left'));
    at = tree.childByField(at, 'right');
  }
  rows.push(at);
  return rows;
}

/** `scoped_guard(class, args) body` and `scoped_cond_guard(class, fail, args) body`. */
export function lowerScopedGuard(low: Lowering, row: Row, head: string): void {
  const { tree, graph } = low;
  const span = tree.span(row);
  const body = tree.childByField(row, 'body');
  const rows = headArguments(low, row);
  const nameRow = rows[0];
  if (nameRow === undefined) {
    low.opaqueStatement(span, 'macro', `${head} without a class`);
    return;
  }
  const name = fold(tree.textOf(nameRow));
  const guard = guardOf(low, name);
  const conditional = head === 'scoped_cond_guard';
  const failRow = conditional ? rows[1] : undefined;
  const macro = `${head}(${name})`;
  const headSpan = { start: span.start, end: body >= 0 ? tree.start(body) : span.end };
  const args = keepArguments(low, rows.slice(conditional ? 2 : 1), headSpan, macro);
  const [inside, failed, after] = [graph.create(), graph.create(), graph.create()];
  const sure = guard.success === 'always';
  const result = sure ? null : low.temporary(headSpan);
  low.call(guard.take, args, headSpan, macro, null, result);
  if (result) {
    const nonzero = guard.success === 'nonzero';
    graph.branch(low.variable(result, headSpan), nonzero ? inside : failed, nonzero ? failed : inside, headSpan, macro);
  }
  graph.enter(inside, headSpan);
  // Two scopes: leaving the body by `break` ends the guard as well.
  low.frames.push({ breakTo: after, continueTo: after, scopes: low.scopes.length });
  low.pushScope(span);
  low.scopes.at(-1)?.cleanups.push({
    start: span.start,
    release: (exit) => {
      low.call(guard.give, args, headSpan, macro, exit);
    },
  });
  if (body >= 0) lowerStatement(low, body);
  low.popScope({ start: Math.max(span.start, span.end - 1), end: span.end });
  low.frames.pop();
  graph.jump(after, span);
  graph.enter(failed, headSpan);
  if (failRow !== undefined) lowerFail(low, failRow, after);
  graph.enter(after, span);
}

/** The statement that `scoped_cond_guard` runs where it does not get the lock; the file's tree has one name in its place. */
function lowerFail(low: Lowering, row: Row, after: number): void {
  const span = low.tree.span(row);
  const argument = low.file.statementArguments.find((one) => one.span.start >= span.start && one.span.end <= span.end);
  if (!argument?.clean) {
    low.statements++;
    low.opaqueStatement(span, 'macro', 'a statement as macro argument was not read');
    return;
  }
  const kept = low.tree;
  low.tree = argument.tree;
  lowerBody(low, argument.bodyRow, after, after);
  low.tree = kept;
}
