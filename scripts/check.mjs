// The one command: types, lint, format, generated files, unused code, bundle, tests. Each step says how long it took; the first failure ends it.
// `--no-tests` leaves the tests to whoever has just run them.
import { spawnSync } from 'node:child_process';

const steps = [
  ['generated files', 'node', ['scripts/gen.mjs', '--check']],
  ['types', 'npx', ['--no-install', 'tsc', '-b', 'tsconfig.json']],
  ['lint', 'npx', ['--no-install', 'eslint', '.', '--cache', '--cache-location', '.build/eslint']],
  ['format', 'npx', ['--no-install', 'prettier', '--check', '--log-level', 'warn', '.']],
  ['unused code', 'npx', ['--no-install', 'knip', '--no-progress']],
  ['bundle', 'node', ['scripts/build.mjs']],
  ['transcript', 'node', ['scripts/transcript.mjs', '--check']],
  ['tests', 'npx', ['--no-install', 'vitest', 'run']],
];

const wanted = process.argv.includes('--no-tests') ? steps.filter(([name]) => name !== 'tests') : steps;
for (const [name, command, args] of wanted) {
  const start = Date.now();
  const done = spawnSync(command, args, { stdio: 'inherit' });
  if (done.status !== 0) {
    console.error(`check: ${name} failed`);
    process.exit(1);
  }
  console.error(`check: ${name} ok (${((Date.now() - start) / 1000).toFixed(1)} s)`);
}
