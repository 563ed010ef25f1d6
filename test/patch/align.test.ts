import { describe, expect, test } from 'vitest';
import { alignQuote } from '../../server/src/core/patch/quotes/align.ts';

const lines = (text: string, depth: number) => text.split('\n').map((line) => ({ text: line, depth }));
const align = (quoted: string, source: string) => alignQuote(lines(quoted, 1), lines(source, 0));

describe('quoted lines and their source', () => {
  test('equal lines in order, white space apart, blank lines aside', () => {
    expect(align('\tb = 1;\n\n    c  = 2;', 'a\nb = 1;\n\n\tc = 2;')).toEqual([1, null, 3]);
  });

  test('a line that stands twice is the one whose neighbour is quoted', () => {
    const source = '+first();\n+}\n+second();\n+}\n+third();\n+}';
    expect(align('+second();\n+}', source)).toEqual([2, 3]);
    expect(align('+}\n+third();', source)).toEqual([3, 4]);
  });

  test('pieces of a broken line lead to the whole one', () => {
    const source = 'short\n+ * the group is kept by its members until the last of them is gone\nend of it';
    expect(align('+ * the group is kept by its members until the last\nof them is gone\nend of it', source)).toEqual([1, 1, 2]);
  });

  test('prose that was filled anew leads to the line of its last word', () => {
    const source = 'One group has one domain at a time\nand a device that joins it later\ngets the same domain as the others.';
    expect(
      align('One group has one domain at a time and a device\nthat joins it later gets the same domain as\nthe others.', source),
    ).toEqual([1, 2, 2]);
  });

  test('words that are not in the source are left alone', () => {
    expect(align('nobody said this line\n+kept();', '+kept();\n+other();')).toEqual([null, 0]);
    expect(align('x', '')).toEqual([null]);
    expect(align('', 'x')).toEqual([null]);
  });

  test('mails of enormous length still find their lines', () => {
    const source = Array.from({ length: 5000 }, (_, index) => `+line ${String(index)} of many`).join('\n');
    const quoted = Array.from({ length: 1000 }, (_, index) => `+line ${String(index * 5)} of many`).join('\n');
    expect(align(quoted, source)[999]).toBe(4995);
  });
});
