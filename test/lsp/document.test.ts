import { describe, expect, test } from 'vitest';
import { kindOf, Snapshot } from '../../server/src/lsp/document.ts';

describe('the kind of a document', () => {
  test.each([
    ['kernel-patch-mail', 'Untitled-1', ''],
    ['diff', 'x', ''],
    ['plaintext', '/m/a.patch', ''],
    ['plaintext', '/m/a.MBOX', ''],
    ['plaintext', '/m/1.eml', ''],
    ['plaintext', '/m/mail.txt', `From ${'ab'.repeat(20)} Mon Sep 17 00:00:00 2001\n`],
    ['plaintext', '/m/page.txt', '[RFC PATCH v2 1/3] iommu: Own it\n\nKim Example kim at example.org\n'],
    ['plaintext', '/m/answer.txt', 'From: a@example.org\nSubject: Re: [PATCH 1/3] iommu: Own it\n\nNo.\n'],
    ['plaintext', '/m/reply.txt', 'Hi,\n\n> > @@ -1,2 +3,4 @@ f\n'],
    ['plaintext', '/m/cur/12345', 'Subject: x\n\ndiff --git a/x b/x\n'],
  ])('%s %s is a patch', (language, path, text) => expect(kindOf(path, language, text)).toBe('patch'));

  test.each([
    ['c', '/k/a.c'],
    ['cpp', '/k/a.h'],
    ['c', 'Untitled-1.inc'],
  ])('%s %s is C', (language, path) => expect(kindOf(path, language, '')).toBe('source'));

  test.each([
    ['plaintext', '/m/notes.txt', 'a diff --git is not at the start\n'],
    ['plaintext', '/m/todo.txt', '[x] send the PATCH\n'],
    ['markdown', '/m/README.md', 'diff --git a/x b/x\n'],
    ['plaintext', '/m/none', ''],
  ])('%s %s is neither', (language, path, text) => expect(kindOf(path, language, text)).toBe('other'));

  test('a megabyte of quotes is told at once', () => {
    expect(kindOf('/m/a.txt', 'plaintext', '> '.repeat(500_000))).toBe('other');
  });
});

describe('places', () => {
  const snapshot = new Snapshot('file:///m/a%20b.patch', 'diff', 3, 'one\r\ntw\u{1d11e}o\nthree');

  test('a file URI gives its path, and another one its last part', () => {
    expect(snapshot.path).toBe('/m/a b.patch');
    expect(new Snapshot('untitled:Untitled-1', 'diff', 1, '').path).toBe('Untitled-1');
    expect(new Snapshot('file://other-host/x', 'diff', 1, '').path).toBe('file://other-host/x');
    expect(new Snapshot('no uri %', 'diff', 1, '').path).toBe('no uri %');
  });

  test('columns are UTF-16 units, and places outside the text are clamped to it', () => {
    const at = (line: number, column: number, endLine: number, endColumn: number) => snapshot.range({ line, column, endLine, endColumn });
    expect(at(2, 3, 2, 5)).toEqual({ start: { line: 1, character: 2 }, end: { line: 1, character: 4 } });
    expect(at(2, 99, 2, 200)).toEqual({ start: { line: 1, character: 5 }, end: { line: 1, character: 5 } });
    expect(at(9, 1, 9, 9)).toEqual({ start: { line: 2, character: 5 }, end: { line: 2, character: 5 } });
    expect(at(3, 4, 1, 1)).toEqual({ start: { line: 2, character: 3 }, end: { line: 2, character: 3 } });
  });
});
