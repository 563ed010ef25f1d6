// Writes server/src/host/parser/grammar.ts: the symbol and field names of the pinned tree-sitter-c grammar, by number.
// The native binding does not hand them out, and both bindings use the same numbers. Run it when tree-sitter-c changes.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { Language, Parser } from 'web-tree-sitter';

const require = createRequire(import.meta.url);
await Parser.init();
const language = await Language.load(readFileSync(require.resolve('tree-sitter-c/tree-sitter-c.wasm')));
const symbols = [];
let named = '';
for (let id = 0; id < language.nodeTypeCount; id++) {
  symbols.push(language.nodeTypeForId(id) ?? '');
  named += language.nodeTypeIsNamed(id) ? '1' : '0';
}
const fields = [''];
for (let id = 1; id <= language.fieldCount; id++) fields.push(language.fieldNameForId(id) ?? '');

const tokensWithField = new Set();
const nodesWithFields = new Set();
for (const { type: parent, fields: held } of require('tree-sitter-c/src/node-types.json')) {
  if (Object.keys(held ?? {}).length > 0) nodesWithFields.add(parent);
  for (const { types } of Object.values(held ?? {})) for (const { type, named: isNamed } of types) if (!isNamed) tokensWithField.add(type);
}

const quote = (text) => `'${JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")}'`;
const list = (names) => names.map((name) => `  ${quote(name)},`).join('\n');
writeFileSync(
  new URL('../server/src/host/parser/grammar.ts', import.meta.url),
  `// Written by scripts/gen-grammar.mjs from tree-sitter-c ${require('tree-sitter-c/package.json').version}. Do not edit.

/** Names of the grammar's symbols by number. The last one stands for ERROR, which tree-sitter numbers 65535. */
export const symbolNames: readonly string[] = [
${list([...symbols, 'ERROR'])}
];

/** For each symbol '1' if its nodes are named, '0' if they are punctuation or keywords. */
export const symbolIsNamed = '${named}1';

/** Names of the grammar's fields by number; 0 is no field. */
export const fieldNames: readonly string[] = [
${list(fields)}
];

/** Punctuation and keywords that a field can hold; all others never have one. */
export const tokensWithField: readonly string[] = [
${list([...tokensWithField].sort())}
];

/** Nodes that hold children under fields; children of all others have none. */
export const nodesWithFields: readonly string[] = [
${list([...nodesWithFields].sort())}
];
`,
);
