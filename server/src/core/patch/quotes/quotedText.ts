// The lines that a reply quotes from one depth, as the quoted mail had them: broken lines joined, a mailer's stuffing taken out.

import type { MailPlace } from '../types.ts';
import type { QuoteLayout } from './quoteLayout.ts';

export interface QuotedText {
  readonly text: string;
  readonly place: MailPlace;
  /** Index of the line in the layout (of its first piece, where it was broken). */
  readonly index: number;
  /** What stands in the reply between this quoted line and the one above: nothing, other people's words, or a mark that lines were cut. */
  readonly before: 'nothing' | 'words' | 'cut';
  readonly joined: boolean;
}

export interface QuotedTexts {
  readonly lines: readonly QuotedText[];
  /** True where the mailer put one more blank before every line that begins with one (RFC 3676 section 4.4, done to unflowed text). */
  readonly stuffed: boolean;
}

/** All quoted lines of one depth in their order, without attributions. Never empty lines only: trailing blank lines stay in. */
export function quotedTexts(layout: QuoteLayout, depth: number): QuotedTexts {
  const lines: QuotedText[] = [];
  let before: QuotedText['before'] = 'nothing';
  layout.lines.forEach((line, index) => {
    if (line.role === 'ellipsis') before = 'cut';
    else if (line.depth !== depth) {
      if (line.role !== 'blank' && before === 'nothing') before = 'words';
    } else if (line.role === 'text' || line.role === 'blank' || line.role === 'greeting') {
      const last = lines.at(-1);
      if (line.joins && last !== undefined) {
        const glue = last.text.endsWith('-') ? '' : ' ';
        const place = { ...last.place, exact: false };
        lines[lines.length - 1] = { ...last, text: `${last.text.trimEnd()}${glue}${line.text.trim()}`, place, joined: true };
      } else {
        lines.push({ text: line.text, place: line.place, index, before, joined: false });
        before = 'nothing';
      }
    }
  });
  const stuffed = isStuffed(lines);
  return { lines: stuffed ? lines.map(unstuff) : lines, stuffed };
}

/** In a hunk of C, context lines that all begin with two blanks, one of them before a tab or a word, have one blank too many. */
function isStuffed(lines: readonly QuotedText[]): boolean {
  let inHunk = false;
  let proof = false;
  for (const { text } of lines) {
    if (text.startsWith('@@ -')) inHunk = true;
    else if (text.startsWith('diff --git ')) inHunk = false;
    if (!inHunk || !text.startsWith(' ') || text.trim() === '') continue;
    if (!text.startsWith('  ')) return false;
    proof ||= /^ {2}[\t\w#{}/]/.test(text);
  }
  return proof;
}

function unstuff(line: QuotedText): QuotedText {
  if (!line.text.startsWith(' ')) return line;
  return { ...line, text: line.text.slice(1), place: { ...line.place, column: line.place.column + 1 } };
}
