import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Language, Parser } from 'web-tree-sitter';
import type { ParseOutcome } from '../../core/base/outside.ts';
import { copyTree } from './flat-table.ts';
import { refusal, startBudget, type ParserLimits } from './limits.ts';

/** The bundle carries the wasm files beside itself; a checkout has them in its packages. */
function readWasm(file: string, packagePath: string): Uint8Array {
  const beside = fileURLToPath(new URL(file, import.meta.url));
  return readFileSync(existsSync(beside) ? beside : createRequire(import.meta.url).resolve(packagePath));
}

/** Loads web-tree-sitter with the grammar that the tree-sitter-c package ships. */
export async function loadWasm(limits: ParserLimits): Promise<(text: string) => ParseOutcome> {
  await Parser.init({ wasmBinary: readWasm('web-tree-sitter.wasm', 'web-tree-sitter/web-tree-sitter.wasm') });
  const language = await Language.load(readWasm('tree-sitter-c.wasm', 'tree-sitter-c/tree-sitter-c.wasm'));
  const parser = new Parser();
  parser.setLanguage(language);

  return (text) => {
    const refused = refusal(text, limits);
    if (refused) return refused;
    const budget = startBudget(limits);
    const tree = parser.parse(text, null, { progressCallback: budget.expired });
    if (!tree) {
      parser.reset();
      return budget.outcome;
    }
    const cursor = tree.walk();
    try {
      return { ok: true, table: { rows: copyTree(cursor, tree.rootNode.hasError, text) } };
    } finally {
      cursor.delete();
      tree.delete();
    }
  };
}
