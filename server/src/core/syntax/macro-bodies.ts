// The replacement texts of a file's own macros that take or give back locks or leave the function, parsed as statements.

import { lockOperation } from '../kernel/locks.ts';
import { macroDefinitions, type MacroDefinition } from './harvest.ts';
import { runPass, type CParser, type PassOptions } from './pass.ts';
import { cutSubtree } from './table.ts';
import { Tree } from './tree.ts';
import type { MacroBody } from './types.ts';

const PREFIX = 'void f(void) {';
/** Longer replacement texts, and more macros than this, are left alone. */
const MAX_BODY = 4000;
const MAX_MACROS = 100;

/**
 * Macros with parameters whose text has a lock function or another such macro in it. Left out are those that paste or quote, that the
 * parser does not understand, that head a block, and those that define a lock function of the tables itself.
 */
export function parseMacroBodies(text: string, parser: CParser, options: PassOptions): MacroBody[] {
  if (!text.includes('define')) return [];
  const found: MacroBody[] = [];
  for (const { name, parameters, bodySpan } of lockMacros(macroDefinitions(text))) {
    const body = text.slice(bodySpan.start, bodySpan.end);
    const pass = runPass(`${PREFIX}${body}\n;}`, parser, options);
    if (typeof pass === 'string' || pass.tree.hasError(0) || pass.rewritten.masked.length > 0) continue;
    const rows = cutSubtree(pass.tree.rows, 0, bodySpan.start - PREFIX.length, bodySpan.start, bodySpan.end);
    const tree = new Tree({ rows }, parser.grammar, text);
    const bodyRow = tree.childByField(tree.firstChild(0), 'body');
    if (bodyRow >= 0) found.push({ name, parameters, tree, bodyRow });
  }
  return found;
}

/** Words that make a macro count besides lock functions: it leaves the function, or changes sparse's count. */
const jumps = new Set(['return', 'goto', '__context__']);

type Candidate = MacroDefinition & { readonly parameters: readonly string[] };

function lockMacros(definitions: readonly MacroDefinition[]): Candidate[] {
  const open = definitions.flatMap((one): { one: Candidate; words: readonly string[] }[] => {
    const { parameters } = one;
    if (parameters === null || one.body.length > MAX_BODY || one.body.includes('#') || lockOperation(one.name)) return [];
    return [{ one: { ...one, parameters }, words: one.body.match(/\w+/gu) ?? [] }];
  });
  const names = new Set<string>();
  for (let grown = true; grown;) {
    grown = false;
    for (const { one, words } of open) {
      if (names.has(one.name) || !words.some((word) => names.has(word) || jumps.has(word) || lockOperation(word))) continue;
      names.add(one.name);
      grown = true;
    }
  }
  // The last definition of a name holds, as far as one text can tell.
  const last = new Map(open.filter(({ one }) => names.has(one.name)).map(({ one }) => [one.name, one]));
  return [...last.values()].slice(0, MAX_MACROS);
}
