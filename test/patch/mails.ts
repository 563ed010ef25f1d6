// Mails of our own for the tests of quotes, remarks, threads and series.

import { parseMessage } from '../../server/src/core/patch/message.ts';
import type { Message, PlacedLine } from '../../server/src/core/patch/types.ts';

const outside = { decode: (bytes: Uint8Array, charset: string) => new TextDecoder(charset).decode(bytes) };

/** Body lines as they stand in a file that begins with them. */
export function body(text: string): PlacedLine[] {
  return text.split('\n').map((line, index) => ({ text: line, place: { line: index + 1, column: 1, exact: true } }));
}

export interface MailParts {
  readonly id: string;
  readonly subject: string;
  readonly from?: string;
  readonly date?: string;
  readonly inReplyTo?: string;
  readonly references?: readonly string[];
  readonly text: string;
}

/** A parsed mail. Its body begins at line 20 of its file. */
export function mail(parts: MailParts): Message {
  const head = [
    `From: ${parts.from ?? 'Ann Bee <ann@example.org>'}`,
    `Date: ${parts.date ?? 'Mon, 1 Mar 2021 10:00:00 +0000'}`,
    `Subject: ${parts.subject}`,
    `Message-ID: <${parts.id}>`,
    ...(parts.inReplyTo === undefined ? [] : [`In-Reply-To: <${parts.inReplyTo}>`]),
    ...(parts.references === undefined ? [] : [`References: ${parts.references.map((id) => `<${id}>`).join(' ')}`]),
  ];
  while (head.length < 18) head.push(`X-Filler: ${String(head.length)}`);
  return parseMessage(new TextEncoder().encode(`${head.join('\n')}\n\n${parts.text}`), { path: `${parts.id}.eml`, startLine: 1 }, outside);
}

/** A patch of ours: two hunks of one file. */
export const PATCH = `The crate keeps its lock too long.

Give it back before the callback, and say so.

Signed-off-by: Ann Bee <ann@example.org>
---
 drivers/crate/core.c | 6 +++++-
 1 file changed, 5 insertions(+), 1 deletion(-)

diff --git a/drivers/crate/core.c b/drivers/crate/core.c
index 1111111..2222222 100644
--- a/drivers/crate/core.c
+++ b/drivers/crate/core.c
@@ -10,7 +10,8 @@ static int crate_open(struct crate *crate)
 	int ret;
 
 	mutex_lock(&crate->lock);
-	ret = crate->ops->open(crate);
+	ret = crate->ops->open(crate, 0);
+	crate->users++;
 	mutex_unlock(&crate->lock);
 
 	return ret;
@@ -40,6 +41,9 @@ static void crate_close(struct crate *crate)
 {
 	mutex_lock(&crate->lock);
 	crate->users--;
+	if (!crate->users)
+		crate_empty(crate);
+
 	mutex_unlock(&crate->lock);
 }
 
-- 
2.30.0
`;

/** The lines of a text with a mark before each, as a mailer quotes them. */
export function quote(text: string, mark = '> '): string {
  return text
    .split('\n')
    .map((line) => `${mark}${line}`)
    .join('\n');
}
