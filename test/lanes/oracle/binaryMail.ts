// Mails with a binary patch, made here since the archives have none, and what can happen to its data on the way.

import { deflateSync } from 'node:zlib';
import type { Random } from './damage.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';

function base85(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 52) {
    const piece = bytes.subarray(at, at + 52);
    let line = String.fromCharCode(piece.length <= 26 ? 64 + piece.length : 70 + piece.length);
    for (let group = 0; group < piece.length; group += 4) {
      let value = 0;
      for (let next = 0; next < 4; next++) value = value * 256 + (piece[group + next] ?? 0);
      let digits = '';
      for (let digit = 0; digit < 5; digit++, value = Math.floor(value / 85)) digits = DIGITS.charAt(value % 85) + digits;
      line += digits;
    }
    lines.push(line);
  }
  return lines;
}

function section(word: string, data: Uint8Array, size: number): string[] {
  return [`${word} ${String(size)}`, ...base85(data), ''];
}

const below = (random: Random, count: number): number => Math.floor(random() * count);

type Harm = (lines: string[], random: Random) => void;

/** Each changes the lines of the first section: `literal N` and its data. */
const harms: Readonly<Record<string, Harm>> = {
  'binary, whole': () => undefined,
  'binary, a digit changed': (lines, random) => {
    const at = 1 + below(random, lines.length - 2);
    const column = 1 + below(random, (lines[at] ?? '').length - 1);
    const line = lines[at] ?? '';
    lines[at] = line.slice(0, column) + DIGITS.charAt(below(random, 85)) + line.slice(column + 1);
  },
  'binary, another size': (lines, random) => {
    lines[0] = (lines[0] ?? '').replace(/\d+/, (size) => String(Math.max(0, Number(size) + below(random, 7) - 3)));
  },
  'binary, a line lost': (lines, random) => lines.splice(1 + below(random, lines.length - 2), 1),
  'binary, a line twice': (lines, random) => {
    const at = 1 + below(random, lines.length - 2);
    lines.splice(at, 0, lines[at] ?? '');
  },
  'binary, two lines swapped': (lines, random) => {
    const at = 1 + below(random, lines.length - 2);
    lines.splice(1, 0, ...lines.splice(at, 1));
  },
  'binary, a line cut': (lines, random) => {
    const at = 1 + below(random, lines.length - 2);
    lines[at] = (lines[at] ?? '').slice(0, -1 - below(random, 6));
  },
  'binary, another length letter': (lines, random) => {
    const at = 1 + below(random, lines.length - 2);
    lines[at] = String.fromCharCode(64 + below(random, 60)) + (lines[at] ?? '').slice(1);
  },
  'binary, the blank line lost': (lines) => lines.splice(-1, 1),
  'binary, more behind the end of the data': (lines) => lines.splice(-1, 0, ...base85(Uint8Array.of(1, 2, 3, 4))),
  'binary, another word': (lines, random) => {
    lines[0] = (lines[0] ?? '').replace('literal', ['Literal', 'delta', 'literally'][below(random, 3)] ?? '');
  },
};

export const binaryKinds: readonly string[] = Object.keys(harms);

/** A mail (a byte string) that replaces a binary file, with this kind of harm done to it. */
export function binaryMail(kind: string, random: Random): string {
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => below(random, random() < 0.5 ? 256 : 16));
  const [fresh, old] = [bytes(1 + below(random, 400)), bytes(below(random, 60))];
  const first = section('literal', deflateSync(fresh), fresh.length);
  harms[kind]?.(first, random);
  const id = (digit: string): string => digit.repeat(40);
  return [
    'From: Ada Lindqvist <ada@example.org>',
    'Date: Tue, 3 Mar 2020 10:20:30 +0200',
    'Subject: [PATCH] docs: Draw the groups anew',
    `Message-ID: <${String(below(random, 1e9))}@example.org>`,
    '',
    'The old picture had one group.',
    '---',
    'diff --git a/docs/groups.png b/docs/groups.png',
    `index ${id('1')}..${id('2')} 100644`,
    'GIT binary patch',
    ...first,
    ...section('literal', deflateSync(old), old.length),
    '-- ',
    '2.39.5',
    '',
  ].join('\n');
}
