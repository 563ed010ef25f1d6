// From statement nodes to blocks and edges.

import { declaresVariable } from '../kernel/primitives.ts';
import type { Row } from '../syntax/tree.ts';
import { headArguments, lowerClassStatement, lowerGuard, lowerScopedGuard } from './cleanups.ts';
import { lowerDeclaration } from './declarations.ts';
import { lowerConfig } from './config-branches.ts';
import { argumentRows, directCallee, lowerArguments } from './call-expressions.ts';
import { lowerCondition, lowerEffect, lowerValue } from './expressions.ts';
import type { Expr } from './ir.ts';
import { lowerWalk } from './loops.ts';
import { lowerCase, lowerSwitch } from './switches.ts';
import { depthLimit, type Lowering } from './lowering.ts';

/** Statements of a block, in their own scope. */
function lowerBlock(low: Lowering, row: Row): void {
  const { tree } = low;
  const span = tree.span(row);
  low.pushScope(span);
  lowerStatements(low, row);
  low.popScope({ start: Math.max(span.start, span.end - 1), end: span.end });
}

/** The statements below a node, in the scope that is open. */
export function lowerStatements(low: Lowering, row: Row): void {
  const { tree } = low;
  let afterGap = false;
  for (let child = tree.firstChild(row); child >= 0; child = tree.nextSibling(child)) {
    if (!tree.isError(child) && (!tree.isNamed(child) || tree.isExtra(child))) continue;
    if (afterGap && isHiddenBranch(low, child)) lowerHiddenBranch(low, child);
    else lowerStatement(low, child);
    afterGap = low.lookup.gaps.has(tree.start(child));
  }
}

/** A hunk that begins with a statement deeper than the next one shows the branch of a test that it does not show. */
function isHiddenBranch(low: Lowering, row: Row): boolean {
  const { tree } = low;
  let next = tree.nextSibling(row);
  while (next >= 0 && (!tree.isNamed(next) || tree.isExtra(next))) next = tree.nextSibling(next);
  return (
    next >= 0 &&
    !low.lookup.gaps.has(tree.start(next)) &&
    tree.kind(row) !== 'labeled_statement' &&
    indentOf(tree.text, tree.start(row)) > indentOf(tree.text, tree.start(next))
  );
}

/** Width of the white space before an offset on its line, tabs of eight; 0 where other text stands before it. */
function indentOf(text: string, offset: number): number {
  let width = 0;
  for (let at = text.lastIndexOf('\n', offset - 1) + 1; at < offset; at++) {
    const c = text[at];
    if (c === '\t') width += 8 - (width % 8);
    else if (c === ' ') width++;
    else return 0;
  }
  return width;
}

function lowerHiddenBranch(low: Lowering, row: Row): void {
  const { tree, graph } = low;
  const span = tree.span(row);
  const [inside, after] = [graph.create(), graph.create()];
  graph.branch(low.unknown({ start: span.start, end: span.start }, 'form'), inside, after, span);
  graph.enter(inside, span);
  lowerStatement(low, row);
  graph.enter(after, span);
}

/** `({ ...; value; })`: the value of the last statement. */
export function lowerStatementExpression(low: Lowering, row: Row): Expr {
  const { tree } = low;
  const span = tree.span(row);
  const rows = tree.namedChildren(row);
  const last = rows.at(-1);
  low.pushScope(span);
  let value: Expr = low.unknown(span, 'form');
  for (const child of rows) {
    const inner = child === last && tree.kind(child) === 'expression_statement' ? tree.namedChildren(child)[0] : undefined;
    if (inner === undefined) {
      lowerStatement(low, child);
      continue;
    }
    low.statements++;
    const result = low.temporary(tree.span(inner));
    low.assign(low.variable(result, tree.span(inner)), lowerValue(low, inner), tree.span(inner));
    value = low.variable(result, tree.span(inner));
  }
  low.popScope({ start: Math.max(span.start, span.end - 1), end: span.end });
  return value;
}

export function lowerStatement(low: Lowering, row: Row): void {
  const span = low.tree.span(row);
  if (low.depth > depthLimit) {
    low.opaqueStatement(span, 'depth', `nested deeper than ${String(depthLimit)}`);
    return;
  }
  low.depth++;
  lowerStatementKind(low, row);
  low.depth--;
}

function lowerStatementKind(low: Lowering, row: Row): void {
  const { tree, graph } = low;
  const span = tree.span(row);
  const kind = tree.kind(row);
  if (kind === 'compound_statement') {
    lowerBlock(low, row);
    return;
  }
  if (kind !== 'else_clause' && !kind.startsWith('preproc_')) low.statements++;
  switch (kind) {
    case 'expression_statement':
      lowerExpressionStatement(low, row);
      return;
    case 'declaration':
      lowerDeclaration(low, row);
      return;
    case 'if_statement':
      lowerIf(low, row);
      return;
    case 'while_statement':
      lowerWhile(low, row);
      return;
    case 'do_statement':
      lowerDo(low, row);
      return;
    case 'for_statement':
      lowerFor(low, row);
      return;
    case 'switch_statement':
      lowerSwitch(low, row);
      return;
    case 'case_statement':
      lowerCase(low, row);
      return;
    case 'labeled_statement': {
      const name = tree.textOf(tree.childByField(row, 'label'));
      const label = low.labels.get(name);
      if (label) graph.enter(label.block, span);
      for (const child of tree.namedChildren(row)) if (tree.kind(child) !== 'statement_identifier') lowerStatement(low, child);
      return;
    }
    case 'goto_statement':
      lowerGoto(low, row);
      return;
    case 'return_statement':
      lowerReturn(low, row);
      return;
    case 'break_statement':
    case 'continue_statement': {
      let at = low.frames.length - 1;
      if (kind === 'continue_statement') while (at >= 0 && low.frames[at]?.continueTo === null) at--;
      const frame = low.frames[at];
      const target = kind === 'break_statement' ? frame?.breakTo : frame?.continueTo;
      if (frame && target !== undefined && target !== null) {
        low.leaveScopes(frame.scopes, span);
        graph.jump(target, span);
      } else graph.end({ op: 'leave', reason: 'fragment', label: null, span, macro: null });
      return;
    }
    case 'else_clause':
      lowerStatements(low, row);
      return;
    case 'attributed_statement':
    case 'linkage_specification':
      lowerStatements(low, row);
      return;
    case 'preproc_if':
    case 'preproc_ifdef':
    case 'preproc_elif':
    case 'preproc_elifdef':
      lowerConfig(low, row);
      return;
    case 'preproc_else':
      lowerStatements(low, row);
      return;
    case 'preproc_def':
    case 'preproc_function_def':
    case 'preproc_include':
    case 'preproc_call':
    case 'type_definition':
    case 'struct_specifier':
    case 'union_specifier':
    case 'enum_specifier':
    case 'attribute_declaration':
    case 'function_definition':
      return;
    default:
      low.opaqueStatement(span, tree.isError(row) || tree.isMissing(row) ? 'parse' : 'form', `${kind} is not understood here`);
  }
}

function lowerExpressionStatement(low: Lowering, row: Row): void {
  const { tree } = low;
  const span = tree.span(row);
  if (low.lookup.gaps.has(span.start)) {
    low.emit({ op: 'gap', span, macro: null });
    low.opaque.push({ reason: 'gap', span });
    low.problem('gap', span, 'code between hunks is not visible');
    return;
  }
  const inner = tree.namedChildren(row)[0];
  if (inner === undefined) return;
  if (tree.kind(inner) === 'call_expression') {
    if (lowerGuard(low, inner) || lowerClassStatement(low, inner)) return;
    const name = directCallee(low, inner);
    if (name === 'return_ptr') {
      lowerReturnPointer(low, inner);
      return;
    }
    const first = argumentRows(low, inner)[0];
    if (name !== null && first !== undefined && declaresVariable(name)) {
      const variable = low.declare(tree.textOf(first), name, 'local', tree.span(first));
      low.emit({ op: 'declare', variable, span, macro: name });
      return;
    }
  }
  if (tree.isError(inner)) {
    low.opaqueStatement(span, 'parse', 'does not parse');
    return;
  }
  lowerEffect(low, inner);
  if (tree.kind(inner) === 'call_expression') lowerStatementArguments(low, inner);
}

/** Statements that a macro takes (`GRP_CHECK(d, return -EBUSY);`): each may run or not. */
function lowerStatementArguments(low: Lowering, call: Row): void {
  const { tree, graph, file } = low;
  // What stands in such a statement itself has no tree of its own.
  if (file.statementArguments.length === 0 || tree !== file.tree) return;
  for (const row of argumentRows(low, call)) {
    const span = tree.span(row);
    const argument = file.statementArguments.find((one) => one.clean && one.span.start >= span.start && one.span.end <= span.end);
    if (!argument) continue;
    const [inside, after] = [graph.create(), graph.create()];
    graph.branch(low.unknown(span, 'macro'), inside, after, span, argument.macro);
    graph.enter(inside, span);
    low.tree = argument.tree;
    lowerStatement(low, argument.bodyRow);
    low.tree = tree;
    graph.enter(after, span);
  }
}

function lowerIf(low: Lowering, row: Row): void {
  const { tree, graph } = low;
  const alternative = tree.childByField(row, 'alternative');
  const [yes, no, after] = [graph.create(), graph.create(), graph.create()];
  const condition = tree.childByField(row, 'condition');
  lowerCondition(low, condition, yes, no);
  graph.enter(yes, tree.span(condition));
  const consequence = tree.childByField(row, 'consequence');
  if (consequence >= 0) lowerStatement(low, consequence);
  graph.jump(after, tree.span(row));
  graph.enter(no, tree.span(condition));
  if (alternative >= 0) lowerStatement(low, alternative);
  graph.enter(after, tree.span(row));
}

/** Lowers a loop body with its own meaning of `break` and `continue`. */
export function lowerBody(low: Lowering, body: Row, breakTo: number, continueTo: number | null): void {
  low.frames.push({ breakTo, continueTo, scopes: low.scopes.length });
  if (body >= 0) lowerStatement(low, body);
  low.frames.pop();
}

function lowerWhile(low: Lowering, row: Row): void {
  const { tree, graph } = low;
  const masked = low.lookup.masked.get(tree.start(row));
  if (masked?.kind === 'scope' || masked?.kind === 'conditional-scope') {
    lowerScopedGuard(low, row, masked.name);
    return;
  }
  if (masked?.kind === 'loop') {
    lowerWalk(low, row, masked.name);
    return;
  }
  const span = tree.span(row);
  const [head, body, after] = [graph.create(), graph.create(), graph.create()];
  const condition = tree.childByField(row, 'condition');
  graph.enter(head, tree.span(condition));
  graph.markLoop('while');
  lowerCondition(low, condition, body, after);
  graph.enter(body, span);
  lowerBody(low, tree.childByField(row, 'body'), after, head);
  graph.jump(head, span);
  graph.enter(after, span);
}

function lowerDo(low: Lowering, row: Row): void {
  const { tree, graph } = low;
  const span = tree.span(row);
  const [body, test, after] = [graph.create(), graph.create(), graph.create()];
  graph.enter(body, span);
  graph.markLoop('do');
  lowerBody(low, tree.childByField(row, 'body'), after, test);
  graph.enter(test, span);
  const condition = tree.childByField(row, 'condition');
  if (condition < 0) graph.branch(low.unknown(span, 'macro'), body, after, span);
  else if (/^\s*while\b/.test(tree.text.slice(tree.end(tree.childByField(row, 'body')), tree.start(condition))))
    lowerCondition(low, condition, body, after);
  else {
    // `do { ... } while_each_x(args);`: the macro asks for the next element.
    const at = { start: tree.end(tree.childByField(row, 'body')), end: tree.end(condition) };
    const name = /^\s*(\w+)/.exec(tree.text.slice(at.start, tree.start(condition)))?.[1] ?? 'while';
    const over = lowerArguments(low, headArguments(low, row));
    graph.branch({ kind: 'more', loop: name, over, ...tree.span(condition) }, body, after, tree.span(condition), name);
  }
  graph.enter(after, span);
}

function lowerFor(low: Lowering, row: Row): void {
  const { tree, graph } = low;
  const span = tree.span(row);
  low.pushScope(span);
  const initializer = tree.childByField(row, 'initializer');
  if (initializer >= 0) {
    if (tree.kind(initializer) === 'declaration') lowerDeclaration(low, initializer);
    else lowerEffect(low, initializer);
  }
  const [head, body, update, after] = [graph.create(), graph.create(), graph.create(), graph.create()];
  const condition = tree.childByField(row, 'condition');
  graph.enter(head, span);
  graph.markLoop('for');
  if (condition >= 0) lowerCondition(low, condition, body, after);
  else graph.jump(body, span);
  graph.enter(body, span);
  lowerBody(low, tree.childByField(row, 'body'), after, update);
  graph.enter(update, span);
  const step = tree.childByField(row, 'update');
  if (step >= 0) lowerEffect(low, step);
  graph.jump(head, span);
  graph.enter(after, span);
  low.popScope(span);
}

function lowerGoto(low: Lowering, row: Row): void {
  const { tree, graph } = low;
  const span = tree.span(row);
  const labelRow = tree.childByField(row, 'label');
  const name = labelRow >= 0 ? tree.textOf(labelRow) : null;
  const computed = /^goto\s*\*/.test(tree.textOf(row));
  jumpToLabel(low, computed ? null : name, span);
  if (computed) graph.end({ op: 'leave', reason: 'computed', label: null, span, macro: null });
}

/** `goto name`; a label that is not visible leads out of what is known. */
function jumpToLabel(low: Lowering, name: string | null, span: { start: number; end: number }): void {
  if (name === null) return;
  const label = low.labels.get(name);
  if (label) {
    low.leaveTo(label.start, span);
    low.graph.jump(label.block, span, null, name);
    return;
  }
  low.problem('label', span, `label ${name} is not visible`);
  low.graph.end({ op: 'leave', reason: 'label', label: name, span, macro: null });
}

function lowerReturn(low: Lowering, row: Row): void {
  const { tree } = low;
  const span = tree.span(row);
  const valueRow = tree.namedChildren(row)[0];
  leaveFunction(low, valueRow === undefined ? null : lowerValue(low, valueRow), span, null);
}

function lowerReturnPointer(low: Lowering, row: Row): void {
  const { tree } = low;
  const span = tree.span(row);
  const first = argumentRows(low, row)[0];
  if (first === undefined) return;
  const place = lowerValue(low, first);
  const moved = low.temporary(span);
  low.assign(low.variable(moved, span), place, span, 'return_ptr');
  low.assign(place, { kind: 'integer', value: 0, text: 'NULL', ...span }, span, 'return_ptr');
  leaveFunction(low, low.variable(moved, span), span, 'return_ptr');
}

/** Returns a value: it is worked out first, then all open scopes end. */
function leaveFunction(low: Lowering, value: Expr | null, span: { start: number; end: number }, macro: string | null): void {
  let result = value;
  if (value && low.hasCleanups && !isConstant(value)) {
    const kept = low.temporary(span);
    low.assign(low.variable(kept, span), value, { start: value.start, end: value.end }, macro);
    result = { kind: 'variable', variable: kept, start: value.start, end: value.end };
  }
  low.leaveScopes(0, span);
  low.graph.end({ op: 'return', value: result, implicit: false, span, macro });
}

/** Whether a value cannot change while scopes end. */
function isConstant(value: Expr): boolean {
  if (value.kind === 'unary') return isConstant(value.of);
  return value.kind === 'integer' || value.kind === 'string' || (value.kind === 'global' && !/[a-z]/.test(value.name));
}
