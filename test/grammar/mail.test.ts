import { describe, expect, test } from 'vitest';
import { scopesOf, tokenise } from './tokens.ts';

const has = (scopes: readonly string[], name: string): boolean => scopes.some((scope) => scope.startsWith(name));

describe('a mail', () => {
  test('headers, with the tag of the subject apart', () => {
    const [from, subject, folded, blank, body] = tokenise([
      'From: Robin Example <robin@example.org>',
      'Subject: [PATCH v2 1/3] iommu: Count the owners of a group',
      ' and of its members',
      '',
      'From here on it is text: nothing is a header.',
    ]);
    expect(has(scopesOf(from ?? [], 'From'), 'keyword.other.header')).toBe(true);
    expect(has(scopesOf(from ?? [], 'robin@'), 'string.other.address')).toBe(true);
    expect(has(scopesOf(subject ?? [], '[PATCH v2 1/3]'), 'entity.name.tag.patch')).toBe(true);
    expect(has(scopesOf(subject ?? [], 'Count the owners'), 'entity.name.section')).toBe(true);
    expect(has(scopesOf(folded ?? [], 'and of its'), 'meta.headers')).toBe(true);
    expect(blank?.every(({ scopes }) => !has(scopes, 'meta.headers'))).toBe(true);
    expect(has(scopesOf(body ?? [], 'it is text'), 'meta.headers')).toBe(false);
  });

  test('the first line of git format-patch', () => {
    const [line] = tokenise([`From ${'0a'.repeat(20)} Mon Sep 17 00:00:00 2001`]);
    expect(has(scopesOf(line ?? [], '0a0a'), 'constant.other.commit')).toBe(true);
  });

  test('trailers, and what they name', () => {
    const [fixes, signed, prose] = tokenise([
      'Fixes: 8c1f5d2a9b3e ("iommu: Keep a window for each group")',
      'Signed-off-by: Robin Example <robin@example.org>',
      'Note: this is prose',
    ]);
    expect(has(scopesOf(fixes ?? [], 'Fixes'), 'keyword.other.trailer')).toBe(true);
    expect(has(scopesOf(fixes ?? [], '8c1f5d2a9b3e'), 'constant.other.commit')).toBe(true);
    expect(has(scopesOf(signed ?? [], 'Signed-off-by'), 'keyword.other.trailer')).toBe(true);
    expect(has(scopesOf(prose ?? [], 'Note'), 'meta.trailer')).toBe(false);
  });

  test('diffstat, separator and signature are no diff', () => {
    const [separator, stat, signature] = tokenise(['---', ' drivers/iommu/iommu.c | 12 ++++++----', '-- ']);
    expect(has(scopesOf(separator ?? [], '---'), 'meta.separator.changes')).toBe(true);
    expect(has(scopesOf(stat ?? [], '++++'), 'markup.inserted')).toBe(true);
    expect(has(scopesOf(stat ?? [], '----'), 'markup.deleted')).toBe(true);
    expect(has(scopesOf(signature ?? [], '-- '), 'comment.line.signature')).toBe(true);
  });
});

const hunk = [
  'diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c',
  'index 5d1e9a7c2b40..c07b64e8f913 100644',
  '--- a/drivers/iommu/iommu.c',
  '+++ b/drivers/iommu/iommu.c',
  '@@ -10,4 +10,5 @@ static int iommu_window(struct iommu_group *group)',
  ' \tif (!group)',
  '-\t\treturn -ENODEV;',
  '+\t\treturn "no \\"group";',
  '+\t/* a remark that',
  '+\t * goes on */',
  ' }',
  '-- ',
  '2.43.0',
];

describe('a diff', () => {
  const lines = tokenise(hunk);

  test('its headers name paths and blobs', () => {
    expect(has(scopesOf(lines[0] ?? [], 'a/drivers'), 'string.unquoted.path')).toBe(true);
    expect(has(scopesOf(lines[1] ?? [], '5d1e9a7c2b40'), 'constant.other.blob')).toBe(true);
    expect(has(scopesOf(lines[3] ?? [], 'b/drivers'), 'string.unquoted.path')).toBe(true);
    expect(has(scopesOf(lines[4] ?? [], '-10,4'), 'constant.numeric.range')).toBe(true);
    expect(has(scopesOf(lines[4] ?? [], 'static'), 'keyword.control.c')).toBe(true);
  });

  test('added, removed and context lines hold C behind their sign', () => {
    expect(has(scopesOf(lines[5] ?? [], 'if'), 'keyword.control.c')).toBe(true);
    expect(has(scopesOf(lines[6] ?? [], 'return'), 'keyword.control.c')).toBe(true);
    expect(has(scopesOf(lines[6] ?? [], 'return'), 'markup.deleted')).toBe(true);
    expect(has(scopesOf(lines[7] ?? [], 'return'), 'markup.inserted')).toBe(true);
    expect(has(scopesOf(lines[7] ?? [], '+'), 'punctuation.definition.inserted')).toBe(true);
  });

  test('a comment goes on over added lines', () => {
    expect(has(scopesOf(lines[9] ?? [], 'goes on'), 'comment.block.c')).toBe(true);
  });

  test('the mail signature ends the hunk and is no removed line', () => {
    expect(has(scopesOf(lines[11] ?? [], '-- '), 'markup.deleted')).toBe(false);
    expect(has(scopesOf(lines[12] ?? [], '2.43.0'), 'meta.diff.hunk')).toBe(false);
  });

  test('C that never ends inside a hunk does not leak into the next file', () => {
    const [, , , after] = tokenise(['@@ -1,1 +1,2 @@', '+\tif (x) {', '+\t/* open', 'diff --git a/x.c b/x.c']);
    expect(has(scopesOf(after ?? [], 'diff --git'), 'keyword.control.diff')).toBe(true);
    expect(has(scopesOf(after ?? [], 'diff --git'), 'comment')).toBe(false);
  });
});

describe('a reply', () => {
  const lines = tokenise([
    'On Mon, Robin Example wrote:',
    '> > older words',
    '> @@ -1,2 +1,3 @@ static void f(void)',
    '>  \tif (a)',
    '> +\t\treturn;',
    'Why this return?',
    '> +\tgoto out;',
    '> - a list in prose',
  ]);

  test('quotes have their depth', () => {
    expect(has(scopesOf(lines[1] ?? [], 'older words'), 'markup.quote.depth-2')).toBe(true);
    expect(has(scopesOf(lines[4] ?? [], 'return'), 'markup.quote.depth-1')).toBe(true);
    expect(has(scopesOf(lines[4] ?? [], 'return'), 'markup.quote.depth-2')).toBe(false);
    expect(has(scopesOf(lines[5] ?? [], 'Why this'), 'markup.quote')).toBe(false);
  });

  test('quoted hunks hold C', () => {
    expect(has(scopesOf(lines[3] ?? [], 'if'), 'keyword.control.c')).toBe(true);
    expect(has(scopesOf(lines[4] ?? [], 'return'), 'markup.inserted')).toBe(true);
  });

  test('a hunk goes on behind a remark, and a list in quoted prose is no diff', () => {
    expect(has(scopesOf(lines[6] ?? [], 'goto'), 'keyword.control.c')).toBe(true);
    expect(has(scopesOf(lines[6] ?? [], 'goto'), 'markup.inserted')).toBe(true);
    expect(has(scopesOf(lines[7] ?? [], 'a list'), 'markup.deleted')).toBe(false);
  });
});
