// File names in diff headers, read as git apply reads them (git 2.39, apply.c): how many leading components are dropped, where a
// name ends, C-style quoting, time stamps behind names. Everything works on byte strings of one line without its `\n`.

import { isDigit, isGitSpace } from '../bytes.ts';

/** How many leading components of a name are dropped: one (`a/`, `b/`), or none where a plain diff has names without a slash. */
export type Strip = 0 | 1;

const ESCAPES: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '\\': 92, '"': 34 };

/** Reads a C-quoted name that begins with `"` at `at`; `end` is the index behind the closing quote. Null where the quoting is broken. */
export function unquoteName(line: string, at: number): { name: string; end: number } | null {
  if (line[at] !== '"') return null;
  let name = '';
  for (let i = at + 1; i < line.length; i++) {
    const character = line.charAt(i);
    if (character === '"') return { name, end: i + 1 };
    if (character !== '\\') {
      name += character;
      continue;
    }
    const next = line.charAt(++i);
    const escape = ESCAPES[next];
    if (escape !== undefined) {
      name += String.fromCharCode(escape);
      continue;
    }
    const digits = line.slice(i, i + 3);
    if (!/^[0-3][0-7]{2}$/.test(digits)) return null;
    name += String.fromCharCode(parseInt(digits, 8));
    i += 2;
  }
  return null;
}

function squashSlashes(name: string): string {
  return name.replace(/\/{2,}/g, '/');
}

/** Whether the text behind `--- ` or `+++ ` names no file: `/dev/null` and white space or the end of the line. */
export function isDevNull(text: string): boolean {
  return text.startsWith('/dev/null') && (text.length === 9 || isGitSpace(text.charCodeAt(9)));
}

function quotedName(text: string, strip: Strip): string | null {
  const quoted = unquoteName(text, 0);
  if (quoted === null) return null;
  if (strip === 0) return squashSlashes(quoted.name);
  const slash = quoted.name.indexOf('/');
  return slash < 0 ? null : squashSlashes(quoted.name.slice(slash + 1));
}

function plainName(text: string, fallback: string | null, strip: Strip, tabEnds: boolean, end: number | null): string | null {
  let start = strip === 0 ? 0 : -1;
  let at = 0;
  const stop = end ?? text.length;
  for (; at < stop; at++) {
    const code = text.charCodeAt(at);
    if (end === null && (code === 13 || (code === 9 && tabEnds))) break;
    if (code === 47 && start < 0) start = at + 1;
  }
  const name = start < 0 || start >= at ? null : text.slice(start, at);
  if (name === null) return fallback === null ? null : squashSlashes(fallback);
  // The shorter name wins where the other only adds to it: `file.orig`, `file~`.
  if (fallback !== null && fallback.length < name.length && name.startsWith(fallback)) return squashSlashes(fallback);
  return squashSlashes(name);
}

/** The name in a git header line (`--- `, `+++ `, `rename from `, ...; `text` is what follows the keyword). */
export function gitName(text: string, strip: Strip, tabEnds: boolean): string | null {
  if (text.startsWith('"')) {
    const name = quotedName(text, strip);
    if (name !== null) return name;
  }
  return plainName(text, null, strip, tabEnds, null);
}

/** The name in a `---`/`+++` line of a plain diff, without its time stamp. */
export function plainDiffName(text: string, fallback: string | null, strip: Strip): string | null {
  if (text.startsWith('"')) {
    const name = quotedName(text, strip);
    if (name !== null) return name;
  }
  const stamp = stampLength(text);
  return stamp === 0 ? plainName(text, fallback, strip, true, null) : plainName(text, fallback, strip, false, text.length - stamp);
}

const STAMP_TAIL = /(?:\d{2}:\d{2}:\d{2}(?:\.\d+)?)$/;

/** Length of a time stamp at the end of a name line, with the tab or blanks before it; 0 where there is none. */
function stampLength(text: string): number {
  if (!isDigit(text.charCodeAt(text.length - 1))) return 0;
  let end = text.length;
  const zone = / [+-](?:\d{4}|\d{2}:\d{2})$/.exec(text.slice(Math.max(0, end - 7), end));
  if (zone !== null) end -= zone[0].length;
  const window = text.slice(Math.max(0, end - 64), end);
  const time = STAMP_TAIL.exec(window);
  if (time !== null && text.charCodeAt(end - time[0].length - 1) === 32) end -= time[0].length + 1;
  const date = /(?:\d{2})?\d{2}-\d{2}-\d{2}$/.exec(text.slice(Math.max(0, end - 10), end));
  if (date === null) return 0;
  end -= date[0].length;
  if (end === 0) return 0;
  const before = text.charCodeAt(end - 1);
  if (before === 9) return text.length - (end - 1);
  if (before !== 32) return 0;
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--;
  return text.length - end;
}

/**
 * Whether the stamp behind the last tab is the epoch in its own zone, by which GNU diff says "no such file".
 */
export function hasEpochStamp(text: string): boolean {
  const tab = text.lastIndexOf('\t');
  if (tab < 0) return false;
  const stamp = /^(1969-12-31|1970-01-01) ([0-2]\d):([0-5]\d):00(?:\.0+)? ([-+])([0-2]\d):?([0-5]\d)$/.exec(text.slice(tab + 1));
  if (stamp === null) return false;
  const epochHour = stamp[1] === '1969-12-31' ? 24 : 0;
  const zone = (Number(stamp[5]) * 60 + Number(stamp[6])) * (stamp[4] === '-' ? -1 : 1);
  return Number(stamp[2]) * 60 + Number(stamp[3]) - zone === epochHour * 60;
}

/** Index behind the first component of `text` (or its start, where none is dropped); -1 where there is none, or the name is absolute. */
function behindPrefix(text: string, strip: Strip): number {
  if (strip === 0) return text.startsWith('/') ? -1 : 0;
  const slash = text.indexOf('/');
  return slash <= 0 ? -1 : slash + 1;
}

/**
 * The name that both sides of a `diff --git` line agree on (`text` is what follows the keyword), or null: a rename has its names in
 * other lines, and a name with blanks is only sure if it stands there twice.
 */
export function sharedGitName(text: string, strip: Strip): string | null {
  if (text.startsWith('"')) {
    const first = unquoteName(text, 0);
    if (first === null) return null;
    const start = behindPrefix(first.name, strip);
    if (start < 0) return null;
    const name = first.name.slice(start);
    let at = first.end;
    while (at < text.length && isGitSpace(text.charCodeAt(at))) at++;
    // An unquoted second name never equals a quoted first one: both would have been quoted.
    const second = unquoteName(text, at);
    if (second === null) return null;
    const other = behindPrefix(second.name, strip);
    return other >= 0 && second.name.slice(other) === name ? name : null;
  }
  const start = behindPrefix(text, strip);
  if (start < 0) return null;
  const quote = text.indexOf('"', start);
  if (quote >= 0) {
    const second = unquoteName(text, quote);
    if (second === null) return null;
    const from = behindPrefix(second.name, strip);
    if (from < 0) return null;
    const name = second.name.slice(from);
    const fits = name.length < quote - start && text.startsWith(name, start) && isGitSpace(text.charCodeAt(start + name.length));
    return fits ? name : null;
  }
  let slash = -1;
  for (let blank = start; blank < text.length; blank++) {
    const code = text.charCodeAt(blank);
    if (code !== 9 && code !== 32) continue;
    let second = blank + 1;
    if (strip === 0) {
      if (text[second] === '/') continue;
    } else {
      // Kept between blanks, so that a line of nothing but blanks is not searched again and again.
      if (slash <= blank) slash = text.indexOf('/', blank + 1);
      if (slash < 0) return null;
      if (slash === second) continue;
      second = slash + 1;
    }
    const length = blank - start;
    if (text.length - second === length && text.startsWith(text.slice(start, blank), second)) return text.slice(start, blank);
  }
  return null;
}
