// Makes the .vsix: dist/ with everything bundled and both wasm files, no node_modules, no native binary. One file for every platform.
// Run: npm run package [-- -o FILE]; prints the path and the size.
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createVSIX } from '@vscode/vsce';
import { build, root } from './build.mjs';

/** Larger packages are refused, in bytes. */
const LARGEST = 10 * 1024 * 1024;

/** Builds and packages; gives the path of the .vsix. */
export async function makePackage(file) {
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const packagePath = file ?? join(root, `${name}-${version}.vsix`);
  await build();
  await createVSIX({ cwd: root, packagePath, dependencies: false, allowMissingRepository: true, rewriteRelativeLinks: false });
  const { size } = statSync(packagePath);
  if (size > LARGEST) {
    rmSync(packagePath);
    throw new Error(`the package has ${size} bytes, more than ${LARGEST}`);
  }
  return { path: packagePath, size };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { out: { type: 'string', short: 'o' } } });
  const { path, size } = await makePackage(values.out);
  console.log(`${path} (${(size / 1024).toFixed(0)} kB)`);
}
