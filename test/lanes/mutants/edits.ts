// Changed forms of one function of a C file, made on its text with the help of its syntax tree.

import type { CFile, CFunction } from '../../../server/src/core/syntax/types.ts';
import type { Tree } from '../../../server/src/core/syntax/tree.ts';

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** One changed form of a function. */
export interface Changed {
  readonly operator: string;
  readonly function: string;
  /** 1-based line of the place. */
  readonly line: number;
  /** What was done, in one line. */
  readonly what: string;
  readonly edits: readonly Edit[];
}

/** The text of a file with some edits made; they must not overlap. */
export function apply(text: string, edits: readonly Edit[]): string {
  let result = text;
  for (const edit of [...edits].sort((a, b) => b.start - a.start))
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
  return result;
}

/** A function of a file by name; throws where the file does not have it. */
export function functionNamed(file: CFile, name: string): CFunction {
  const found = file.functions.find((fn) => fn.name === name);
  if (!found) throw new Error(`${file.path} has no function ${name}`);
  return found;
}

/** Rows of a kind inside a function's body, in the order of the text. */
export function rowsOf(file: CFile, fn: CFunction, kind: string): number[] {
  const found: number[] = [];
  for (let row = fn.bodyRow; row < file.tree.subtreeEnd(fn.bodyRow); row++) if (file.tree.kind(row) === kind) found.push(row);
  return found;
}

export const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** The text of a node on one line. */
export const flat = (tree: Tree, row: number): string => tree.textOf(row).replace(/\s+/g, ' ');

/** Name of the function that a call names directly; empty for a call through a pointer. */
export function calleeOf(tree: Tree, row: number): string {
  const callee = tree.childByField(row, 'function');
  return callee >= 0 && tree.kind(callee) === 'identifier' ? tree.textOf(callee) : '';
}

/** Last name of what is called: `set_dev_pasid` of `domain->ops->set_dev_pasid(...)`. */
export function calledName(tree: Tree, row: number): string {
  const callee = tree.childByField(row, 'function');
  return callee < 0 ? '' : lastWord(tree.textOf(callee));
}

/** The last word of a text: `set_dev_pasid` of `domain->ops->set_dev_pasid`. */
export const lastWord = (text: string): string => text.match(/\w+/g)?.at(-1) ?? '';

/** The statement that a node stands in. */
export function statementAround(tree: Tree, row: number): number {
  let at = row;
  while (at >= 0 && !/_statement$|^declaration$/.test(tree.kind(at))) at = tree.parent(at);
  return at;
}
