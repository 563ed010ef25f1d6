// From expression nodes to IR expressions: calls are hoisted in evaluation order, short-circuit forms become edges.

import { isTransparent, isWarning } from '../kernel/primitives.ts';
import type { Row } from '../syntax/tree.ts';
import { argumentRows, directCallee, lowerCall } from './call-expressions.ts';
import { lowerParameter } from './macro-calls.ts';
import { lowerStatementExpression } from './statements.ts';
import type { Expr } from './ir.ts';
import { depthLimit, type Lowering } from './lowering.ts';

/** The value of an expression; what it does on the way is emitted first. */
export function lowerValue(low: Lowering, row: Row): Expr {
  if (low.depth > depthLimit) return low.unknown(low.tree.span(row), 'depth');
  low.depth++;
  const value = lowerKind(low, row);
  low.depth--;
  return value;
}

function lowerKind(low: Lowering, row: Row): Expr {
  const { tree } = low;
  const at = tree.span(row);
  const kind = tree.kind(row);
  switch (kind) {
    case 'identifier':
    case 'field_identifier':
    case 'statement_identifier':
    case 'primitive_type':
    case 'type_identifier':
      return lowerName(low, row);
    case 'number_literal':
      return integer(low, row);
    case 'char_literal':
      return { kind: 'integer', value: characterValue(tree.textOf(row)), text: tree.textOf(row), ...at };
    case 'true':
    case 'false':
      return { kind: 'integer', value: kind === 'true' ? 1 : 0, text: tree.textOf(row), ...at };
    case 'null':
      return { kind: 'integer', value: 0, text: 'NULL', ...at };
    case 'string_literal':
    case 'concatenated_string':
      return { kind: 'string', text: tree.textOf(row), ...at };
    case 'parenthesized_expression': {
      const inner = firstNamed(low, row);
      if (inner < 0) return low.unknown(at, 'form');
      return tree.kind(inner) === 'compound_statement' ? lowerStatementExpression(low, inner) : lowerValue(low, inner);
    }
    case 'compound_statement':
      return lowerStatementExpression(low, row);
    case 'field_expression': {
      const base = lowerValue(low, tree.childByField(row, 'argument'));
      const operator = tree.childByField(row, 'operator');
      const arrow = operator < 0 ? tree.text.slice(base.end, at.end).includes('->') : tree.kind(operator) === '->';
      return { kind: 'field', base, name: tree.textOf(tree.childByField(row, 'field')), arrow, ...at };
    }
    case 'subscript_expression': {
      const base = lowerValue(low, tree.childByField(row, 'argument'));
      return { kind: 'index', base, index: lowerValue(low, tree.childByField(row, 'index')), ...at };
    }
    case 'pointer_expression':
    case 'unary_expression':
      return prefixed(low, row, lowerValue(low, tree.childByField(row, 'argument')));
    case 'binary_expression': {
      const operator = tree.kind(tree.childByField(row, 'operator'));
      if (operator === '&&' || operator === '||') return truthValue(low, row);
      const left = lowerValue(low, tree.childByField(row, 'left'));
      return { kind: 'binary', operator, left, right: lowerValue(low, tree.childByField(row, 'right')), ...at };
    }
    case 'conditional_expression':
      return lowerConditional(low, row);
    case 'assignment_expression':
      return lowerAssignment(low, row);
    case 'update_expression':
      return lowerUpdate(low, row, true);
    case 'cast_expression': {
      const of = lowerValue(low, tree.childByField(row, 'value'));
      return { kind: 'cast', type: fold(tree.textOf(tree.childByField(row, 'type'))), of, ...at };
    }
    case 'comma_expression':
      lowerEffect(low, tree.childByField(row, 'left'));
      return lowerValue(low, tree.childByField(row, 'right'));
    case 'call_expression':
      return lowerCall(low, row, true);
    case 'sizeof_expression':
    case 'alignof_expression':
    case 'offsetof_expression':
      return { kind: 'constant', text: tree.textOf(row), ...at };
    case 'compound_literal_expression':
      return lowerAggregate(low, tree.childByField(row, 'value'), fold(tree.textOf(tree.childByField(row, 'type'))));
    case 'initializer_list':
      return lowerAggregate(low, row, '');
    case 'type_descriptor':
    case 'struct_specifier':
    case 'union_specifier':
    case 'enum_specifier':
    case 'sized_type_specifier':
      return { kind: 'type', text: fold(tree.textOf(row)), ...at };
    case 'extension_expression':
      return lowerValue(low, firstNamed(low, row));
    case 'generic_expression':
      return low.unknown(at, 'macro');
    case 'gnu_asm_expression':
      low.opaqueStatement(at, 'asm', 'inline assembly');
      return low.unknown(at, 'asm');
    default:
      return low.unknown(at, tree.isError(row) || tree.isMissing(row) ? 'parse' : 'form');
  }
}

/** First named child that is no comment; -1 if there is none. */
function firstNamed(low: Lowering, row: Row): Row {
  const { tree } = low;
  for (let child = tree.firstChild(row); child >= 0; child = tree.nextSibling(child))
    if (tree.isNamed(child) && !tree.isExtra(child)) return child;
  return -1;
}

export function fold(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Says that an address of the variable below a place is known to others. */
function markAddress(place: Expr): void {
  let at = place;
  for (;;) {
    if (at.kind === 'field' && !at.arrow) at = at.base;
    else if (at.kind === 'index') at = at.base;
    else break;
  }
  if (at.kind === 'variable') at.variable.addressTaken = true;
}

function lowerName(low: Lowering, row: Row): Expr {
  const { tree } = low;
  const at = tree.span(row);
  const masked = low.lookup.masked.get(at.start);
  if (masked?.kind === 'type-argument') return { kind: 'type', text: fold(tree.textOf(row)), ...at };
  const name = tree.textOf(row);
  if (tree.kind(row) === 'identifier') {
    const argument = lowerParameter(low, name);
    if (argument) return argument;
  }
  const variable = low.resolve(name);
  if (variable) return { kind: 'variable', variable, ...at };
  if (name === 'NULL' || name === 'false') return { kind: 'integer', value: 0, text: name, ...at };
  if (name === 'true') return { kind: 'integer', value: 1, text: name, ...at };
  return { kind: 'global', name, ...at };
}

function integer(low: Lowering, row: Row): Expr {
  const text = low.tree.textOf(row);
  const at = low.tree.span(row);
  let length = text.length;
  while (length > 1 && 'uUlL'.includes(text.charAt(length - 1))) length--;
  const digits = text.slice(0, length);
  const value = /^0[0-7]+$/.test(digits) ? parseInt(digits, 8) : Number(digits);
  return Number.isNaN(value) ? { kind: 'constant', text, ...at } : { kind: 'integer', value, text, ...at };
}

const escapes: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, '0': 0, '\\': 92, "'": 39, '"': 34, a: 7, b: 8, f: 12, v: 11 };

function characterValue(text: string): number {
  const body = text.replace(/^[uUL]*'/, '').replace(/'$/, '');
  if (!body.startsWith('\\')) return body.codePointAt(0) ?? 0;
  if (body.startsWith('\\x')) return parseInt(body.slice(2), 16) || 0;
  return escapes[body.slice(1)] ?? (parseInt(body.slice(1), 8) || 0);
}

/** `a && b` as a value: 1 or 0 by the way that was taken. */
function truthValue(low: Lowering, row: Row): Expr {
  const at = low.tree.span(row);
  const result = low.temporary(at);
  const [yes, no, join] = [low.graph.create(), low.graph.create(), low.graph.create()];
  lowerCondition(low, row, yes, no);
  for (const [block, value] of [
    [yes, 1],
    [no, 0],
  ] as const) {
    low.graph.enter(block, at);
    low.assign(low.variable(result, at), { kind: 'integer', value, text: String(value), ...at }, at);
    low.graph.jump(join, at);
  }
  low.graph.enter(join, at);
  return low.variable(result, at);
}

function lowerConditional(low: Lowering, row: Row): Expr {
  const { tree, graph } = low;
  const at = tree.span(row);
  const condition = tree.childByField(row, 'condition');
  const consequence = tree.childByField(row, 'consequence');
  const alternative = tree.childByField(row, 'alternative');
  const result = low.temporary(at);
  const [yes, no, join] = [graph.create(), graph.create(), graph.create()];
  if (consequence >= 0) {
    lowerCondition(low, condition, yes, no);
    graph.enter(yes, at);
    low.assign(low.variable(result, at), lowerValue(low, consequence), tree.span(consequence));
    graph.jump(join, at);
  } else {
    // `a ?: b`: the condition is the value, and is worked out once.
    const value = lowerValue(low, condition);
    low.assign(low.variable(result, at), value, tree.span(condition));
    graph.branch(low.variable(result, tree.span(condition)), join, no, tree.span(condition));
  }
  graph.enter(no, at);
  low.assign(low.variable(result, at), lowerValue(low, alternative), tree.span(alternative));
  graph.enter(join, at);
  return low.variable(result, at);
}

function lowerAssignment(low: Lowering, row: Row): Expr {
  const { tree } = low;
  const at = tree.span(row);
  const operator = tree.kind(tree.childByField(row, 'operator'));
  const right = lowerValue(low, tree.childByField(row, 'right'));
  const target = lowerValue(low, tree.childByField(row, 'left'));
  const value: Expr = operator === '=' ? right : { kind: 'binary', operator: operator.slice(0, -1), left: target, right, ...at };
  low.assign(target, value, at, null, operator);
  return target;
}

/** `*of`, `&of`, `!of` and the like: what the operator of a row makes of its operand. */
function prefixed(low: Lowering, row: Row, of: Expr): Expr {
  const { tree } = low;
  const at = tree.span(row);
  const operator = tree.kind(tree.childByField(row, 'operator'));
  if (tree.kind(row) === 'pointer_expression') {
    if (operator === '*') return of.kind === 'address' ? of.of : { kind: 'deref', of, ...at };
    markAddress(of);
    return of.kind === 'deref' ? { ...of.of, ...at } : { kind: 'address', of, ...at };
  }
  if (of.kind === 'integer' && (operator === '-' || operator === '~'))
    return { kind: 'integer', value: operator === '-' ? -of.value : ~of.value, text: tree.textOf(row), ...at };
  return { kind: 'unary', operator, of, ...at };
}

function lowerUpdate(low: Lowering, row: Row, wanted: boolean): Expr {
  const { tree } = low;
  const at = tree.span(row);
  const operatorRow = tree.childByField(row, 'operator');
  let argumentRow = tree.childByField(row, 'argument');
  const postfix = tree.start(operatorRow) > tree.start(argumentRow);
  // The parser takes `!x++` for `(!x)++`.
  const prefixes: Row[] = [];
  for (; postfix && /^(?:unary|pointer)_expression$/.test(tree.kind(argumentRow)); argumentRow = tree.childByField(argumentRow, 'argument'))
    prefixes.unshift(argumentRow);
  const operator = tree.kind(operatorRow) === '++' ? '+' : '-';
  const target = lowerValue(low, argumentRow);
  let result = target;
  if (postfix && wanted) {
    const before = low.temporary(at);
    low.assign(low.variable(before, at), target, at);
    result = low.variable(before, at);
  }
  const one: Expr = { kind: 'integer', value: 1, text: '1', ...at };
  // What is tested of the old value is known of the new one.
  low.assign(target, { kind: 'binary', operator, left: result, right: one, ...at }, at, null, operator === '+' ? '++' : '--');
  for (const prefix of prefixes) result = prefixed(low, prefix, result);
  return result;
}

/** Initialiser lists; a call inside is hoisted like everywhere. */
function lowerAggregate(low: Lowering, row: Row, type: string): Expr {
  const { tree } = low;
  const at = tree.span(row);
  const entries: { designator: string | null; value: Expr }[] = [];
  for (const child of tree.namedChildren(row)) {
    if (tree.kind(child) !== 'initializer_pair') {
      entries.push({ designator: null, value: lowerValue(low, child) });
      continue;
    }
    const value = tree.childByField(child, 'value');
    entries.push({
      designator: fold(tree.text.slice(tree.start(child), tree.start(value)).replace('=', '')),
      value: lowerValue(low, value),
    });
  }
  return { kind: 'aggregate', type, entries, ...at };
}

/** An expression for what it does, its value dropped. */
export function lowerEffect(low: Lowering, row: Row): void {
  const { tree } = low;
  switch (tree.kind(row)) {
    case 'call_expression':
      lowerCall(low, row, false);
      return;
    case 'update_expression':
      lowerUpdate(low, row, false);
      return;
    case 'comma_expression':
      lowerEffect(low, tree.childByField(row, 'left'));
      lowerEffect(low, tree.childByField(row, 'right'));
      return;
    default:
      lowerValue(low, row);
  }
}

/** Leads control to `yes` or `no` by the truth of an expression. `macro` names the macro that asks, if one does. */
export function lowerCondition(low: Lowering, row: Row, yes: number, no: number, macro: string | null = null): void {
  const { tree, graph } = low;
  const at = tree.span(row);
  if (low.depth > depthLimit) {
    graph.branch(low.unknown(at, 'depth'), yes, no, at, macro);
    return;
  }
  low.depth++;
  lowerConditionKind(low, row, yes, no, macro);
  low.depth--;
}

function lowerConditionKind(low: Lowering, row: Row, yes: number, no: number, macro: string | null): void {
  const { tree, graph } = low;
  const at = tree.span(row);
  switch (tree.kind(row)) {
    case 'parenthesized_expression': {
      const inner = firstNamed(low, row);
      if (inner < 0 || tree.kind(inner) === 'compound_statement') break;
      lowerCondition(low, inner, yes, no, macro);
      return;
    }
    case 'unary_expression':
      if (tree.kind(tree.childByField(row, 'operator')) !== '!') break;
      lowerCondition(low, tree.childByField(row, 'argument'), no, yes, macro);
      return;
    case 'binary_expression': {
      const operator = tree.kind(tree.childByField(row, 'operator'));
      if (operator !== '&&' && operator !== '||') break;
      const second = graph.create();
      lowerCondition(low, tree.childByField(row, 'left'), operator === '&&' ? second : yes, operator === '&&' ? no : second, macro);
      graph.enter(second, at);
      lowerCondition(low, tree.childByField(row, 'right'), yes, no, macro);
      return;
    }
    case 'comma_expression':
      lowerEffect(low, tree.childByField(row, 'left'));
      lowerCondition(low, tree.childByField(row, 'right'), yes, no, macro);
      return;
    case 'conditional_expression': {
      const consequence = tree.childByField(row, 'consequence');
      if (consequence < 0) break;
      const [first, second] = [graph.create(), graph.create()];
      lowerCondition(low, tree.childByField(row, 'condition'), first, second, macro);
      graph.enter(first, at);
      lowerCondition(low, consequence, yes, no, macro);
      graph.enter(second, at);
      lowerCondition(low, tree.childByField(row, 'alternative'), yes, no, macro);
      return;
    }
    case 'call_expression': {
      const name = directCallee(low, row);
      const rows = argumentRows(low, row);
      const first = rows[0];
      if (name === null || first === undefined) break;
      if (isTransparent(name)) {
        lowerCondition(low, first, yes, no, macro);
        return;
      }
      if (isWarning(name)) {
        lowerCondition(low, first, yes, no, name);
        return;
      }
      break;
    }
    default:
  }
  const value = lowerValue(low, row);
  if (value.kind === 'integer') graph.jump(value.value === 0 ? no : yes, at, macro);
  else graph.branch(value, yes, no, at, macro);
}
