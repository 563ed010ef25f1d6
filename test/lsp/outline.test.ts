import { afterEach, expect, test } from 'vitest';
import type { DocumentLink, DocumentSymbol, FoldingRange, SymbolInformation } from 'vscode-languageserver/node';
import { able, FakeAnalysis, startEditor, type Editor } from './editor.ts';

let editor: Editor | undefined;
afterEach(() => editor?.stop());

async function ask<T>(method: string, text: string, uri: string, capabilities = able): Promise<T> {
  editor = await startEditor(new FakeAnalysis(), capabilities);
  editor.open(uri, text, uri.endsWith('.c') ? 'c' : 'diff');
  return editor.connection.sendRequest<T>(method, { textDocument: { uri } });
}

/** Names with their kinds and first lines, as an indented list. */
function listed(symbols: readonly DocumentSymbol[], depth = 0): string[] {
  return symbols.flatMap(({ name, range, children }) => [
    `${'  '.repeat(depth)}${name} ${range.start.line + 1}-${range.end.line + 1}`,
    ...listed(children ?? [], depth + 1),
  ]);
}

const mail = `From: Kim Example <kim@example.org>
Subject: [PATCH 2/3] iommu: Split the owner check
Message-ID: <20260708.2.kim@example.org>

Two checks in one function are hard to read.

Fixes: 0123456789ab ("iommu: Check the owner")
---
 drivers/iommu/iommu.c | 8 ++++++++

diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c
--- a/drivers/iommu/iommu.c
+++ b/drivers/iommu/iommu.c
@@ -100,6 +100,14 @@ static int iommu_first_check(struct iommu_group *group)
 		return -EBUSY;
 	return 0;
 }
 
+static int
+iommu_second_check(struct iommu_group *group)
+{
+	if (group->owner)
+		return -EPERM;
+	return 0;
+}
+
 static void iommu_last(struct iommu_group *group)
 {
`;

test('symbols go from the mail to the function', async () => {
  expect(listed(await ask<DocumentSymbol[]>('textDocument/documentSymbol', mail, 'file:///m/a.patch'))).toEqual([
    '[PATCH 2/3] iommu: Split the owner check 1-29',
    '  iommu: Split the owner check 5-28',
    '    drivers/iommu/iommu.c 11-28',
    '      @@ -100,6 +100,14 @@ 14-28',
    '        iommu_first_check 15-17',
    '        iommu_second_check 19-25',
    '        iommu_last 27-28',
  ]);
});

test('each mail of an mbox is a symbol of its own', async () => {
  const separator = (id: string): string => `From ${id.repeat(40)} Mon Sep 17 00:00:00 2001\n`;
  const mbox = `${separator('a')}${mail}\n${separator('b')}${mail.replace('2/3', '3/3')}`;
  const symbols = await ask<DocumentSymbol[]>('textDocument/documentSymbol', mbox, 'file:///m/a.mbox');
  expect(symbols.map(({ name, range }) => [name, range.start.line])).toEqual([
    ['[PATCH 2/3] iommu: Split the owner check', 0],
    ['[PATCH 3/3] iommu: Split the owner check', 30],
  ]);
});

test('a client without nested symbols gets them flat, with their container', async () => {
  const flat = await ask<SymbolInformation[]>('textDocument/documentSymbol', mail, 'file:///m/a.patch', {
    textDocument: { diagnostic: {} },
  });
  expect(flat.map(({ name, containerName }) => `${containerName ?? '-'} > ${name}`)).toContain('@@ -100,6 +100,14 @@ > iommu_second_check');
});

test('a C file lists its functions, whatever their heading looks like', async () => {
  const source = `#include <linux/iommu.h>

struct table {
	int x;
};

static const struct iommu_ops ops = {
	.probe = probe,
};

static int __must_check one(struct device *dev,
			    int (*fn)(struct device *))
{
	return 0;
}

struct iommu_group *
two(void)
{
	return NULL;
}
`;
  expect(listed(await ask<DocumentSymbol[]>('textDocument/documentSymbol', source, 'file:///m/a.c'))).toEqual(['one 11-15', 'two 17-21']);
});

test('headers, files and functions fold', async () => {
  const folds = await ask<FoldingRange[]>('textDocument/foldingRange', mail, 'file:///m/a.patch');
  expect(folds.map(({ startLine, endLine }) => [startLine + 1, endLine + 1])).toEqual([
    [1, 3],
    [11, 28],
    [14, 28],
    [15, 17],
    [19, 25],
    [27, 28],
  ]);
});

test('quotes fold as comments', async () => {
  const reply = 'From: a@example.org\nSubject: Re: x\n\nHi,\n\n> one\n> two\n> three\n\nNo.\n> four\n';
  const folds = await ask<FoldingRange[]>('textDocument/foldingRange', reply, 'file:///m/a.eml');
  expect(folds).toContainEqual({ startLine: 5, endLine: 7, kind: 'comment' });
});

test('Message-IDs lead to the list archive and commits to the repository', async () => {
  const links = await ask<DocumentLink[]>('textDocument/documentLink', mail, 'file:///m/a.patch');
  expect(links).toEqual([
    {
      range: { start: { line: 2, character: 13 }, end: { line: 2, character: 39 } },
      target: 'https://lore.kernel.org/all/20260708.2.kim%40example.org/',
    },
    { range: { start: { line: 6, character: 7 }, end: { line: 6, character: 19 } }, target: 'https://git.kernel.org/linus/0123456789ab' },
  ]);
});

test('a link never leaves its host, whatever an id holds', async () => {
  const text = 'Message-ID: <../../evil?x=#y/@z>\nIn-Reply-To: <a@b/../../c>\n\nx\n';
  const links = await ask<DocumentLink[]>('textDocument/documentLink', text, 'file:///m/a.eml');
  expect(links.map(({ target }) => target)).toEqual([
    'https://lore.kernel.org/all/..%2F..%2Fevil%3Fx%3D%23y%2F%40z/',
    'https://lore.kernel.org/all/a%40b%2F..%2F..%2Fc/',
  ]);
});
