import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, encodeUtf8 } from '../../server/src/core/patch/bytes.ts';
import { parseMessage } from '../../server/src/core/patch/message.ts';
import type { Message } from '../../server/src/core/patch/types.ts';
import { outside } from './support/mails.ts';

/** Text with tabs, astral and combining characters, and what the encodings escape. */
const character = fc.constantFrom('a', 'Z', ' ', '\t', '=', 'é', 'ß', '漢', '𝒳', '👍', '\u0301', '+', '-', '>');
const lines = fc.array(fc.string({ unit: character, maxLength: 40 }), { minLength: 1, maxLength: 8 });

function read(raw: string): Message {
  return parseMessage(bytesOf(encodeUtf8(raw)), { path: 'mail', startLine: 1 }, outside);
}

function quotedPrintable(text: string, cut: number): string {
  let out = '';
  let width = 0;
  for (const byte of encodeUtf8(text)) {
    const code = byte.charCodeAt(0);
    const piece = code > 126 || code === 61 || code === 9 ? `=${code.toString(16).toUpperCase().padStart(2, '0')}` : byte;
    if (byte === '\n') width = -1;
    else if (width + piece.length >= cut) {
      out += '=\n';
      width = 0;
    }
    out += piece;
    width += piece.length;
  }
  return out;
}

/** What an editor shows at a place: the rest of the line from a column on. */
function shown(raw: string, at: { line: number; column: number }): string {
  return (raw.split('\n')[at.line - 1] ?? '').slice(at.column - 1);
}

test('a column of a plain line is its column in the file', () => {
  fc.assert(
    fc.property(lines, (texts) => {
      const raw = `Subject: x\n\n${texts.map((text) => `${text}\n`).join('')}`;
      const message = read(raw);
      message.body.forEach((line) => {
        for (let offset = 0; offset <= line.text.length; offset++) {
          expect(shown(raw, message.positions.translate(line.place, offset))).toBe(line.text.slice(offset));
        }
      });
    }),
  );
});

test('a column of a quoted-printable line is that of its character or escape', () => {
  fc.assert(
    fc.property(lines, fc.integer({ min: 8, max: 76 }), (texts, cut) => {
      const text = texts.map((line) => `x${line}x\n`).join('');
      const raw = `Subject: x\nContent-Transfer-Encoding: quoted-printable\n\n${quotedPrintable(text, cut)}`;
      const message = read(raw);
      expect(message.body.map((line) => `${line.text}\n`).join('')).toBe(text);
      for (const line of message.body) {
        let offset = 0;
        for (const character of line.text) {
          const rest = shown(raw, message.positions.translate(line.place, offset));
          const first = encodeUtf8(character).charCodeAt(0);
          const escape = `=${first.toString(16).toUpperCase().padStart(2, '0')}`;
          // A soft line break may stand before the character.
          const there = rest === '=' ? shown(raw, { line: message.positions.translate(line.place, offset).line + 1, column: 1 }) : rest;
          expect(there.startsWith(character) || there.startsWith(escape)).toBe(true);
          offset += character.length;
        }
      }
    }),
  );
});

test('a column of a base64 line is that of the digit in which its character begins', () => {
  fc.assert(
    fc.property(lines, fc.integer({ min: 1, max: 19 }), (texts, groups) => {
      const text = texts.map((line) => `x${line}x\n`).join('');
      const bytes = encodeUtf8(text);
      const digits = Buffer.from(bytes, 'latin1').toString('base64');
      const width = groups * 4;
      const raw = `Subject: x\nContent-Transfer-Encoding: base64\n\n${digits.replace(new RegExp(`.{${width}}`, 'g'), '$&\n')}\n`;
      const message = read(raw);
      let at = 0;
      for (const line of message.body) {
        let offset = 0;
        for (const character of line.text) {
          // Byte n of the text begins in digit 4n/3.
          const digit = Math.floor((at * 4) / 3);
          expect(message.positions.translate(line.place, offset)).toEqual({
            line: 4 + Math.floor(digit / width),
            column: 1 + (digit % width),
          });
          offset += character.length;
          at += encodeUtf8(character).length;
        }
        at++;
      }
    }),
  );
});

test('lines of a patch in quoted-printable are found behind their sign', () => {
  const diff = '--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-\tint a =3D 1;\n+\tint b =3D 2;\n';
  const raw = `Subject: x\nContent-Transfer-Encoding: quoted-printable\n\n---\n${diff}`;
  const message = read(raw);
  const line = message.patch?.files[0]?.hunks[0]?.lines[1];
  expect(line?.text).toBe('\tint b = 2;');
  expect(line === undefined ? null : shown(raw, message.positions.translate(line.place, 9))).toBe('2;');
});

test('text in a charset of several bytes is looked through', () => {
  const body = '=C4=E3=BA=C3 x=3D1';
  const raw = `Subject: x\nContent-Type: text/plain; charset=gb2312\nContent-Transfer-Encoding: quoted-printable\n\n${body}\n`;
  const message = read(raw);
  expect(message.body[0]?.text).toBe('你好 x=1');
  const columns = [0, 1, 2, 3, 4, 5].map(
    (offset) => message.positions.translate(message.body[0]?.place ?? { line: 1, column: 1, exact: true }, offset).column,
  );
  expect(columns).toEqual([1, 7, 13, 14, 15, 18]);
});

test('a line that lost a mark of mbox quoting stands one column further right', () => {
  const bytes = bytesOf('From a@b Tue Mar  3 10:20:30 2020\nSubject: x\n\nFrom here on\n');
  const message = parseMessage(bytes, { path: 'mail', startLine: 11, unquotedLines: [14] }, outside);
  expect(message.body[0]?.place).toEqual({ line: 14, column: 2, exact: true });
});
