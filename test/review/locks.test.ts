// Held locks by the lines of the opened document, through the facade.
import { expect, test } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { Cancelled } from '../../server/src/core/base/cancel.ts';
import { locksOf } from '../../server/src/core/review/locks.ts';
import type { ReviewOptions, UnitInput } from '../../server/src/protocol/analysis.ts';
import type { FunctionLocks, LockReport } from '../../server/src/protocol/locks.ts';
import { outside } from '../rules/review.ts';

const options: ReviewOptions = { era: 'v6.12', rulesOn: [], rulesOff: [], model: false };

/** Every line of a document. */
const all = { first: 1, last: Number.MAX_SAFE_INTEGER };

const mail = `From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001
From: Robin Example <robin@example.org>
Subject: [PATCH] demo: Look at the owner under the lock
Message-ID: <demo-1@example.org>

Under the lock.

---
diff --git a/drivers/iommu/demo.c b/drivers/iommu/demo.c
--- a/drivers/iommu/demo.c
+++ b/drivers/iommu/demo.c
@@ -10,9 +10,9 @@ int demo_lend(struct demo *demo, void *owner)
 int demo_lend(struct demo *demo, void *owner)
 {
 	int ret = 0;

-	if (demo->owner)
-		return -EBUSY;
 	mutex_lock(&demo->lock);
+	if (demo->owner)
+		ret = -EBUSY;
 	demo->owner = owner;
 	mutex_unlock(&demo->lock);
 	return ret;
 }
`.replace('\n\n-\tif', '\n \n-\tif');

function mailInput(text: string): UnitInput {
  return { kind: 'mail', path: '/mails/demo.patch', startLine: 1, bytes: new TextEncoder().encode(text) };
}

function sourceInput(text: string): UnitInput {
  const path = 'drivers/iommu/demo.c';
  return { kind: 'source', path, treePath: path, bytes: new TextEncoder().encode(text) };
}

function lineOf(text: string, words: string): number {
  return text.slice(0, text.indexOf(words)).split('\n').length;
}

function shown({ functions }: LockReport, line: number): string[] {
  return functions.flatMap((fn: FunctionLocks) =>
    fn.lines
      .filter((one) => one.line === line)
      .flatMap(({ locks }) =>
        locks.map(
          (lock) =>
            `${fn.side}: ${lock.name} ${lock.state} ${lock.paths} ${lock.places.map((place) => `${String(place.line)}/${String(place.fileLine)}`).join(' ')}`,
        ),
      ),
  );
}

test('in a mail, locks come with the lines of the mail and of the file', () => {
  const report = locksOf([mailInput(mail)], 0, all, outside, options, neverCancelled);
  expect(shown(report, lineOf(mail, '+\t\tret = -EBUSY'))).toEqual([`after: demo->lock held all ${String(lineOf(mail, 'mutex_lock'))}/14`]);
});

test('a removed line is judged by the code before the patch', () => {
  const report = locksOf([mailInput(mail)], 0, all, outside, options, neverCancelled);
  const removed = report.functions.find(({ side }) => side === 'before');
  expect(removed?.lines.map(({ line, locks }) => [line, locks])).toEqual([
    [lineOf(mail, '-\tif'), []],
    [lineOf(mail, '-\t\treturn'), []],
  ]);
});

test("in a C file, the lines are the file's", () => {
  const text = 'void demo_set(struct demo *demo)\n{\n\tspin_lock(&demo->lock);\n\tdemo->on = 1;\n\tspin_unlock(&demo->lock);\n}\n';
  const report = locksOf([sourceInput(text)], 0, all, outside, options, neverCancelled);
  expect(shown(report, 4)).toEqual(['present: demo->lock held all 3/3']);
  expect(report.functions[0]?.lines.map(({ line, takes, releases }) => [line, takes, releases])).toEqual([
    [3, ['demo->lock'], []],
    [4, [], []],
    [5, [], ['demo->lock']],
    [6, [], []],
  ]);
});

test('only the functions that the wanted lines show are looked at', () => {
  const one = (name: string): string => `void ${name}(struct demo *demo)\n{\n\tspin_lock(&demo->lock);\n}\n`;
  const text = one('demo_a') + one('demo_b') + one('demo_c');
  const report = locksOf([sourceInput(text)], 0, { first: 4, last: 6 }, outside, options, neverCancelled);
  expect(report.functions.map((fn) => fn.function)).toEqual(['demo_a', 'demo_b']);
});

test('a function that the hunk does not show from its beginning on says that code is hidden', () => {
  const part = mail.replace(/ int demo_lend.*\n \{\n \tint ret = 0;\n \n/, '').replace('@@ -10,9 +10,9 @@', '@@ -14,5 +14,5 @@');
  const report = locksOf([mailInput(part)], 0, all, outside, options, neverCancelled);
  const line = lineOf(part, ' \tmutex_lock');
  const after = report.functions.find(({ side }) => side === 'after');
  expect(after?.function).toBe('demo_lend');
  expect(after?.lines.find((one) => one.line === line)?.hidden).toBe(true);
});

test('a later patch of a series is looked at on top of the earlier ones', () => {
  const base = 'int demo_get(struct demo *demo)\n{\n\treturn demo->on;\n}\n';
  const header = (part: number, subject: string): string =>
    `From: Robin Example <robin@example.org>\nSubject: [PATCH ${String(part)}/2] ${subject}\nMessage-ID: <demo-${String(part)}@example.org>\n\nText.\n---\ndiff --git a/drivers/iommu/demo.c b/drivers/iommu/demo.c\n--- a/drivers/iommu/demo.c\n+++ b/drivers/iommu/demo.c\n`;
  const first = `${header(1, 'Lock')}@@ -1,4 +1,5 @@\n int demo_get(struct demo *demo)\n {\n+\tlockdep_assert_held(&demo->lock);\n \treturn demo->on;\n }\n`;
  const second = `${header(2, 'Count')}@@ -4,2 +4,3 @@ int demo_get(struct demo *demo)\n+\tdemo->asked++;\n \treturn demo->on;\n }\n`;
  const world = {
    ...outside,
    hasTree: true,
    readTree: (path: string) => (path === 'drivers/iommu/demo.c' ? new TextEncoder().encode(base) : null),
    near: () => world,
  };
  const unit = [mailInput(first), { ...mailInput(second), path: '/mails/second.patch' }];
  expect(shown(locksOf(unit, 1, all, world, options, neverCancelled), lineOf(second, '+\tdemo->asked'))).toEqual([
    'after: demo->lock caller all ',
  ]);
});

test('a function with too many states says so and names no lock', () => {
  const lines = Array.from({ length: 14 }, (_, n) => `\tif (demo->flag${String(n)})\n\t\tmutex_lock(&demo->lock${String(n)});\n`);
  const report = locksOf(
    [sourceInput(`void demo_all(struct demo *demo)\n{\n${lines.join('')}}\n`)],
    0,
    all,
    outside,
    options,
    neverCancelled,
  );
  expect(report.functions[0]?.lines).toEqual([]);
  expect(report.functions[0]?.unknown.join()).toContain('too many states');
});

test('it ends when it is cancelled', () => {
  expect(() => locksOf([mailInput(mail)], 0, all, outside, options, { cancelled: true })).toThrow(Cancelled);
});

test('a mail without code has no functions', () => {
  expect(locksOf([mailInput('From: a@example.org\nSubject: Hello\n\nNothing.\n')], 0, all, outside, options, neverCancelled)).toEqual({
    functions: [],
  });
});
