// Several lines of prose as one text that still knows where its characters stand in the mail.

import { LineIndex } from '../../base/text.ts';
import type { MailPlace, PlacedLine } from '../../patch/types.ts';

export class PlacedText {
  readonly text: string;
  private readonly index: LineIndex;

  constructor(private readonly lines: readonly PlacedLine[]) {
    this.text = lines.map((line) => line.text).join('\n');
    this.index = new LineIndex(this.text);
  }

  /** Place in the mail of an offset of `text`. */
  placeOf(offset: number): MailPlace {
    const at = this.index.at(offset);
    const place = this.lines[at.line - 1]?.place ?? { line: 1, column: 1, exact: false };
    return { ...place, column: place.column + at.column - 1 };
  }
}

export interface Sentence {
  readonly text: string;
  readonly start: number;
}

/** Sentences of a text: stretches between full stops, question marks, colons at line ends and empty lines. */
export function sentencesOf(text: string): Sentence[] {
  const found: Sentence[] = [];
  let start = 0;
  const end = (at: number): void => {
    const raw = text.slice(start, at);
    const trimmed = raw.trim();
    if (trimmed !== '') found.push({ text: trimmed.replace(/\s+/gu, ' '), start: start + raw.indexOf(trimmed) });
    start = at;
  };
  for (const match of text.matchAll(/[.?!](?=\s)|[:;]\n|\n[ \t]*\n/gu)) end(match.index + match[0].length);
  end(text.length);
  return found;
}
