import { describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../../server/src/core/patch/bytes.ts';
import { plainLines } from '../../server/src/core/patch/byteLine.ts';
import { findBase } from '../../server/src/core/patch/diff/base.ts';
import { parseDiff } from '../../server/src/core/patch/diff/diff.ts';
import { pathFault } from '../../server/src/core/patch/diff/paths.ts';
import { outside } from './support/mails.ts';

/** Spellings by which a patch could reach what it must not. */
const UNSAFE = [
  '../x.c',
  'a/../x.c',
  'a/b/../../../x.c',
  '..',
  'a/..',
  './x.c',
  'a/./x.c',
  '/etc/passwd',
  '//etc/passwd',
  'a//x.c',
  'a/',
  '..\\x.c',
  'a\\..\\x.c',
  '\\\\host\\share\\x',
  'C:/x.c',
  'c:x.c',
  '.git/config',
  '.GIT/config',
  '.Git/hooks/x',
  'a/.git/config',
  '.git',
  '.git /config',
  '.git./config',
  '.git . ./config',
  '.git::$INDEX_ALLOCATION/config',
  '.git:stream',
  'GIT~1/config',
  'git~2/hooks/x',
  'a/Git~1/config',
  '.g\u200cit/config',
  '.gi\u200dt/config',
  '\ufeff.git/config',
  '.\u202egit/config',
  '\uff0egit/config',
  'x.c\0.txt',
  'x\u0001.c',
  'x\u007f.c',
  'x\u0085.c',
  'x\n.c',
  'x.c.',
  'x.c ',
  'dir./x.c',
  'x.c::$DATA',
  '~/x.c',
  `${'d/'.repeat(300)}x.c`,
  `${'d'.repeat(300)}/x.c`,
  `${`${'e'.repeat(200)}/`.repeat(25)}x.c`,
  '',
];

describe('the path rule', () => {
  test.each(UNSAFE.map((path) => [JSON.stringify(path.slice(0, 40)), path]))('%s is refused', (_shown, path) => {
    expect(pathFault(path)).not.toBeNull();
  });

  test.each([
    'drivers/iommu/iommu.c',
    'Documentation/ABI/testing/sysfs-kernel-iommu_groups',
    '.gitignore',
    '.github/x',
    'arch/x86/.gitattributes',
    'drivers/gpu/aux.c',
    'tools/däta.c',
    'a b/c.c',
    'include/linux/..x.h',
    'git~x/y',
  ])('%s is taken', (path) => {
    expect(pathFault(path)).toBeNull();
  });
});

/** The five kinds of change that can name a path. */
const CHANGES: Readonly<Record<string, (name: string) => string>> = {
  create: (name) => `diff --git a/x.c b/x.c\nnew file mode 100644\n--- /dev/null\n+++ ${name}\n@@ -0,0 +1 @@\n+x\n`,
  modify: (name) => `--- ${name}\n+++ ${name}\n@@ -1 +1 @@\n-a\n+b\n`,
  delete: (name) => `--- ${name}\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n`,
  rename: (name) => `diff --git a/x.c b/y.c\nsimilarity index 100%\nrename from x.c\nrename to ${name}\n`,
  copy: (name) => `diff --git a/x.c b/y.c\nsimilarity index 100%\ncopy from ${name}\ncopy to y.c\n`,
};

/** A name as git quotes it; renames and copies have no `a/`. */
function quoted(path: string, kind: string): string {
  const bytes = encodeUtf8(kind === 'rename' || kind === 'copy' ? path : `b/${path}`);
  const escaped = [...bytes].map((byte) => {
    const code = byte.charCodeAt(0);
    return code < 32 || code > 126 || byte === '"' || byte === '\\' ? `\\${code.toString(8).padStart(3, '0')}` : byte;
  });
  return `"${escaped.join('')}"`;
}

describe.each(Object.keys(CHANGES))('a change of kind %s', (kind) => {
  // Two slashes are one to git, and an empty name is no name: both are refused by the rule itself above.
  const spelled = UNSAFE.filter((path) => path !== '' && !/^[^/].*\/\//.test(path) && !(kind === 'create' && path === '/etc/passwd'));
  test.each(spelled.map((path) => [JSON.stringify(path.slice(0, 40)), path]))('never reads %s', (_shown, path) => {
    const text = CHANGES[kind]?.(quoted(path, kind)) ?? '';
    const reading = parseDiff(plainLines(text));
    const asked: string[] = [];
    const watched = {
      ...outside,
      hasTree: true,
      readTree: (name?: string) => {
        asked.push(name ?? '');
        return null;
      },
    };
    for (const file of parseDiff(plainLines(text), { repair: true }).files) findBase(file, watched);
    expect(asked.filter((name) => pathFault(name) !== null)).toEqual([]);
    expect(reading.refusal).not.toBeNull();
    expect(asked.filter((name) => name !== 'x.c' && name !== 'y.c')).toEqual([]);
  });
});
