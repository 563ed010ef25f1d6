import { describe, expect, test } from 'vitest';
import { readTrailers } from '../../server/src/core/patch/mail/trailers.ts';

const message = (text: string) =>
  text.split('\n').map((line, index) => ({ text: line, place: { line: index + 10, column: 1, exact: true } }));
const values = (text: string) =>
  readTrailers(message(text)).map((trailer) => `${trailer.name}=${trailer.value}@${String(trailer.place.line)}`);

describe('trailers', () => {
  test('the last paragraphs of a message, with continuations and notes', () => {
    const text =
      'Make the group hold.\n\nFixes: 0123456789ab ("iommu:\n  drop it")\n\nCc: Ann <ann at example.org>\n[bob: moved]\nSigned-off-by: Bob <bob@example.org>';
    expect(values(text)).toEqual([
      'Fixes=0123456789ab ("iommu: drop it")@12',
      'Cc=Ann <ann at example.org>@15',
      'Signed-off-by=Bob <bob@example.org>@17',
    ]);
  });

  test('prose with a colon is no trailer', () => {
    expect(values('Note: this is prose\nand goes on\n')).toEqual([]);
    expect(values('Note: this is one line')).toEqual([]);
    expect(values('')).toEqual([]);
  });

  test('an unknown name counts beside a known one', () => {
    expect(values('Text.\n\nQuestioned-by: Eve\nAcked-by: Ann')).toEqual(['Questioned-by=Eve@12', 'Acked-by=Ann@13']);
  });
});
