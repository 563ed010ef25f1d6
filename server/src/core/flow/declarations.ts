// Declarations: names enter the scope, initialisers become assignments, `__free` and `__cleanup` register what runs at the scope's end.

import { freeClass } from '../kernel/guards.ts';
import type { Row } from '../syntax/tree.ts';
import { fold, lowerValue } from './expressions.ts';
import type { Expr, Variable } from './ir.ts';
import type { Lowering } from './lowering.ts';

export function lowerDeclaration(low: Lowering, row: Row): void {
  const { tree } = low;
  const declarators: Row[] = [];
  let isStatic = false;
  for (let child = tree.firstChild(row); child >= 0; child = tree.nextSibling(child)) {
    if (tree.field(child) === 'declarator') declarators.push(child);
    else if (tree.kind(child) === 'storage_class_specifier' && tree.textOf(child) === 'static') isStatic = true;
    else if (tree.isError(child)) low.opaqueStatement(tree.span(child), 'parse', 'part of a declaration does not parse');
  }
  const first = declarators[0];
  if (first === undefined) return;
  const specifiers = fold(tree.text.slice(tree.start(row), tree.start(first)).replace(/\b(?:static|register|volatile|extern)\b/g, ''));
  declarators.forEach((declarator, index) => {
    const next = declarators[index + 1];
    declareOne(low, declarator, specifiers, isStatic, next === undefined ? tree.end(row) : tree.start(next), tree.start(row));
  });
}

function declareOne(low: Lowering, declarator: Row, specifiers: string, isStatic: boolean, end: number, start: number): void {
  const { tree } = low;
  const valueRow = tree.kind(declarator) === 'init_declarator' ? tree.childByField(declarator, 'value') : -1;
  let shape = '';
  let at = valueRow >= 0 || tree.kind(declarator) === 'init_declarator' ? tree.childByField(declarator, 'declarator') : declarator;
  let isFunction = false;
  while (at >= 0) {
    const kind = tree.kind(at);
    if (kind === 'identifier') break;
    if (kind === 'pointer_declarator') {
      shape += '*';
      isFunction = false;
    } else if (kind === 'array_declarator') shape += '[]';
    else if (kind === 'function_declarator') isFunction = true;
    const inner = tree.childByField(at, 'declarator');
    at = inner >= 0 ? inner : (tree.namedChildren(at)[0] ?? -1);
  }
  if (at < 0 || isFunction) return;
  const nameSpan = tree.span(at);
  const type = shape === '' ? specifiers : `${specifiers} ${shape}`;
  // The initialiser is worked out before the name hides an outer one of the same name, save in `T *p = alloc(sizeof(*p))`.
  const variable = low.declare(tree.textOf(at), type, isStatic ? 'static' : 'local', nameSpan);
  const span = tree.span(declarator);
  low.emit({ op: 'declare', variable, span, macro: null });
  const place = low.variable(variable, nameSpan);
  if (valueRow >= 0 && !isStatic) low.assign(place, lowerValue(low, valueRow), span);
  for (const annotation of low.annotationsIn({ start: Math.min(span.start, nameSpan.start), end })) {
    if (annotation.argument === null) continue;
    if (annotation.name === '__free') registerFree(low, variable, annotation.argument.trim(), annotation.span, start);
    else if (annotation.name === '__cleanup' || annotation.name === '__attribute__')
      registerCleanup(low, variable, annotation.argument, annotation.span, start);
  }
}

function registerFree(low: Lowering, variable: Variable, name: string, span: { start: number; end: number }, start: number): void {
  const table = freeClass(name);
  const frees = low.cleanupClass(`free ${name}`, table && { take: '', give: table.frees, success: 'always' })?.give ?? name;
  low.scopes.at(-1)?.cleanups.push({
    start,
    release: (exit) => {
      low.call(frees, [low.variable(variable, span)], span, `__free(${name})`, exit);
    },
  });
}

function registerCleanup(low: Lowering, variable: Variable, argument: string, span: { start: number; end: number }, start: number): void {
  const name = /^\s*(\w+)\s*$/.exec(argument)?.[1] ?? /cleanup(?:__)?\s*\(\s*(\w+)\s*\)/.exec(argument)?.[1];
  if (name === undefined) return;
  variable.addressTaken = true;
  const address: Expr = { kind: 'address', of: low.variable(variable, span), ...span };
  low.scopes.at(-1)?.cleanups.push({
    start,
    release: (exit) => {
      low.call(name, [address], span, '__cleanup', exit);
    },
  });
}
