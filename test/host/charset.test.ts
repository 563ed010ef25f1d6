import { describe, expect, test } from 'vitest';
import { decodeCharset } from '../../server/src/host/charset.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe('charsets of mails', () => {
  test('iso-8859-1 is latin1 as iconv has it, not windows-1252', () => {
    expect(decodeCharset(bytes(0x92, 0xe9), 'ISO-8859-1')).toBe('\u0092é');
    expect(decodeCharset(bytes(0x92, 0xe9), 'windows-1252')).toBe('\u2019é');
  });

  test('the other parts of iso-8859 keep their control characters too', () => {
    expect(decodeCharset(bytes(0x41, 0x80, 0x99, 0xfd, 0x42), 'iso-8859-9')).toBe('A\u0080\u0099ıB');
  });

  test('us-ascii with UTF-8 behind it is UTF-8, and with anything else latin1', () => {
    expect(decodeCharset(bytes(0xc3, 0xa4), 'us-ascii')).toBe('ä');
    expect(decodeCharset(bytes(0xe4), 'us-ascii')).toBe('ä');
  });

  test.each([
    ['gb2312', [0xd6, 0xd0], '中'],
    ['iso-2022-jp', [0x1b, 0x24, 0x42, 0x24, 0x22, 0x1b, 0x28, 0x42], 'あ'],
    ['koi8-r', [0xd2], 'р'],
    ['utf-16', [0xfe, 0xff, 0x00, 0x41], 'A'],
    ['utf-16', [0xff, 0xfe, 0x41, 0x00], 'A'],
  ])('%s', (name, values, text) => {
    expect(decodeCharset(Uint8Array.from(values), name)).toBe(text);
  });

  test('bytes that do not decode become U+FFFD, and a byte order mark stays', () => {
    expect(decodeCharset(bytes(0x41, 0xff, 0x42), 'utf-8')).toBe('A\ufffdB');
    expect(decodeCharset(bytes(0xef, 0xbb, 0xbf, 0x41), 'utf-8')).toBe('\ufeffA');
  });

  test.each(['x-unknown', 'utf-7', '', 'iso-8859-99'])('%j is not known', (name) => {
    expect(decodeCharset(bytes(0x41), name)).toBeNull();
  });
});
