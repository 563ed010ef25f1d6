// Bundles the measurements and runs them on the built product.
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

const outfile = '.build/bench.mjs';
await build({
  entryPoints: ['test/bench/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external: ['tree-sitter', 'tree-sitter-c', 'web-tree-sitter'],
  // The yaml package is CommonJS for Node and asks for `process` with require.
  banner: { js: "import { createRequire as bundledRequire } from 'node:module';\nconst require = bundledRequire(import.meta.url);" },
  logLevel: 'warning',
});
for (const args of [['scripts/build.mjs'], [outfile, ...process.argv.slice(2)]]) {
  const done = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}
