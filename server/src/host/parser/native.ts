import { createRequire } from 'node:module';
import type { ParseOutcome } from '../../core/base/outside.ts';
import { copyTree, type NumberCursor } from './flat-table.ts';
import { refusal, startBudget, type ParserLimits } from './limits.ts';

interface NativeTree {
  readonly rootNode: { readonly hasError: boolean };
  walk(): NumberCursor;
}

/** The part of the native binding (tree-sitter 0.25.1) that we use. Its own type file does not know progressCallback's result. */
interface NativeParser {
  setLanguage(language: unknown): void;
  parse(text: string, oldTree: undefined, options: { progressCallback: () => boolean }): NativeTree | null | undefined;
  reset(): void;
}

/** Loads the native binding; throws where it is not installed or does not load on this system. */
export function loadNative(limits: ParserLimits): (text: string) => ParseOutcome {
  const require = createRequire(import.meta.url);
  const Parser = require('tree-sitter') as new () => NativeParser;
  const parser = new Parser();
  parser.setLanguage(require('tree-sitter-c'));

  return (text) => {
    const refused = refusal(text, limits);
    if (refused) return refused;
    const budget = startBudget(limits);
    const tree = parser.parse(text, undefined, { progressCallback: budget.expired });
    if (!tree) {
      // Without this the next parse would go on where this one was stopped.
      parser.reset();
      return budget.outcome;
    }
    return { ok: true, table: { rows: copyTree(tree.walk(), tree.rootNode.hasError, text) } };
  };
}
