// Writes one tsconfig per layer from the table in layers.mjs, so that the compiler refuses an import that the table does not allow.
import { mkdirSync, writeFileSync, readFileSync, existsSync } from 'node:fs';
import { dirname, relative, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layers, allowed } from './layers.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The generated files, as path and text. */
export function tsconfigs() {
  const files = [];
  for (const [name, layer] of Object.entries(layers)) {
    const up = (target) => {
      const path = relative(layer.dir, target);
      return path.startsWith('.') ? path : `./${path}`;
    };
    const config = {
      extends: up('tsconfig.base.json'),
      compilerOptions: {
        rootDir: '.',
        outDir: up(`.build/types/${name}`),
        tsBuildInfoFile: up(`.build/types/${name}.tsbuildinfo`),
        ...(layer.core ? {} : { types: name === 'client' ? ['node', 'vscode'] : ['node'] }),
      },
      include: ['./**/*.ts'],
      references: [...allowed(name)].filter((other) => other !== name).map((other) => ({ path: up(layers[other].dir) })),
    };
    files.push({ path: `${layer.dir}/tsconfig.json`, text: `${JSON.stringify(config, null, 2)}\n` });
  }
  const top = {
    files: [],
    references: [...Object.values(layers).map((layer) => ({ path: `./${layer.dir}` })), { path: './test' }],
  };
  files.push({ path: 'tsconfig.json', text: `${JSON.stringify(top, null, 2)}\n` });
  const test = {
    extends: '../tsconfig.base.json',
    compilerOptions: {
      rootDir: '.',
      outDir: '../.build/types/test',
      tsBuildInfoFile: '../.build/types/test.tsbuildinfo',
      types: ['node'],
      lib: ['ES2023', 'DOM'],
    },
    include: ['./**/*.ts'],
    references: Object.values(layers).map((layer) => ({ path: `../${layer.dir}` })),
  };
  files.push({ path: 'test/tsconfig.json', text: `${JSON.stringify(test, null, 2)}\n` });
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, text } of tsconfigs()) {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    if (!existsSync(full) || readFileSync(full, 'utf8') !== text) writeFileSync(full, text);
  }
}
