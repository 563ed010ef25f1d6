// Reads one hostile C text with one kind of parser: `node probe.mjs native|wasm NAME`.

import { parseC } from '../../../server/src/core/syntax/parse.ts';
import { parseFragments } from '../../../server/src/core/syntax/fragments.ts';
import { printTree } from '../../../server/src/core/syntax/print.ts';
import { loadParser } from '../../../server/src/host/parser/load-parser.ts';
import { hostileTexts } from './hostileTexts.ts';
import { report } from './report.ts';

const [kind, name] = process.argv.slice(2);
const text = hostileTexts[name ?? '']?.() ?? '';
const parser = await loadParser(kind === 'wasm' ? 'wasm' : 'native');
const start = performance.now();
const file = parseC(text, 'hostile.c', parser);
const seconds = (performance.now() - start) / 1000;
const { maxRSS } = process.resourceUsage();
const fragment = parseFragments([{ text, heading: 'int f(int a,' }], 'hostile.c', parser);
report({
  seconds,
  // maxRSS is in kilobytes; what comes later is not counted.
  megabytes: maxRSS / 1024,
  nodes: file.tree.count,
  problems: [...new Set(file.problems.map((one) => one.kind))],
  messages: file.problems.slice(0, 1).map((one) => one.message),
  fragmentNodes: fragment.c.tree.count,
  printed: (printTree(file, null, 'text') ?? '').length > 0,
});
