// Writes server/src/core/kernel/macro-words-of-linux.ts: the annotation and loop macros that kernel trees define and that no other
// table or name pattern knows. Usage: node scripts/gen-macro-words.mjs TREE...   (the trees of the releases that are supported)
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { format, resolveConfig } from 'prettier';

const folders =
  'include drivers kernel mm fs net sound block crypto lib security virt io_uring ipc init arch/x86 arch/arm64 arch/s390 arch/powerpc'.split(
    ' ',
  );
const root = new URL('..', import.meta.url).pathname;
const out = join(root, '.build/gen-macro-words.mjs');
await build({
  stdin: {
    contents: `export { MacroHarvest } from './server/src/core/syntax/harvest.ts';
export * from './server/src/core/kernel/annotations.ts';
export * from './server/src/core/kernel/loop-macros.ts';`,
    resolveDir: root,
  },
  bundle: true,
  format: 'esm',
  outfile: out,
  logLevel: 'error',
});
const { MacroHarvest, bareAnnotations, annotationCalls, neverAnnotations, loopNamePattern } = await import(out);

const harvest = new MacroHarvest();
const release = [];
for (const tree of process.argv.slice(2)) {
  const makefile = readFileSync(join(tree, 'Makefile'), 'utf8');
  release.push(['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map((key) => new RegExp(`^${key} = (\\d+)`, 'm').exec(makefile)?.[1]).join('.'));
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (/\.[ch]$/.test(entry.name)) {
        const text = readFileSync(path, 'latin1');
        if (text.includes('define')) harvest.add(text);
      }
    }
  };
  for (const folder of folders) visit(join(tree, folder));
}
const known = { annotations: bareAnnotations, annotationCalls, loops: new Set() };
const found = harvest.words(known);
const list = (names) =>
  [...names]
    .filter((name) => !neverAnnotations.has(name))
    .sort()
    .map((name) => `  '${name}',`)
    .join('\n');
const text = `// Written by scripts/gen-macro-words.mjs from Linux ${release.join(' and ')}. Do not edit.

/** Object-like macros that stand for nothing but attributes. */
export const annotationsOfLinux: readonly string[] = [
${list(found.annotations)}
];

/** Function-like macros that stand for nothing but attributes. */
export const annotationCallsOfLinux: readonly string[] = [
${list(found.annotationCalls)}
];

/** Macros that head a statement and that loopNamePattern does not find. */
export const loopsOfLinux: readonly string[] = [
${list([...found.loops].filter((name) => !loopNamePattern.test(name)))}
];
`;
const target = join(root, 'server/src/core/kernel/macro-words-of-linux.ts');
writeFileSync(target, await format(text, { ...(await resolveConfig(target)), parser: 'typescript' }));
