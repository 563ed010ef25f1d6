// Mails for tests of the command line.

/** A patch that adds a return under a mutex that the hunk shows being taken. */
export const heldAtReturn = `From: Ada Lindqvist <ada@example.org>
Subject: [PATCH] iommu: Refuse to lend a group twice
Date: Mon, 2 Sep 2024 10:00:00 +0200
Message-ID: <lend-twice@example.org>

A group can be lent once.

Signed-off-by: Ada Lindqvist <ada@example.org>
---
 drivers/iommu/lend.c | 2 ++
 1 file changed, 2 insertions(+)

diff --git a/drivers/iommu/lend.c b/drivers/iommu/lend.c
index 1111111..2222222 100644
--- a/drivers/iommu/lend.c
+++ b/drivers/iommu/lend.c
@@ -10,6 +10,8 @@ int demo_lend(struct iommu_group *group, void *borrower)
 {
 	mutex_lock(&group->mutex);
+	if (group->lent)
+		return -EBUSY;
 	group->lent = borrower;
 	mutex_unlock(&group->mutex);
 	return 0;
 }
-- 
2.45.2
`;

/** The same change done right: nothing to report. */
export const clean = heldAtReturn
  .replace('+\t\treturn -EBUSY;\n', '+\t\tgoto unlock;\n')
  .replace(' \tgroup->lent = borrower;\n', ' \tgroup->lent = borrower;\n+unlock:\n')
  .replace('@@ -10,6 +10,8 @@', '@@ -10,6 +10,9 @@');

/** The first part of a patch, cut off inside its hunk. */
export const truncated = heldAtReturn.slice(0, heldAtReturn.indexOf('return -EBUSY'));

export const cover = `From: Ada Lindqvist <ada@example.org>
Subject: [PATCH 0/2] iommu: Lend groups
Date: Mon, 2 Sep 2024 10:00:00 +0200
Message-ID: <lend-0@example.org>

Two patches follow.
`;
