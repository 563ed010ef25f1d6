import { describe, expect, test } from 'vitest';
import { whyUnsafe } from '../../server/src/host/tree/tree-path.ts';

describe('paths that a patch may name inside a tree', () => {
  test.each([
    'drivers/iommu/iommu.c',
    'MAINTAINERS',
    'include/linux/iommu.h',
    '.clang-format',
    'Documentation/a b.rst',
    'arch/x86/.gitignore',
    'tools/über.c',
  ])('%s is taken', (path) => {
    expect(whyUnsafe(path)).toBeNull();
  });

  const spellings = [
    '../x',
    'a/../../x',
    'a/..',
    '..',
    '.',
    './x',
    'a/./x',
    '/etc/passwd',
    '//etc/passwd',
    'a//b',
    'a/',
    '',
    '..\\x',
    'a\\..\\x',
    'C:/x',
    'C:x',
    'c:\\x',
    '\\\\host\\share',
    '.git/config',
    '.GIT/config',
    '.Git/hooks/post-checkout',
    'a/.git/config',
    '.git',
    '.git /config',
    '.git./config',
    '.git::$INDEX_ALLOCATION/config',
    'GIT~1/config',
    'git~2/config',
    '.g\u200cit/config',
    '.gi\u200dt/config',
    '\ufeff.git/config',
    '.gi\u00adt/config',
    'a\0b',
    'a\nb',
    'a\u001b[31m',
    'x.',
    'x ',
    ' x',
    `${'a/'.repeat(300)}x`,
    'a'.repeat(5000),
  ];
  test.each(spellings)('%j is refused', (path) => {
    expect(whyUnsafe(path)).not.toBeNull();
  });
});
