// What a patch mends, where only the lock operations that it adds tell what was wrong before.

import { expect, test } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { outside } from '../rules/review.ts';
import { seriesOf } from './seriesMails.ts';

const options = { era: 'v6.12', rulesOn: [], rulesOff: [], model: false };

/** A patch of one file by its hunks. */
function patch(...hunks: readonly string[]): string {
  return [
    'diff --git a/drivers/iommu/demo.c b/drivers/iommu/demo.c',
    '--- a/drivers/iommu/demo.c',
    '+++ b/drivers/iommu/demo.c',
    ...hunks,
    '',
  ].join('\n');
}

/** `RULE: MESSAGE` of all that the patch mends about locks, and `new` before what it introduces. */
function said(diff: string): string[] {
  const { findings } = reviewUnit(seriesOf([diff]), outside, options, neverCancelled);
  return findings
    .filter((one) => one.category === 'locking')
    .map((one) => `${one.status === 'fixed' ? '' : `${one.status} `}${one.rule}: ${one.message}`);
}

const show = `@@ -501,6 +501,7 @@ static ssize_t demo_show(struct iommu_group *group, char *buf)
 {
 	char *name = "none";
 
+	mutex_lock(&group->mutex);
 	if (group->default_domain)
 		name = demo_name(group);
 	demo_note(name);
@@ -510,4 +511,5 @@ static ssize_t demo_show(struct iommu_group *group, char *buf)
 	demo_end(name);
+	mutex_unlock(&group->mutex);
 	strcpy(buf, name);
 	return strlen(name);
 }`;

const tested = 'field-without-its-lock: group->default_domain is tested without group->mutex, so it may change before it is used';

test('Where a patch takes the lock of a guarded field for its test, nobody held it before', () => {
  expect(said(patch(show))).toEqual([tested]);
});

test('A lock that has moved from the caller was held all the time', () => {
  const caller = `@@ -600,9 +602,7 @@ static void demo_report(struct iommu_group *group)
 	char buf[16];
 
 	demo_begin(group);
-	mutex_lock(&group->mutex);
 	demo_show(group, buf);
-	mutex_unlock(&group->mutex);
 	demo_print(buf);
 }`;
  expect(said(patch(show, caller))).toEqual([]);
});

test('A field that is read elsewhere in the function without the lock that the patch adds is not mended by it', () => {
  const again = show.replace(' 	demo_end(name);', ' 	demo_end(name);\n 	demo_wait(group);').replace('-510,4 +511,5', '-510,5 +511,6');
  const before = again
    .replace('+	mutex_lock', ' 	if (group->default_domain)\n 		demo_warn(group);\n+	mutex_lock')
    .replace('-501,6 +501,7', '-501,8 +501,9');
  expect(said(patch(before)).filter((one) => one === tested)).toEqual([]);
});

/** Lines of one hunk in a function that takes its lock where nobody sees it. */
function hunk(sizes: string, lines: readonly string[]): string {
  return [`@@ ${sizes} @@ static int demo_probe(struct demo *demo)`, ...lines].join('\n');
}

const left = 'lock-held-at-return: demo->lock is still held at this return: the patch gives it back on the way here';

test('Where a patch gives a lock back before a return that it leaves alone, the lock was held there', () => {
  const diff = patch(
    hunk('-80,6 +80,7', [
      ' 	if (!demo->node) {',
      ' 		ret = demo_start(demo);',
      '+		mutex_unlock(&demo->lock);',
      ' 		if (ret)',
      ' 			return ret;',
      ' 	}',
      ' 	demo->started = true;',
    ]),
  );
  expect(said(diff)).toEqual([left]);
});

test.each([
  [
    'which stood behind the return',
    hunk('-80,6 +80,6', [
      ' 	if (!demo->node)',
      ' 		demo_start(demo);',
      '+	mutex_unlock(&demo->lock);',
      ' 	if (!demo->ready)',
      ' 		return -ENODEV;',
      '-	mutex_unlock(&demo->lock);',
      ' 	demo->started = true;',
    ]),
  ],
  [
    'which it takes in a hunk before',
    `${hunk('-70,3 +70,4', [' 	demo->ready = false;', '+	mutex_lock(&demo->lock);', ' 	demo_prepare(demo);', ' 	demo->count++;'])}
${hunk('-80,4 +81,5', [' 	ret = demo_start(demo);', '+	mutex_unlock(&demo->lock);', ' 	if (ret)', ' 		return ret;', ' 	demo->started = true;'])}`,
  ],
  [
    'and changes the return as well',
    hunk('-80,4 +80,5', [
      ' 	ret = demo_start(demo);',
      ' 	if (ret) {',
      '+		mutex_unlock(&demo->lock);',
      '-		return -ENODEV;',
      '+		return ret;',
      ' 	}',
    ]),
  ],
])('A release tells nothing of the code before it %s', (_title, hunks) => {
  expect(said(patch(hunks))).toEqual([]);
});

const may = (call: string, form: string): string =>
  `sleep-in-atomic: ${call} may sleep, and all that the patch does is to exchange it for ${form}`;

test.each([
  [
    'a flag of the caller',
    'ret = demo_map(demo, prot, GFP_KERNEL);',
    'ret = demo_map(demo, prot, gfp);',
    may('demo_map(GFP_KERNEL)', 'gfp'),
  ],
  [
    'the form for atomic context',
    'ret = demo_map(demo, prot);',
    'ret = demo_map_atomic(demo, prot);',
    may('demo_map()', 'demo_map_atomic()'),
  ],
])('A patch that does nothing but give a call %s says that it must not sleep', (_title, from, to, message) => {
  expect(said(patch(hunk('-80,3 +80,3', [' 	demo->count++;', `-	${from}`, `+	${to}`, ' 	return ret;'])))).toEqual([message]);
});

test.each([
  [
    'takes a lock as well',
    ['+	spin_lock(&demo->lock);', '-	ret = demo_map(demo, GFP_KERNEL);', '+	ret = demo_map(demo, GFP_ATOMIC);', '+	spin_unlock(&demo->lock);'],
  ],
  ['gives the call another argument', ['-	ret = demo_map(demo, GFP_KERNEL);', '+	ret = demo_map(node, GFP_ATOMIC);']],
  ['lets the call wait', ['-	ret = demo_map(demo, GFP_ATOMIC);', '+	ret = demo_map(demo, GFP_KERNEL);']],
])('A patch that %s says nothing of the kind', (_title, lines) => {
  const added = lines.filter((line) => line.startsWith('+')).length;
  const sizes = `-80,${String(2 + lines.length - added)} +80,${String(2 + added)}`;
  expect(said(patch(hunk(sizes, [' 	demo->count++;', ...lines, ' 	return ret;'])))).toEqual([]);
});

/** The same hunks the other way round. */
function reversed(...hunks: readonly string[]): string {
  return patch(
    ...hunks.map((one) =>
      one
        .replace(/^@@ -(\S+) \+(\S+) @@/gmu, '@@ -$2 +$1 @@')
        .split('\n')
        .map((line) => line.replace(/^[-+]/u, (sign) => (sign === '+' ? '-' : '+')))
        .join('\n'),
    ),
  );
}

test('Where a patch drops the lock of a guarded field around its test, its callers still do not hold it', () => {
  expect(said(reversed(show))).toEqual([`introduced ${tested}`]);
});

const asserting = show
  .replace('+	mutex_lock', '-	lockdep_assert_held(&group->mutex);\n+	mutex_lock')
  .replace('-501,6 +501,7', '-501,7 +501,7');

test.each([
  [
    'the caller takes it',
    [
      show,
      '@@ -600,3 +602,1 @@ static void demo_report(struct iommu_group *group)\n-	mutex_lock(&group->mutex);\n 	demo_show(group, buf);\n-	mutex_unlock(&group->mutex);',
    ],
  ],
  [
    'the patch calls the function elsewhere',
    [show, '@@ -600,2 +602,1 @@ static void demo_report(struct iommu_group *group)\n 	demo_begin(group);\n-	demo_show(group, buf);'],
  ],
  ['the function asserts that it is held', [asserting]],
])('A patch that drops the lock says nothing where %s', (_title, hunks) => {
  expect(said(reversed(...hunks)).filter((one) => one.includes(tested))).toEqual([]);
});
