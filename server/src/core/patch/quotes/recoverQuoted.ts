// A reply as one message sees it: the patch that it quotes, and the remarks on it.

import type { Patch, PlacedLine, Remark } from '../types.ts';
import { layOutQuotes } from './quoteLayout.ts';
import { recoverPatch } from './quotedPatch.ts';
import { ownRemarks } from './remarks.ts';
import { readSubject } from '../mail/tag.ts';

export interface Recovered {
  /** The patch in the quotes, or what is quoted of its commit message; null where neither is quoted. */
  readonly quoted: Patch | null;
  readonly remarks: readonly Remark[];
}

/**
 * Reads the quotes of a decoded body: what is quoted of a patch, with places in the opened file, and the author's remarks, each with the
 * line of that quote that it follows. `subject` is the message's raw subject, `author` its author's name; either can be null.
 * A body that quotes nothing gives no remarks: its words are not about anybody's lines.
 */
export function recoverQuoted(body: readonly PlacedLine[], subject: string | null, author: string | null): Recovered {
  const layout = layOutQuotes(body, author);
  if (layout.marks === 'none') return { quoted: null, remarks: [] };
  const { title } = readSubject(subject);
  const recovered = recoverPatch(layout, title === '' ? null : title);
  const anchors = recovered?.anchors ?? layout.lines.map(() => null);
  return { quoted: recovered?.patch ?? null, remarks: ownRemarks(layout, anchors) };
}
