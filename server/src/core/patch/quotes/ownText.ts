// What the own lines of a message are: lines of its patch, of its prose, or of a diff that a reply proposes.

import type { Message } from '../types.ts';
import { ByteLine, type Origin } from '../byteLine.ts';
import { encodeUtf8 } from '../bytes.ts';
import { parseDiff } from '../diff/diff.ts';
import type { LineAnchor } from './quoteAnchors.ts';
import { anchorLines } from './quoteAnchors.ts';
import type { QuoteLayout } from './quoteLayout.ts';

/**
 * For each line of the body what of the message's own text it is; null for quotes, and for a reply's words that are no diff.
 * The lines of a cover letter or of any other first mail of a thread count as its message, from its first line with text.
 */
export function anchorOwnText(message: Message, layout: QuoteLayout): readonly (LineAnchor | null)[] {
  const texts = message.body.map((line) => line.text);
  if (message.kind === 'reply') return anchorProposal(layout);
  if (message.patch !== null) return anchorLines(texts, message.patch);
  const first = texts.findIndex((text) => text.trim() !== '');
  return layout.lines.map((line, index) => {
    const own = index >= first && line.depth === 0 && line.role !== 'dress';
    return own ? { kind: 'message', line: index - first + 1 } : null;
  });
}

/** A diff among a reply's own lines: others will quote it and comment on its lines. */
function anchorProposal(layout: QuoteLayout): readonly (LineAnchor | null)[] {
  const anchors: (LineAnchor | null)[] = layout.lines.map(() => null);
  const start = layout.lines.findIndex((line) => line.depth === 0 && /^(?:diff --git |@@ -\d)/.test(line.text));
  if (start < 0) return anchors;
  const own = layout.lines
    .map((line, index) => ({ text: line.text, depth: line.depth, index }))
    .filter((line) => line.depth === 0 && line.index >= start);
  const reading = parseDiff(
    own.map((line) => new ByteLine(encodeUtf8(line.text), true, NOWHERE)),
    { repair: true },
  );
  anchorLines(
    own.map((line) => line.text),
    { commitMessage: [], files: reading.files },
  ).forEach((anchor, at) => {
    const line = own[at];
    if (line) anchors[line.index] = anchor;
  });
  return anchors;
}

/** For lines whose places nobody asks for. */
const NOWHERE: Origin = {
  place: () => ({ line: 1, column: 1, exact: false }),
  shifted: () => NOWHERE,
};
