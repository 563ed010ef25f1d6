// What a later patch of a series does to the findings of an earlier one.

import { expect, test } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { outside } from '../rules/review.ts';
import { seriesOf } from './seriesMails.ts';

const options = { era: 'v6.12', rulesOn: [], rulesOff: [], model: false };

const create = `diff --git a/drivers/iommu/demo.c b/drivers/iommu/demo.c
--- a/drivers/iommu/demo.c
+++ b/drivers/iommu/demo.c
@@ -40,3 +40,16 @@ static void demo_first(void)
 {
 }
 
+int demo_lend(struct demo *demo, u32 *id)
+{
+	int ret;
+
+	spin_lock(&demo->lock);
+	demo->lent++;
+	demo->last = NULL;
+	ret = xa_alloc(&demo->ids, id, demo,
+		       XA_LIMIT(1, 9), GFP_KERNEL);
+	spin_unlock(&demo->lock);
+	return ret;
+}
+
`;

/** The hunks do not show the call that sleeps. */
function relock(heading: string, taken: string): string {
  return `diff --git a/drivers/iommu/demo.c b/drivers/iommu/demo.c
--- a/drivers/iommu/demo.c
+++ b/drivers/iommu/demo.c
@@ -44,5 +44,5 @@ ${heading}
 {
 	int ret;
 
-	spin_lock(&demo->lock);
+	${taken};
 	demo->lent++;
`;
}

function said(diffs: readonly string[]): string[] {
  const { findings } = reviewUnit(seriesOf(diffs), outside, options, neverCancelled);
  return findings
    .filter((one) => one.rule === 'sleep-in-atomic')
    .map((one) => `${one.severity} ${one.introducedIn ?? ''} ${one.fixedIn ?? 'stays'}`);
}

const own = 'int demo_lend(struct demo *demo, u32 *id)';

test('A spinning lock that a later patch makes a mutex is mended there, though its hunk does not show the call', () => {
  expect(said([create, relock(own, 'mutex_lock(&demo->lock)')])).toEqual(['info 1/2 2/2']);
});

test.each([
  ['the lock spins on', relock(own, 'spin_lock_irq(&demo->lock)')],
  ['another lock sleeps', relock(own, 'mutex_lock(&demo->mutex)')],
  ['another function takes it', relock('int demo_reclaim(struct demo *demo)', 'mutex_lock(&demo->lock)')],
])('It stays where %s', (_title, later) => {
  expect(said([create, later])).toEqual(['error 1/2 stays']);
});

test('An earlier patch mends nothing', () => {
  expect(said([relock(own, 'mutex_lock(&demo->lock)'), create])).toEqual(['error 2/2 stays']);
});
