// The prose of a message that its author wrote, for rules that read text.

import type { PlacedLine } from '../../patch/types.ts';
import type { RuleContext } from '../rule.ts';

/**
 * The lines in which the author explains the change: the commit message without its trailers; for a reply or a cover letter
 * without a patch, the whole body with quote marks cut off. Lines that are no prose (a substitution proposed by a reviewer,
 * trailers, kernel logs and back traces) are left out, since what they name is not claimed by the author.
 */
export function messageProse(context: RuleContext): PlacedLine[] {
  const { patch, message } = context;
  if (patch !== null) {
    const trailers = new Set(patch.trailers.map((trailer) => trailer.place.line));
    return patch.commitMessage.filter((line) => !trailers.has(line.place.line) && isProse(line.text));
  }
  if (message === null) return [];
  return message.body.map(withoutQuotes).filter((line) => isProse(line.text));
}

/** Cuts `> ` marks off the front, keeping the place of what is left. */
function withoutQuotes(line: PlacedLine): PlacedLine {
  const marks = /^[> ]*>[ ]?/u.exec(line.text)?.[0].length ?? 0;
  if (marks === 0) return line;
  return { text: line.text.slice(marks), place: { ...line.place, column: line.place.column + marks } };
}

function isProse(text: string): boolean {
  if (isSubstitution(text)) return false;
  if (/^\s*(?:From|Date|To|Cc|Subject|Link|Fixes|Closes|[A-Z][a-z]+(?:-[a-z]+)*-by|Reported-[a-z]+):/u.test(text)) return false;
  return !/^\s*\[ *\d+\.\d+\]|\+0x[0-9a-f]+\/0x[0-9a-f]+|^\s*(?:https?|ftp):\/\//u.test(text);
}

/** `s/wrong/right/`, as reviewers write it. */
function isSubstitution(text: string): boolean {
  return /(?:^|[\s("'`>])s([/|,])[^/|,\s][^/|,]*\1[^/|,]*(?:\1|$)/u.test(text);
}
