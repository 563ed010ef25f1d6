// Calls, assignments and names in a function's syntax, for rules that look at forms and not at paths.

import type { Row, Tree } from '../../syntax/tree.ts';

export interface CallSite {
  readonly row: Row;
  /** Name of a directly called function or macro. */
  readonly name: string;
  readonly args: readonly Row[];
}

/** Direct calls below a row, in the order of the text. */
export function callsIn(tree: Tree, row: Row): CallSite[] {
  const found: CallSite[] = [];
  for (let at = row; at < tree.subtreeEnd(row); at++) {
    if (tree.kind(at) !== 'call_expression') continue;
    const callee = tree.childByField(at, 'function');
    const list = tree.childByField(at, 'arguments');
    if (callee < 0 || list < 0 || tree.kind(callee) !== 'identifier') continue;
    found.push({ row: at, name: tree.textOf(callee), args: tree.namedChildren(list) });
  }
  return found;
}

export interface MacroLoop {
  readonly row: Row;
  /** The macro: `list_for_each_entry`. */
  readonly name: string;
  readonly args: readonly Row[];
}

/** Loops that a macro makes (`list_for_each_entry(...) body`), in the order of the text. The front end reads them as `while`. */
export function macroLoopsIn(tree: Tree, row: Row): MacroLoop[] {
  const found: MacroLoop[] = [];
  for (let at = row; at < tree.subtreeEnd(row); at++) {
    if (tree.kind(at) !== 'while_statement') continue;
    const name = /^[A-Za-z_]\w*/u.exec(tree.text.slice(tree.start(at), tree.start(at) + 80))?.[0] ?? '';
    const condition = tree.childByField(at, 'condition');
    if (name === '' || name === 'while' || condition < 0) continue;
    const args: Row[] = [];
    let rest = tree.namedChildren(condition)[0] ?? -1;
    while (rest >= 0 && tree.kind(rest) === 'comma_expression') {
      args.push(tree.childByField(rest, 'left'));
      rest = tree.childByField(rest, 'right');
    }
    if (rest >= 0) args.push(rest);
    found.push({ row: at, name, args });
  }
  return found;
}

export interface Assignment {
  readonly row: Row;
  /** The place that is written, white space folded. */
  readonly target: string;
  /** What is written; -1 for `++`, `--` and compound assignments. */
  readonly value: Row;
}

/** Assignments, initialisers, increments and decrements below a row, in the order of the text. */
export function assignmentsIn(tree: Tree, row: Row): Assignment[] {
  const found: Assignment[] = [];
  for (let at = row; at < tree.subtreeEnd(row); at++) {
    const kind = tree.kind(at);
    if (kind === 'assignment_expression') {
      const left = tree.childByField(at, 'left');
      const right = tree.childByField(at, 'right');
      const operator = tree.childByField(at, 'operator');
      const plain = operator < 0 || tree.textOf(operator) === '=';
      if (left >= 0) found.push({ row: at, target: folded(tree, left), value: plain ? right : -1 });
    } else if (kind === 'update_expression') {
      const argument = tree.childByField(at, 'argument');
      if (argument >= 0) found.push({ row: at, target: folded(tree, argument), value: -1 });
    } else if (kind === 'init_declarator') {
      const name = declaredName(tree, tree.childByField(at, 'declarator'));
      if (name !== null) found.push({ row: at, target: name, value: tree.childByField(at, 'value') });
    }
  }
  return found;
}

/** The name inside a declarator: `p` of `*p` and `p[2]`. */
function declaredName(tree: Tree, declarator: Row): string | null {
  let at = declarator;
  while (at >= 0 && tree.kind(at) !== 'identifier') at = tree.childByField(at, 'declarator');
  return at < 0 ? null : tree.textOf(at);
}

/** Text of an expression without white space and outer parentheses, so that equal expressions compare equal. */
export function folded(tree: Tree, row: Row): string {
  return tree.textOf(unwrapped(tree, row)).replace(/\s+/gu, '');
}

/** The expression inside parentheses and casts. */
export function unwrapped(tree: Tree, row: Row): Row {
  let at = row;
  for (;;) {
    const kind = tree.kind(at);
    const inner =
      kind === 'parenthesized_expression'
        ? (tree.namedChildren(at)[0] ?? -1)
        : kind === 'cast_expression'
          ? tree.childByField(at, 'value')
          : -1;
    if (inner < 0) return at;
    at = inner;
  }
}

/** Rows of plain identifiers of one name below a row. */
export function usesOf(tree: Tree, row: Row, name: string): Row[] {
  const found: Row[] = [];
  for (let at = row; at < tree.subtreeEnd(row); at++) if (tree.kind(at) === 'identifier' && tree.textOf(at) === name) found.push(at);
  return found;
}
