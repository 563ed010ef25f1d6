// Findings that are one defect at several places.

import { expect, test } from 'vitest';
import type { Finding } from '../../server/src/protocol/finding.ts';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { outside } from '../rules/review.ts';
import { seriesOf } from './seriesMails.ts';

const options = { era: 'v6.12', rulesOn: [], rulesOff: [], model: false };

function source(returns: readonly string[]): string {
  const tests = returns.flatMap((value, index) => [`\tif (type == ${String(index + 1)})`, `\t\treturn ${value};`]);
  return [
    'static int demo_set(struct demo *demo, int type)',
    '{',
    '\tmutex_lock(&demo->lock);',
    ...tests,
    '\tdemo->type = type;',
    '\tmutex_unlock(&demo->lock);',
    '\treturn 0;',
    '}',
    '',
  ].join('\n');
}

function reviewed(text: string): readonly Finding[] {
  const path = 'drivers/iommu/demo.c';
  const unit = [{ kind: 'source', path, treePath: path, bytes: new TextEncoder().encode(text) }] as const;
  return reviewUnit(unit, outside, options, neverCancelled).findings.filter((one) => one.rule === 'lock-held-at-return');
}

test('It has one identity, however many places it has', () => {
  const [one, two, three] = [['-EBUSY'], ['-EBUSY', '-EINVAL'], ['-EBUSY', '-EINVAL', '-EPERM']].map((returns) =>
    reviewed(source(returns)),
  );
  expect([one?.length, two?.length, three?.length]).toEqual([1, 1, 1]);
  expect(new Set([one, two, three].map((found) => found?.[0]?.fingerprint)).size).toBe(1);
});

test('Its evidence has the way to each place, once', () => {
  const [found] = reviewed(source(['-EBUSY', '-EINVAL']));
  expect(found?.related.map((place) => `${String(place.location?.line)} ${place.message}`)).toEqual([
    '3 demo->lock is taken here',
    '4 type == 1',
    '5 returns with the lock held',
    '4 type != 1',
    '6 type == 2',
    '7 returns with the lock held',
  ]);
});

test('A return that a patch adds is not joined to one that was there', () => {
  const diff = `diff --git a/drivers/iommu/demo.c b/drivers/iommu/demo.c
--- a/drivers/iommu/demo.c
+++ b/drivers/iommu/demo.c
@@ -1,8 +1,10 @@
 static int demo_set(struct demo *demo, int type)
 {
 	mutex_lock(&demo->lock);
 	if (type == 1)
 		return -EBUSY;
+	if (type == 2)
+		return -EINVAL;
 	demo->type = type;
 	mutex_unlock(&demo->lock);
 	return 0;
`;
  const { findings } = reviewUnit(seriesOf([diff]), outside, options, neverCancelled);
  expect(findings.filter((one) => one.rule === 'lock-held-at-return').map((one) => `${one.status} ${one.text.trim()}`)).toEqual([
    'pre-existing return -EBUSY;',
    'introduced return -EINVAL;',
  ]);
});
