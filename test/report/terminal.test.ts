import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { safeJson, visible, visibleLine } from '../../server/src/core/report/terminal.ts';
import { hostile } from './reports.ts';

/** What must never reach a terminal: C0 (but tab and line feed), DEL, C1, what reorders or hides text, halves of surrogate pairs. */
function harmful(text: string): string[] {
  return [...text].filter((character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return code !== 9 && code !== 10;
    return (
      (code >= 0x7f && code <= 0x9f) ||
      code === 0xad ||
      (code >= 0x200b && code <= 0x200f) ||
      (code >= 0x2028 && code <= 0x202e) ||
      (code >= 0x2060 && code <= 0x206f) ||
      code === 0xfeff ||
      (code >= 0xd800 && code <= 0xdfff) ||
      (code >= 0xe0000 && code <= 0xe007f)
    );
  });
}

describe('text for a terminal', () => {
  test('shows control characters instead of passing them on', () => {
    expect(visible('\u001b[31mred\u0007\u007f')).toBe('^[[31mred^G^?');
    expect(visible('\u009b31m')).toBe('<U+009B>31m');
    expect(visible('a\u202eb\u{e0041}')).toBe('a<U+202E>b<U+E0041>');
    expect(visible('a\rb')).toBe('a^Mb');
  });

  test('leaves ordinary text alone', () => {
    const text = 'Łukasz:\tif (a < b) \u{1f600} 中文 é\n';
    expect(visible(text)).toBe(text);
  });

  test('keeps one line one line', () => {
    expect(visibleLine('a\nb\tc')).toBe('a^Jb c');
  });

  test.each(hostile)('%j is harmless', (text) => {
    expect(harmful(visible(text))).toEqual([]);
  });

  test('any text is harmless afterwards', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(harmful(visible(text))).toEqual([]);
      }),
    );
  });

  test('JSON stays what it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const json = safeJson(JSON.stringify({ text }));
        expect(harmful(json)).toEqual([]);
        expect((JSON.parse(json) as { text: string }).text).toBe(text);
      }),
    );
  });
});
