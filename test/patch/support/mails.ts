// Mails and patches of our own making for the tests of this folder.

import { createHash } from 'node:crypto';
import { bytesOf, encodeUtf8 } from '../../../server/src/core/patch/bytes.ts';
import { parseMessage } from '../../../server/src/core/patch/message.ts';
import type { Message } from '../../../server/src/core/patch/types.ts';

/** An outside without a tree. */
export const outside = {
  hasTree: false,
  readTree: (): Uint8Array | null => null,
  readBlob: (): Uint8Array | null => null,
  sha1: (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex'),
  decode(bytes: Uint8Array, charset: string): string | null {
    try {
      return new TextDecoder(charset).decode(bytes);
    } catch {
      return null;
    }
  },
};

/** An outside with a tree of byte strings by path, and blobs by id. */
export function treeOf(files: Readonly<Record<string, string>>, blobs: Readonly<Record<string, string>> = {}): typeof outside {
  const find = (from: Readonly<Record<string, string>>, key: string): Uint8Array | null => {
    const text = Object.hasOwn(from, key) ? from[key] : undefined;
    return text === undefined ? null : bytesOf(text);
  };
  return {
    ...outside,
    hasTree: true,
    readTree: (path?: string) => find(files, path ?? ''),
    readBlob: (id?: string) => find(blobs, id ?? ''),
  };
}

/** Reads a mail given as a text (in UTF-8) or as a byte string. */
export function readMail(text: string, as: 'text' | 'bytes' = 'text'): Message {
  const bytes = bytesOf(as === 'text' ? encodeUtf8(text) : text);
  return parseMessage(bytes, { path: 'mail.eml', startLine: 1 }, outside);
}

/** A small change of a driver, as a git diff. */
export const DIFF = `diff --git a/drivers/iommu/sample.c b/drivers/iommu/sample.c
index 1a2b3c4d5e6f..0f1e2d3c4b5a 100644
--- a/drivers/iommu/sample.c
+++ b/drivers/iommu/sample.c
@@ -10,7 +10,8 @@ static int sample_attach(struct sample_domain *dom)
 	int ret;
 
 	mutex_lock(&dom->lock);
-	ret = sample_enable(dom);
+	dom->users++;
+	ret = sample_enable(dom, true);
 	mutex_unlock(&dom->lock);
 
 	return ret;
`;

/** A patch mail around a diff. */
export function patchMail(diff = DIFF, headers = ''): string {
  return `From: Ada Sample <ada@example.org>
Date: Tue, 3 Mar 2020 10:20:30 +0200
Subject: [PATCH v2 1/3] iommu/sample: Count users
Message-ID: <20200303-count-users@example.org>
${headers}
Count the users of a domain, so that it is only
torn down when the last one leaves.

Signed-off-by: Ada Sample <ada@example.org>
---
 drivers/iommu/sample.c | 3 ++-
 1 file changed, 2 insertions(+), 1 deletion(-)

${diff}-- 
2.25.1
`;
}
