// The words of a diff's code, comments left out: what a patch can be said to name.

import type { Hunk, HunkLine, Patch } from '../../patch/types.ts';

const word = /[A-Za-z_][A-Za-z0-9_]*/gu;

/** Every identifier-like word of a text, in order. */
export function wordsOf(text: string): string[] {
  return text.match(word) ?? [];
}

/**
 * Words that stand in the code of a patch (added, removed and context lines, hunk headings and paths), without those that only
 * stand in comments. In files that are not C every word counts as code.
 */
export function codeWords(patch: Patch): Set<string> {
  const found = new Set<string>();
  const add = (text: string): void => {
    for (const one of wordsOf(text)) found.add(one);
  };
  for (const file of patch.files) {
    add(file.oldPath ?? '');
    add(file.newPath ?? '');
    const isC = /\.[chS]$/u.test(file.newPath ?? file.oldPath ?? '');
    for (const hunk of file.hunks) {
      add(hunk.heading);
      for (const text of isC ? codeOfHunk(hunk) : hunk.lines.map((line) => line.text)) add(text);
    }
  }
  return found;
}

/** Old and new side are read apart, since a comment can begin or end on a line that only one of them has. */
function codeOfHunk(hunk: Hunk): string[] {
  return [
    ...codeOfSide(hunk.lines.filter((line) => line.kind !== 'added')),
    ...codeOfSide(hunk.lines.filter((line) => line.kind !== 'removed')),
  ];
}

function codeOfSide(lines: readonly HunkLine[]): string[] {
  const code: string[] = [];
  let inComment = beginsInComment(lines);
  for (const { text } of lines) {
    let rest = text;
    let kept = '';
    while (rest !== '') {
      const at = rest.indexOf(inComment ? '*/' : '/*');
      if (at < 0) {
        if (!inComment) kept += rest.split('//', 1)[0] ?? '';
        break;
      }
      if (!inComment) kept += `${rest.slice(0, at)} `;
      rest = rest.slice(at + 2);
      inComment = !inComment;
    }
    code.push(kept);
  }
  return code;
}

/** A hunk can begin inside a comment: then it ends one before it begins one. */
function beginsInComment(lines: readonly HunkLine[]): boolean {
  for (const { text } of lines) {
    const begin = text.indexOf('/*');
    const end = text.indexOf('*/');
    if (end >= 0 && (begin < 0 || end < begin)) return true;
    if (begin >= 0) return false;
  }
  return lines.length > 0 && lines.every(({ text }) => /^\s*\*/u.test(text));
}
