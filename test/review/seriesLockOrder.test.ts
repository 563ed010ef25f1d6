// Orders of locks that only the patches of a series together show.

import { describe, expect, test } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import type { Outside } from '../../server/src/core/base/outside.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import type { Finding } from '../../server/src/protocol/finding.ts';
import { outside } from '../rules/review.ts';
import { seriesOf } from './seriesMails.ts';

const options = { era: 'v6.12', rulesOn: [], rulesOff: [], model: false };

/** A world with a tree that has nothing but some files. */
function treeOf(files: Readonly<Record<string, string>>): Outside {
  const bytes = (path: string): Uint8Array | null => (files[path] === undefined ? null : new TextEncoder().encode(files[path]));
  const world: Outside = { ...outside, readTree: bytes, hasTree: true, near: () => world };
  return world;
}

function found(diffs: readonly string[]): Finding[] {
  const { findings } = reviewUnit(seriesOf(diffs), outside, options, neverCancelled);
  return findings.filter((one) => one.rule === 'lock-order-inversion');
}

function said(diffs: readonly string[]): string[] {
  return found(diffs).map((one) => `${one.introducedIn ?? ''} ${one.severity}: ${one.message} | ${one.text.trim()}`);
}

/** A patch of one file with hunks. */
function patch(file: string, ...hunks: readonly string[]): string {
  return `diff --git a/${file} b/${file}\n--- a/${file}\n+++ b/${file}\n${hunks.join('')}`;
}

/** A hunk that adds lines behind three lines of its own; `at` is the first of them. */
function added(at: number, moved: number, lines: readonly string[]): string {
  const context = [1, 2, 3].map((line) => ` #define DEMO_${String(at)}_${String(line)} ${String(line)}\n`).join('');
  return `@@ -${String(at)},3 +${String(at + moved)},${String(3 + lines.length)} @@\n${context}${lines.map((line) => `+${line}\n`).join('')}`;
}

function taking(name: string, outer: string, inner: string): string[] {
  return [
    `static void ${name}(void)`,
    '{',
    `\tmutex_lock(&${outer});`,
    `\tmutex_lock(&${inner});`,
    '\tdemo_count++;',
    `\tmutex_unlock(&${inner});`,
    `\tmutex_unlock(&${outer});`,
    '}',
    '',
  ];
}

const file = 'drivers/iommu/demo.c';
const add = patch(file, added(100, 0, taking('demo_add', 'demo_list_lock', 'demo_state_lock')));
const remove = patch(file, added(300, 9, taking('demo_remove', 'demo_state_lock', 'demo_list_lock')));
const opposite =
  '2/2 warning: demo_remove() takes demo_list_lock while it holds demo_state_lock, and demo_add() of patch 1/2 takes them in the opposite order';

describe('an order of one patch and the opposite one of another', () => {
  test('is told at the later of them', () => {
    expect(said([add, remove])).toEqual([`${opposite} | mutex_lock(&demo_list_lock);`]);
  });

  test('is told in the mail of that patch, with the places in the other mail', () => {
    const [finding] = found([add, remove]);
    expect(finding?.mail).toMatchObject({ path: '/mails/2.patch', line: 22 });
    expect(finding?.related.map((one) => [one.mail?.path, one.mail?.line, one.message])).toEqual([
      ['/mails/2.patch', 21, 'demo_remove() takes demo_state_lock here'],
      ['/mails/2.patch', 22, 'demo_list_lock is taken here'],
      ['/mails/1.patch', 19, 'demo_add() takes demo_list_lock here, in patch 1/2'],
      ['/mails/1.patch', 20, 'demo_state_lock is taken here, in patch 1/2'],
    ]);
  });

  test('is of both: neither patch alone shows it, and the order of the mails does not matter', () => {
    const mails = seriesOf([add, remove]);
    const rules = (unit: typeof mails): string[] => reviewUnit(unit, outside, options, neverCancelled).findings.map((one) => one.rule);
    for (const one of mails) expect(rules([one])).not.toContain('lock-order-inversion');
    expect(rules([...mails].reverse())).toContain('lock-order-inversion');
  });

  test('may stand in another file', () => {
    const other = patch('drivers/iommu/other.c', added(300, 0, taking('demo_remove', 'demo_state_lock', 'demo_list_lock')));
    expect(said([add, other])).toEqual([`${opposite} | mutex_lock(&demo_list_lock);`]);
  });

  test('may stand in another file where there is a tree', () => {
    const other = patch('drivers/iommu/other.c', added(300, 0, taking('demo_remove', 'demo_state_lock', 'demo_list_lock')));
    const lines = (at: number): string =>
      '\n'.repeat(at - 1) + [1, 2, 3].map((line) => `#define DEMO_${String(at)}_${String(line)} ${String(line)}\n`).join('');
    const world = treeOf({ [file]: lines(100), 'drivers/iommu/other.c': lines(300) });
    const { findings, inputs } = reviewUnit(seriesOf([add, other]), world, options, neverCancelled);
    expect(inputs.map((one) => one.depth)).toEqual(['file', 'file']);
    expect(findings.filter((one) => one.rule === 'lock-order-inversion').map((one) => one.message)).toEqual([
      opposite.slice('2/2 warning: '.length),
    ]);
  });

  test('is right where both hold a third lock', () => {
    const under = (diff: string): string =>
      diff
        .replace(/^(@@ .*,)(\d+) @@$/m, (_, head: string, count: string) => `${head}${String(Number(count) + 2)} @@`)
        .replace('+{\n', '+{\n+\tmutex_lock(&demo_lock);\n')
        .replace('+}\n', '+\tmutex_unlock(&demo_lock);\n+}\n');
    expect(said([under(add), under(remove)])).toEqual([]);
  });
});

describe('what a later patch does', () => {
  const start = 103;

  test('an order that is turned round is told no more', () => {
    const turned = patch(
      file,
      `@@ -${String(start)},5 +${String(start)},5 @@ static void demo_add(void)\n static void demo_add(void)\n {\n-\tmutex_lock(&demo_list_lock);\n \tmutex_lock(&demo_state_lock);\n+\tmutex_lock(&demo_list_lock);\n \tdemo_count++;\n`,
    );
    expect(said([add, turned, remove])).toEqual([]);
    expect(said([add, remove, turned])).toEqual([]);
  });

  test('an order that is deleted is told no more', () => {
    const lines = taking('demo_add', 'demo_list_lock', 'demo_state_lock');
    const deleted = patch(file, `@@ -${String(start)},9 +${String(start)},0 @@\n${lines.map((line) => `-${line}\n`).join('')}`);
    expect(said([add, remove, deleted])).toEqual([]);
  });

  test('an order comes to be by a release that is taken away', () => {
    const apart = taking('demo_add', 'demo_list_lock', 'demo_state_lock')
      .toSpliced(3, 0, '\tmutex_unlock(&demo_list_lock);')
      .toSpliced(7, 1);
    const joined = patch(
      file,
      `@@ -${String(start)},9 +${String(start)},9 @@ static void demo_add(void)\n static void demo_add(void)\n {\n \tmutex_lock(&demo_list_lock);\n-\tmutex_unlock(&demo_list_lock);\n \tmutex_lock(&demo_state_lock);\n \tdemo_count++;\n \tmutex_unlock(&demo_state_lock);\n+\tmutex_unlock(&demo_list_lock);\n }\n \n`,
    );
    expect(said([patch(file, added(100, 0, apart)), remove, joined])).toEqual([
      '3/3 warning: demo_add() takes demo_state_lock while it holds demo_list_lock, and demo_remove() of patch 2/3 takes them in the opposite order | mutex_lock(&demo_state_lock);',
    ]);
  });
});

describe('an order that two patches make together', () => {
  const locked = patch(
    file,
    added(100, 0, [
      'static void demo_put_locked(struct demo *demo)',
      '{',
      '\tdemo->users--;',
      '\tdemo->last = NULL;',
      '\tdemo->first = NULL;',
      '}',
      '',
      'static void demo_put(struct demo *demo)',
      '{',
      '\tspin_lock(&demo_lock);',
      '\tdemo_put_locked(demo);',
      '\tspin_unlock(&demo_lock);',
      '}',
      '',
    ]),
  );
  const register = added(300, 14, [
    'static void demo_register(struct demo *demo)',
    '{',
    '\tspin_lock(&demo_event_lock);',
    '\tspin_lock(&demo_lock);',
    '\tdemo->users++;',
    '\tspin_unlock(&demo_lock);',
    '\tspin_unlock(&demo_event_lock);',
    '}',
    '',
  ]);
  const events =
    '@@ -104,4 +104,7 @@ static void demo_put_locked(struct demo *demo)\n {\n \tdemo->users--;\n \tdemo->last = NULL;\n+\tspin_lock(&demo_event_lock);\n+\tdemo->events = 0;\n+\tspin_unlock(&demo_event_lock);\n \tdemo->first = NULL;\n';

  test('by a call of one and the called function of the other', () => {
    expect(said([locked, patch(file, events), patch(file, register.replace('+314', '+317').replace('-300', '-303'))])).toEqual([
      '3/3 warning: demo_register() takes demo_lock while it holds demo_event_lock, and demo_put() of patch 1/3 takes them in the opposite order | spin_lock(&demo_lock);',
    ]);
  });

  test('is told in the called function where that is what closes the circle', () => {
    expect(said([locked, patch(file, register), patch(file, events)])).toEqual([
      '3/3 warning: demo_put() takes demo_event_lock while it holds demo_lock, and demo_register() of patch 2/3 takes them in the opposite order | spin_lock(&demo_event_lock);',
    ]);
  });
});

describe('what is not of the series', () => {
  const context = (diff: string): string =>
    diff.replace(/^\+(?!\+\+ )/gm, ' ').replace(/^@@ -(\d+),\d+ \+(\d+),(\d+) @@/m, '@@ -$1,$3 +$1,$3 @@');
  const with1 = (diff: string): string =>
    diff.replace(
      /^@@ -(\d+),(\d+) \+(\d+),\d+ @@\n/m,
      (_, a: string, n: string) => `@@ -${a},${n} +${a},${String(Number(n) + 1)} @@\n+int demo_${a};\n`,
    );

  test('two orders that were there before are not told', () => {
    expect(said([with1(context(add)), with1(context(remove))])).toEqual([]);
  });

  test('an order that was there before counts, in whatever mail it is seen', () => {
    const later = with1(context(remove)).replace('-300', '-309').replace('+300', '+309');
    expect(said([add, later])).toEqual([
      '1/2 warning: demo_add() takes demo_state_lock while it holds demo_list_lock, and demo_remove() of patch 2/2 takes them in the opposite order | mutex_lock(&demo_state_lock);',
    ]);
  });

  test('a patch that is not at hand makes a note of it', () => {
    const index = (diff: string, ids: string): string => diff.replace('\n---', `\nindex ${ids} 100644\n---`);
    expect(said([index(add, 'aaaaaaa..bbbbbbb'), index(remove, 'bbbbbbb..ccccccc')])).toEqual([expect.stringContaining('warning')]);
    const [gone] = found([index(add, 'aaaaaaa..bbbbbbb'), index(remove, 'ddddddd..ccccccc')]);
    expect(gone?.severity).toBe('info');
    expect(gone?.assumptions).toEqual([`the patches of the series that are not at hand leave these functions of ${file} as they are`]);
  });
});
