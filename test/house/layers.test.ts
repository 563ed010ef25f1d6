import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { allowed, layers } from '../../scripts/layers.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

function sources(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) return sources(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

function layerOf(path: string): string | null {
  const rel = relative(root, path);
  const hit = Object.entries(layers)
    .filter(([, layer]) => rel.startsWith(`${layer.dir}/`))
    .sort((a, b) => b[1].dir.length - a[1].dir.length)[0];
  return hit?.[0] ?? null;
}

const importPattern = /(?:from|import)\s+'([^'\n]+)'/g;

test('no file imports a layer that the table does not allow, and the core imports no Node module', () => {
  const wrong: string[] = [];
  for (const [name, layer] of Object.entries(layers)) {
    const may = allowed(name);
    for (const file of sources(join(root, layer.dir))) {
      for (const match of readFileSync(file, 'utf8').matchAll(importPattern)) {
        const target = match[1] ?? '';
        if (target.startsWith('.')) {
          const other = layerOf(resolve(dirname(file), target));
          if (other === null || !may.has(other)) wrong.push(`${relative(root, file)} imports ${target}`);
        } else if (layer.core && target !== 'yaml') wrong.push(`${relative(root, file)} imports ${target}`);
        else if (target === 'vscode' && name !== 'client') wrong.push(`${relative(root, file)} imports vscode`);
        else if (target.includes('tree-sitter') && !file.includes('/host/parser/')) wrong.push(`${relative(root, file)} imports ${target}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test('no source file outgrows 400 lines, tables excepted', () => {
  const big = ['server/src', 'client/src']
    .flatMap((dir) => sources(join(root, dir)))
    .filter((file) => !/\/kernel\/|registry\.ts$|manual\.ts$|shipped\.ts$|parser\/grammar\.ts$/.test(file))
    .map((file) => ({ file: relative(root, file), lines: readFileSync(file, 'utf8').split('\n').length }))
    .filter(({ lines }) => lines > 420);
  expect(big).toEqual([]);
});
