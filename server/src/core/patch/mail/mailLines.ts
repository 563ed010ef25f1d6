// What git mailinfo (2.39) takes single lines of a mail for.

import { isGitSpace } from '../bytes.ts';
import type { ByteLine, RawLine } from '../byteLine.ts';

/** The line's text without the CR of its line end. */
export function withoutCr(line: ByteLine): string {
  return line.terminated && line.bytes.endsWith('\r') ? line.bytes.slice(0, -1) : line.bytes;
}

/** Whether a line has nothing but white space. */
export function isBlankLine(bytes: string): boolean {
  return trimEnd(bytes) === '';
}

/** Without white space at the end. */
export function trimEnd(bytes: string): string {
  let end = bytes.length;
  while (end > 0 && isGitSpace(bytes.charCodeAt(end - 1))) end--;
  return end === bytes.length ? bytes : bytes.slice(0, end);
}

/** The line without white space at its start. */
export function trimStart(line: RawLine): RawLine {
  let from = 0;
  while (from < line.bytes.length && isGitSpace(line.bytes.charCodeAt(from))) from++;
  return from === 0 ? line : line.withBytes(line.bytes.slice(from));
}

/** A header line to git: printable characters and a colon, or an mbox `From `. */
export function isHeaderLine(text: string): boolean {
  if (text.startsWith('From ') || text.startsWith('>From ')) return true;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 58) return true;
    if (code < 33 || code > 126) return false;
  }
  return false;
}

/** The line that git format-patch puts above a mail. */
export function isSeparator(text: string): boolean {
  return /^From [0-9a-f]{40} Mon Sep 17 00:00:00 2001$/.test(text);
}

/** A line at which git stops reading the message: `diff -`, `Index: `, `--- name`, or `---` and white space. */
export function beginsPatch(line: ByteLine): boolean {
  const text = line.bytes;
  if (text.startsWith('diff -') || text.startsWith('Index: ')) return true;
  if (!text.startsWith('---') || text.length + (line.terminated ? 1 : 0) < 4) return false;
  const fifth = text.length > 4 ? text.charCodeAt(4) : line.terminated ? 10 : 0;
  if (text.charCodeAt(3) === 32 && !isGitSpace(fifth)) return true;
  return line.terminated && trimEnd(text) === '---';
}
