// What a change does to the findings on real material: reviews kernel folders and stored mails with two builds, and prints the
// findings that came (+) and went (-).
//
//   npm run corpus-diff -- OLD [NEW] [--kernel DIR] [--mails FILE]... [--rule ID]
//
// OLD and NEW are a checkout, a path of a cli.js, or a git revision, which is built aside in .build/; NEW is this checkout.
// Material comes from $IOMMU_REVIEW_CORPUS (default ../shared), as CONTRIBUTING.md says.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const work = join(root, '.build', 'corpus-diff');

class Refused extends Error {}

function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
  if (done.status !== 0)
    throw new Refused(`${command} ${args.join(' ')} failed: ${(done.stderr || String(done.error ?? '')).trim().slice(0, 800)}`);
  return done.stdout.trim();
}

/** Path of the command line of a build: a file, a checkout that is built, or a revision that is built now. */
function commandLine(name) {
  if (name.endsWith('.js') && existsSync(name)) return resolve(name);
  if (existsSync(join(name, 'package.json'))) {
    const cli = resolve(name, 'dist/cli.js');
    if (!existsSync(cli)) throw new Refused(`${name} is not built: run npm run build there`);
    return cli;
  }
  const id = run('git', ['rev-parse', '--verify', '--quiet', `${name}^{commit}`], { cwd: root });
  const checkout = join(work, id);
  const cli = join(checkout, 'dist/cli.js');
  if (existsSync(cli)) return cli;
  rmSync(checkout, { recursive: true, force: true });
  run('git', ['worktree', 'prune'], { cwd: root });
  run('git', ['worktree', 'add', '--detach', '--force', checkout, id], { cwd: root });
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  run('node', ['scripts/build.mjs'], { cwd: checkout });
  return cli;
}

/** Inputs to review, each with the kernel tree to use for it. */
function material(options) {
  const corpus = resolve(root, process.env.IOMMU_REVIEW_CORPUS ?? '../shared');
  const jobs = [];
  const script = join(corpus, 'corpus/kernel-tree.sh');
  const kernel = options.kernel ?? (existsSync(script) ? run('sh', [script, '6.12']).split('\n').at(-1) : null);
  if (kernel === null || !existsSync(join(kernel, 'drivers/iommu')))
    console.error('missing: a kernel tree (--kernel DIR); its folders are left out');
  else jobs.push({ name: 'kernel', args: [join(kernel, 'drivers/iommu'), join(kernel, 'drivers/vfio'), '--kernel', kernel] });
  const threads = join(corpus, 'corpus/threads');
  const stored = existsSync(threads) ? readdirSync(threads).filter((name) => name.endsWith('.mbox.gz')) : [];
  const mails =
    options.mails ?? [...stored.map((name) => join(threads, name)), join(corpus, 'corpus/patches-2019-2020.mbox.gz')].filter(existsSync);
  if (mails.length === 0) console.error('missing: stored mails (--mails FILE); they are left out');
  for (const path of mails) jobs.push({ name: path.split('/').at(-1), args: [path] });
  if (jobs.length === 0) throw new Refused('there is nothing to review');
  return jobs;
}

/** Findings of one build on one input, by an identity that does not depend on line numbers. */
function findings(cli, job, side) {
  const out = join(work, `${side}.json`);
  run('node', [cli, 'review', ...job.args, '--format', 'json', '--fail-on', 'never', '-o', out], { maxBuffer: 1 << 28 });
  const report = JSON.parse(readFileSync(out, 'utf8'));
  const inputs = new Map(report.inputs.map((input) => [input.id, input]));
  const found = new Map();
  for (const finding of report.findings) {
    const input = inputs.get(finding.input);
    const key = `${input?.messageId ?? input?.path} ${finding.fingerprint} ${finding.status}`;
    found.set(key, { finding, where: input?.messageId ?? finding.location?.file ?? input?.path });
  }
  return found;
}

function line(sign, { finding, where }) {
  const place = finding.location === null ? 'message' : `${finding.location.file}:${finding.location.line}`;
  return `${sign} ${finding.severity} ${finding.status} ${finding.rule} ${place} (${where})\n    ${finding.message}\n    | ${finding.text.trim()}`;
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { kernel: { type: 'string' }, mails: { type: 'string', multiple: true }, rule: { type: 'string' } },
  });
  if (positionals.length < 1 || positionals.length > 2)
    throw new Refused('usage: npm run corpus-diff -- OLD [NEW] [--kernel DIR] [--mails FILE]... [--rule ID]');
  mkdirSync(work, { recursive: true });
  const [before, after] = [commandLine(positionals[0]), commandLine(positionals[1] ?? root)];
  const totals = new Map();
  for (const job of material(values)) {
    const [old, now] = [findings(before, job, 'old'), findings(after, job, 'new')];
    const wanted = ([, one]) => values.rule === undefined || one.finding.rule === values.rule;
    const gone = [...old].filter(([key]) => !now.has(key)).filter(wanted);
    const come = [...now].filter(([key]) => !old.has(key)).filter(wanted);
    console.log(`== ${job.name}: ${old.size} before, ${now.size} after, ${come.length} came, ${gone.length} went`);
    for (const [, one] of come) console.log(line('+', one));
    for (const [, one] of gone) console.log(line('-', one));
    for (const [list, index] of [
      [come, 0],
      [gone, 1],
    ]) {
      for (const [, { finding }] of list) {
        const counts = totals.get(finding.rule) ?? [0, 0];
        counts[index]++;
        totals.set(finding.rule, counts);
      }
    }
  }
  for (const [rule, [came, went]] of [...totals].sort()) console.log(`${rule}: +${came} -${went}`);
}

try {
  main();
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.error(`corpus-diff: ${error.message}`);
  process.exitCode = 2;
}
