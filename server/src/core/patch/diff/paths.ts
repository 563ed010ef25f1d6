// The path rule for names that come from patches. Stricter than git's verify_path and GNU patch: a name that any common file system
// could take for something else (outside the tree, git's own folder, another stream, a drive) is refused, whatever the tree lies on.

import { readableText } from '../bytes.ts';

/** Longest path in bytes, longest component in bytes, deepest nesting. The kernel's own stay far below. */
const MAX_PATH = 4096;
const MAX_COMPONENT = 255;
const MAX_DEPTH = 100;

/** Code points that HFS+ ignores in names, with others that cannot be seen. */
const INVISIBLE =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff]/u;

/**
 * Why a path from a patch must not be used, in words; null where it is safe. `path` is the name without its `a/` or `b/`, a byte string
 * or text. Safe paths are relative, stay inside the tree by their spelling alone, and never name `.git`.
 */
export function pathFault(path: string): string | null {
  const text = readableText(path);
  if (text === '') return 'the path is empty';
  if (path.length > MAX_PATH) return `the path is longer than ${MAX_PATH} bytes`;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 32 || (point >= 0x7f && point < 0xa0)) return 'the path has a control character in it';
    if (point >= 0xe0000 && point <= 0xe0fff) return 'the path has an invisible character in it';
  }
  if (INVISIBLE.test(text)) return 'the path has an invisible character in it';
  if (text.includes('\\')) return 'the path has a backslash in it, which some systems take for a slash';
  if (text.startsWith('/')) return 'the path is absolute';
  if (/^[A-Za-z]:/.test(text)) return 'the path begins with a drive letter';
  if (text.startsWith('~')) return 'the path begins with a home folder';
  const parts = text.split('/');
  if (parts.length > MAX_DEPTH) return `the path is nested deeper than ${MAX_DEPTH} folders`;
  for (const part of parts) {
    const fault = partFault(part);
    if (fault !== null) return fault;
  }
  return null;
}

function partFault(part: string): string | null {
  if (part === '') return 'the path has an empty component';
  if (part === '.' || part === '..') return `the path has a ${part} component`;
  if (part.length > MAX_COMPONENT) return `a component of the path is longer than ${MAX_COMPONENT} bytes`;
  if (/[. ]$/.test(part)) return 'a component of the path ends in a dot or a blank, which some systems drop';
  // Compatibility forms fold full-width and other spellings of `.git`.
  const plain = part.normalize('NFKC').toLowerCase();
  if (/^\.git(?:[ .]*(?:$|:))/.test(plain) || plain === '.git') return 'the path names the folder of git';
  if (/^git~\d+/.test(plain)) return 'the path is a short name of the folder of git';
  if (plain.includes(':$') || plain.includes('::')) return 'the path names a stream of a file';
  return null;
}
