// Counts over real trees: functions that parsed, keywords against nodes, hunks.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFragments } from '../../../server/src/core/syntax/fragments.ts';
import { parseC } from '../../../server/src/core/syntax/parse.ts';
import type { CFile } from '../../../server/src/core/syntax/types.ts';
import { loadParser, type LoadedParser, type ParserMode } from '../../../server/src/host/parser/load-parser.ts';
import { cacheRoot } from '../oracle/material.ts';
import { masked, referenceFunctions } from './reference.ts';

/** Generated tables of registers in the trees are longer than the ordinary limit, and the machine may be busy: neither is measured here. */
export const load = (mode: ParserMode): Promise<LoadedParser> => loadParser(mode, { maxLength: 64 << 20, budgetMs: 60_000 });

/** Root of a kernel tree; throws where it is missing. */
export function kernelTree(version: string): string {
  const tree = join(cacheRoot, `linux-source-${version}`);
  if (!existsSync(join(tree, 'MAINTAINERS'))) throw new Error(`missing: ${tree} (fetch it with corpus/kernel-tree.sh ${version})`);
  return tree;
}

/** Paths of the files with an ending under folders of a tree, sorted. */
export function filesUnder(tree: string, folders: readonly string[], ending: string): string[] {
  const found: string[] = [];
  for (const folder of folders) {
    for (const entry of readdirSync(join(tree, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && entry.name.endsWith(ending)) found.push(join(entry.parentPath, entry.name));
    }
  }
  return found.sort();
}

/** A file as the front end would get it: UTF-8, or latin1 where that fails. */
export function readText(path: string): string {
  const bytes = readFileSync(path);
  const text = bytes.toString('utf8');
  return text.includes('\uFFFD') ? bytes.toString('latin1') : text;
}

export interface CleanCount {
  files: number;
  functions: number;
  clean: number;
  /** `path:line name` of the functions that are not clean. */
  readonly dirty: string[];
}

/** Counts the functions whose body the tree has from brace to brace, without an error in them. */
export function countClean(tree: string, folders: readonly string[], ending: string, parser: LoadedParser): CleanCount {
  const count: CleanCount = { files: 0, functions: 0, clean: 0, dirty: [] };
  for (const path of filesUnder(tree, folders, ending)) {
    const text = readText(path);
    const file = parseC(text, path, parser);
    const clean = new Set(file.functions.filter((one) => one.clean).map((one) => `${String(one.body.start)}-${String(one.body.end)}`));
    count.files++;
    for (const one of referenceFunctions(text)) {
      count.functions++;
      if (clean.has(`${String(one.brace)}-${String(one.end)}`)) count.clean++;
      else count.dirty.push(`${path.slice(tree.length + 1)}:${String(text.slice(0, one.start).split('\n').length)} ${one.name}`);
    }
  }
  return count;
}

const keywordNodes: Readonly<Record<string, string>> = {
  if_statement: 'if',
  for_statement: 'for',
  do_statement: 'do',
  switch_statement: 'switch',
  case_statement: 'case',
  return_statement: 'return',
  goto_statement: 'goto',
  break_statement: 'break',
  continue_statement: 'continue',
};
const keywordPattern = /\b(?:if|for|do|switch|case|default|return|goto|break|continue)\b/g;

export interface StructureCount {
  functions: number;
  equal: number;
  readonly different: string[];
}

/** Compares the number of control keywords in each function with the number of nodes for them; functions with directives are left out. */
export function countStructure(tree: string, folders: readonly string[], parser: LoadedParser): StructureCount {
  const count: StructureCount = { functions: 0, equal: 0, different: [] };
  for (const path of filesUnder(tree, folders, '.c')) {
    const text = readText(path);
    const mask = masked(text);
    const file = parseC(text, path, parser);
    for (const one of file.functions) {
      const body = text.slice(one.body.start, one.body.end);
      if (/^[ \t]*#/m.test(body)) continue;
      const words = (mask.slice(one.body.start, one.body.end).match(keywordPattern) ?? []).map((word) =>
        word === 'default' ? 'case' : word,
      );
      const nodes = nodesIn(file, one.bodyRow);
      const from = Object.keys(keywordNodes).map((kind) => keywordNodes[kind] ?? '');
      const equal = from.every((word) => words.filter((found) => found === word).length === (nodes.get(word) ?? 0));
      count.functions++;
      if (equal) count.equal++;
      else count.different.push(`${path.slice(tree.length + 1)} ${one.name}`);
    }
  }
  return count;
}

function nodesIn({ tree, statementArguments }: CFile, bodyRow: number): Map<string, number> {
  const nodes = new Map<string, number>();
  const add = (from: CFile['tree'], first: number): void => {
    for (let row = first; row < from.subtreeEnd(first); row++) {
      const word = keywordNodes[from.kind(row)];
      // A macro head that became `do` has no keyword in the original text; labels of a switch begin with an expression's text.
      const written = word !== undefined && (word === 'case' || new RegExp(`^${word}\\b`).test(from.textOf(row)));
      if (written) nodes.set(word, (nodes.get(word) ?? 0) + 1);
    }
  };
  add(tree, bodyRow);
  for (const one of statementArguments) {
    if (one.span.start >= tree.start(bodyRow) && one.span.end <= tree.end(bodyRow)) add(one.tree, one.bodyRow);
  }
  return nodes;
}

export interface HunkSide {
  readonly text: string;
  readonly heading: string;
}

export interface HunkCount {
  hunks: number;
  clean: number;
  insideNamed: number;
  nameRight: number;
  readonly dirty: string[];
  readonly misnamed: string[];
}

/** Parses each hunk by itself. */
export function countHunks(hunks: readonly (HunkSide & { readonly where: string })[], parser: LoadedParser): HunkCount {
  const count: HunkCount = { hunks: 0, clean: 0, insideNamed: 0, nameRight: 0, dirty: [], misnamed: [] };
  for (const hunk of hunks) {
    const { c } = parseFragments([hunk], 'hunk.c', parser);
    count.hunks++;
    if (c.problems.length === 0 && !c.tree.hasError(0)) count.clean++;
    else count.dirty.push(`${hunk.where}\n${c.text}`);
    const expected = functionOfHeading(hunk);
    if (expected === null) continue;
    count.insideNamed++;
    if (c.functions[0]?.name === expected) count.nameRight++;
    else count.misnamed.push(`${hunk.where}: ${expected}, not ${String(c.functions[0]?.name)}\n${c.text}`);
  }
  return count;
}

/** The function that a hunk's first line is in, by its heading, if the hunk shows nothing else first. */
function functionOfHeading(hunk: HunkSide): string | null {
  const heading = /^(?:[A-Za-z_][^=;()]*?\b)?([A-Za-z_]\w*)\s*\((?!.*;\s*$)/.exec(hunk.heading);
  if (!heading) return null;
  // The middle of a comment is inside of nothing.
  if (hunk.text.split('\n').every((line) => /^\s*(?:\*|$)/.test(line))) return null;
  const code = masked(hunk.text)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const first = code.find((line) => /^\S/.test(line) && !/^[A-Za-z_]\w*:/.test(line));
  const isInside = code[0] !== undefined && /^(?:\s|\}|[A-Za-z_]\w*:)/.test(code[0]) && (first === undefined || first.startsWith('}'));
  return isInside && !/^\}\s*\w*;/.test(first ?? '') ? (heading[1] ?? null) : null;
}
