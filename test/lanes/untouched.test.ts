// What a review does to the machine, seen from outside with strace: which programs start, what is opened, written and connected to.

import { createHash } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { heldAtReturn } from '../cli/mails.ts';
import { cli, sample } from '../cli/run.ts';
import { material } from './oracle/material.ts';

let base: string;
let tree: string;
let home: string;
/** The only folder that a review may write to unasked: what it keeps of a kernel tree. */
let cache: string;
let bait: string;

function put(path: string, text: string): string {
  const full = join(base, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  return full;
}

function git(...args: string[]): string {
  return execFileSync('git', ['-c', 'user.name=A Developer', '-c', 'user.email=dev@example.org', '-C', tree, ...args], {
    encoding: 'utf8',
  });
}

/** One line for each file below a folder: path, mode, time, content. */
function fingerprint(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const full = join(folder, name);
      const stats = lstatSync(full);
      const content = stats.isSymbolicLink()
        ? readlinkSync(full)
        : stats.isFile()
          ? createHash('sha1').update(readFileSync(full)).digest('hex')
          : '';
      return `${name} ${String(stats.mode)} ${String(stats.mtimeMs)} ${content}`;
    });
}

interface Seen {
  readonly status: number | null;
  readonly stdout: string;
  /** Every started program with its arguments. */
  readonly programs: readonly string[];
  /** Every path that was opened, looked at or changed, with the call. */
  readonly files: readonly string[];
  readonly writes: readonly string[];
  readonly sockets: readonly string[];
}

function review(args: readonly string[], cwd = base): Seen {
  const log = join(base, 'strace.log');
  const calls = 'execve,execveat,connect,socket,bind,sendto,%file';
  const ended = spawnSync('strace', ['-f', '-s', '4096', '-e', `trace=${calls}`, '-o', log, process.execPath, cli, 'review', ...args], {
    cwd,
    encoding: 'utf8',
    input: heldAtReturn,
    env: { PATH: process.env['PATH'] ?? '', HOME: home, IOMMU_REVIEW_CACHE: cache },
  });
  if (ended.error) throw new Error(`missing: strace (${ended.error.message})`);
  const lines = readFileSync(log, 'utf8').split('\n');
  rmSync(log);
  const named = lines.flatMap((line) => /^\d+ +(\w+)\((.*)$/.exec(line)?.slice(1) ?? []);
  const found = (names: RegExp, what = /^/): string[] => {
    const hits: string[] = [];
    for (let at = 0; at < named.length; at += 2)
      if (names.test(named[at] ?? '') && what.test(named[at + 1] ?? '')) hits.push(`${named[at] ?? ''} ${named[at + 1] ?? ''}`);
    return hits;
  };
  return {
    status: ended.status,
    stdout: ended.stdout,
    programs: found(/^execve/)
      .filter((line) => !line.includes('= -1 ENOENT'))
      .map((line) => /"([^"]*)", \[(.*?)\]/.exec(line)?.slice(1, 3).join(' ') ?? line),
    files: found(/^(?:open|openat|stat|lstat|newfstatat|statx|access|faccessat2?|readlink|readlinkat|chdir)$/),
    writes: [
      ...found(/^openat?$/, /O_(?:WRONLY|RDWR|CREAT|TRUNC)/).filter((line) => !/"\/dev\/(?:null|tty|pts\/\d+)"/.test(line)),
      ...found(/^(?:unlink|rename|mkdir|rmdir|symlink|link|chmod|chown|truncate|utime)/),
    ].filter((line) => !isInCache(line)),
    sockets: found(/^(?:connect|bind|sendto|socket)$/).filter((line) => !/AF_UNIX|sendto \d+, "[^"]*", \d+, [^,]*, NULL/.test(line)),
  };
}

/** Whether every path that a call names lies in the cache. */
function isInCache(line: string): boolean {
  const paths = [...line.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
  return paths.length > 0 && paths.every((path) => path === cache || path.startsWith(`${cache}/`));
}

const hostilePaths = [
  '../secret.c',
  'drivers/../../secret.c',
  '/etc/passwd',
  '.git/config',
  '.GIT/hooks/x.c',
  'drivers/link.c',
  'drivers/out/secret.c',
  'C:/secret.c',
];

beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'untouched-')));
  tree = join(base, 'linux');
  home = join(base, 'home');
  // Not below `base`: a link in the tree leads there.
  cache = realpathSync(mkdtempSync(join(tmpdir(), 'untouched-cache-')));
  bait = join(base, 'bait-ran');
  mkdirSync(home);
  for (const name of ['MAINTAINERS', 'Kbuild', 'Makefile', 'include/linux/iommu.h']) put(`linux/${name}`, '\n');
  const before = heldAtReturn
    .slice(heldAtReturn.indexOf('@@'))
    .split('\n')
    .slice(1, 9)
    .filter((line) => line.startsWith(' '))
    .map((line) => line.slice(1));
  put('linux/drivers/iommu/lend.c', `${'\n'.repeat(8)}int demo_lend(struct iommu_group *group, void *borrower)\n${before.join('\n')}\n`);
  put('secret.c', 'int secret;\n');
  symlinkSync(join(base, 'secret.c'), join(tree, 'drivers/link.c'));
  symlinkSync(base, join(tree, 'drivers/out'));
  git('init', '-q', '-b', 'main');
  git('add', 'MAINTAINERS', 'drivers/iommu');
  git('commit', '-q', '-m', 'one');
  const script = put('bait.sh', `#!/bin/sh\necho ran >> ${bait}\ncat "$@"\n`);
  chmodSync(script, 0o755);
  put('linux/.gitattributes', '*.c diff=bait filter=bait\n');
  for (const key of [
    'diff.bait.textconv',
    'diff.bait.command',
    'diff.external',
    'filter.bait.smudge',
    'filter.bait.clean',
    'core.fsmonitor',
    'core.pager',
    'core.sshCommand',
    'gpg.program',
    'credential.helper',
  ]) {
    git('config', key, script);
  }
  git('config', 'extensions.partialClone', 'origin');
  git('config', 'remote.origin.url', `ext::${script}`);
  git('config', 'remote.origin.promisor', 'true');
  for (const hook of ['post-checkout', 'post-index-change', 'reference-transaction', 'fsmonitor-watchman']) {
    put(`linux/.git/hooks/${hook}`, `#!/bin/sh\necho hook >> ${bait}\n`);
    chmodSync(join(tree, '.git/hooks', hook), 0o755);
  }
  put('held.patch', heldAtReturn.replace('index 1111111', `index ${git('rev-parse', '--short', 'HEAD:drivers/iommu/lend.c').trim()}`));
  put('unknown-blob.patch', heldAtReturn.replace('index 1111111..2222222', `index ${'12'.repeat(20)}..${'34'.repeat(20)}`));
  put('linux/inside.patch', heldAtReturn);
  put(
    'hostile.mbox',
    hostilePaths
      .map((path) => `From dev@example.org Mon Sep  2 10:00:00 2024\n${heldAtReturn.replaceAll('drivers/iommu/lend.c', path)}\n`)
      .join(''),
  );
  rmSync(bait, { force: true });
});

afterAll(() => {
  rmSync(base, { recursive: true, force: true });
  rmSync(cache, { recursive: true, force: true });
});

describe('a review', () => {
  const forms: [string, () => string[]][] = [
    ['of standard input', () => ['-']],
    ['of a mailbox', () => [sample]],
    ['with a tree that it finds around its input', () => [join(tree, 'inside.patch')]],
    ['of a C file in a tree', () => [join(tree, 'drivers/iommu/lend.c')]],
    ['of patches with hostile paths, in a tree', () => [join(base, 'hostile.mbox'), join(tree, 'drivers/iommu/lend.c')]],
  ];

  test.each(forms)('%s starts no program but its own, opens no socket, writes nothing but its cache', (_, args) => {
    const before = [...fingerprint(tree), ...fingerprint(home)];
    const seen = review([...args(), '--format', 'json']);
    expect([0, 1]).toContain(seen.status);
    expect(seen.programs.length).toBeGreaterThan(1);
    for (const program of seen.programs) expect(program).toMatch(new RegExp(`^${process.execPath} `));
    expect(seen.sockets).toEqual([]);
    expect(seen.writes).toEqual([]);
    expect([...fingerprint(tree), ...fingerprint(home)]).toEqual(before);
  });

  test('of patches with hostile paths looks at no file that they name', () => {
    const seen = review([join(base, 'hostile.mbox'), '--kernel', tree]);
    for (const path of ['secret.c', '/etc/passwd"', '.GIT', 'C:']) expect(seen.files.filter((line) => line.includes(path))).toEqual([]);
    // The links themselves are looked at, and not followed.
    expect(seen.files.filter((line) => line.includes('drivers/link.c') && line.startsWith('open'))).toEqual([]);
    expect(seen.files.filter((line) => line.includes('drivers/out/'))).toEqual([]);
  });

  test('with a tree that the user named runs git by its own path, guarded, and nothing that the tree names', () => {
    const before = [...fingerprint(tree), ...fingerprint(home)];
    for (const patch of ['held.patch', 'unknown-blob.patch']) {
      const seen = review([join(base, patch), '--kernel', tree, '--format', 'json']);
      expect(seen.status).toBe(1);
      const others = seen.programs.filter((program) => !program.startsWith(`${process.execPath} `));
      expect(others.length).toBeGreaterThan(0);
      for (const program of others) {
        expect(program).toMatch(/^\/\S*\/git "/);
        if (!program.includes('"cat-file"')) continue;
        for (const guard of ['core.fsmonitor=', 'core.hooksPath=/dev/null', 'protocol.allow=never']) expect(program).toContain(guard);
      }
      expect(seen.sockets).toEqual([]);
      expect(seen.writes).toEqual([]);
      if (patch === 'held.patch') expect(seen.stdout).toMatch(/"base": "blob [0-9a-f]+"/);
    }
    expect(() => readFileSync(bait)).toThrow();
    expect([...fingerprint(tree), ...fingerprint(home)]).toEqual(before);
  });

  test('of a git range runs git in the folder that the user stands in, and nothing that it names', () => {
    const seen = review(['HEAD~0..HEAD', sample], tree);
    expect(seen.programs.some((program) => program.includes('"format-patch"'))).toBe(true);
    expect(seen.sockets).toEqual([]);
    expect(seen.writes).toEqual([]);
    expect(() => readFileSync(bait)).toThrow();
  });
});

test('the review of a whole archive leaves the tree and the home folder as they were', () => {
  const before = [...fingerprint(tree), ...fingerprint(home)];
  const args = [cli, 'review', material('corpus/patches-2019-2020.mbox.gz'), '--kernel', tree, '--format', 'json', '-o', '/dev/null'];
  const ended = spawnSync(process.execPath, [...args, '--fail-on', 'never'], {
    cwd: home,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: home, IOMMU_REVIEW_CACHE: cache },
  });
  expect(ended.stderr).toBe('');
  expect(ended.status).toBe(0);
  expect([...fingerprint(tree), ...fingerprint(home)]).toEqual(before);
});
