// Writes the README's terminal transcript from what the built tool really prints; `--check` fails where the README is stale.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, isFresh } from './build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const start = '<!-- transcript:start (written by npm run transcript) -->';
const end = '<!-- transcript:end -->';

if (!isFresh()) await build();
const command = ['dist/cli.js', 'review', 'samples/lend-groups.mbox'];
const run = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
if (run.status !== 0 && run.status !== 1) throw new Error(`the sample review ended with ${String(run.status)}: ${run.stderr}`);
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const [from, to] = [readme.indexOf(start), readme.indexOf(end)];
if (from < 0 || to < from) throw new Error(`README.md lacks the lines ${start} and ${end}`);
const block = `${start}\n\n\`\`\`\n$ node ${command.join(' ')}\n${run.stdout}\`\`\`\n\n`;
const text = readme.slice(0, from) + block + readme.slice(to);
if (text !== readme) {
  if (process.argv.includes('--check')) {
    console.error('README.md: the transcript is stale; npm run transcript writes it');
    process.exitCode = 1;
  } else writeFileSync(join(root, 'README.md'), text);
}
