// An order of locks that a patch makes, against the files of the tree beside the one that it changes.

import { describe, expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { worldOf } from './treeWorld.ts';

const opposite = `void demo_del(struct demo *demo)
{
	mutex_lock(&demo->list_lock);
	mutex_lock(&demo->state_lock);
	mutex_unlock(&demo->state_lock);
	mutex_unlock(&demo->list_lock);
}
`;
const base = 'int first;\nint second;\nint third;\n';
const patch = `From: A Developer <dev@example.org>
Subject: [PATCH] demo: Add members
Message-ID: <1@example.org>
Date: Mon, 6 Jan 2025 10:00:00 +0000

Members are added under both locks.

Signed-off-by: A Developer <dev@example.org>
---
 drivers/iommu/demo.c | 7 +++++++
 1 file changed, 7 insertions(+)

diff --git a/drivers/iommu/demo.c b/drivers/iommu/demo.c
--- a/drivers/iommu/demo.c
+++ b/drivers/iommu/demo.c
@@ -1,3 +1,10 @@
+void demo_add(struct demo *demo)
+{
+	mutex_lock(&demo->state_lock);
+	mutex_lock(&demo->list_lock);
+	mutex_unlock(&demo->list_lock);
+	mutex_unlock(&demo->state_lock);
+}
 int first;
 int second;
 int third;
--
2.40.0
`;

/** Messages of the rule about a patch on a tree that has these files beside the changed one. */
function messages(others: Readonly<Record<string, string>>): string[] {
  const unit = { kind: 'mail', path: 'a.eml', startLine: 1, bytes: new TextEncoder().encode(patch) } as const;
  const report = reviewUnit(
    [unit],
    worldOf({ 'drivers/iommu/demo.c': base, ...others }),
    { era: 'v6.12', rulesOn: [], rulesOff: [], model: false },
    neverCancelled,
  );
  return report.findings.flatMap((one) => (one.rule === 'lock-order-inversion' ? [`${one.status}: ${one.message}`] : []));
}

describe('an order that a patch makes', () => {
  it('is held against the other files of the folder', () => {
    expect(messages({ 'drivers/iommu/other.c': opposite })).toEqual([
      'introduced: demo_add() takes demo.list_lock while it holds demo.state_lock, and demo_del() in drivers/iommu/other.c takes them in the opposite order',
    ]);
  });

  it('is right where they use the same order, or other locks, or stand elsewhere', () => {
    const same = opposite.replaceAll('list_lock', 'x').replaceAll('state_lock', 'list_lock').replaceAll('x)', 'state_lock)');
    expect(messages({ 'drivers/iommu/other.c': same })).toEqual([]);
    expect(messages({ 'drivers/iommu/other.c': opposite.replaceAll('struct demo', 'struct other') })).toEqual([]);
    expect(messages({ 'drivers/net/other.c': opposite })).toEqual([]);
  });
});
