// `npm run review`: reviews the sample series that ships in samples/, or what is named: `npm run review -- FILE`.
import { spawnSync } from 'node:child_process';
import { join, relative, resolve } from 'node:path';
import { build, isFresh, root } from './build.mjs';

const sample = join(root, 'samples', 'lend-groups.mbox');
const args = process.argv.slice(2);

if (!isFresh()) await build();

// npm runs scripts in the package's folder; names are meant from where the user stands.
const cwd = process.env.INIT_CWD ?? process.cwd();
const inputs = args.length > 0 ? args : [relative(cwd, sample) || sample];
const { status, signal } = spawnSync(process.execPath, [join(root, 'dist', 'cli.js'), 'review', ...inputs], {
  stdio: 'inherit',
  cwd: resolve(cwd),
});
if (args.length > 0) {
  process.exitCode = signal === null ? (status ?? 4) : 130;
} else if (status === 0 || status === 1) {
  // Findings are what the sample is for.
  console.error('\nThis was the sample series samples/lend-groups.mbox. Your own: npm run review -- FILE');
} else {
  process.exitCode = status ?? 4;
}
