// The outline of a C file.

import { functionsIn } from './functions.ts';
import type { OutlineNode } from './tree.ts';

/** Functions of a C file; `lines` are its lines without terminators. */
export function outlineOfSource(lines: readonly string[]): OutlineNode[] {
  return functionsIn(lines).map(({ name, start, end, nameLine }) => ({
    kind: 'function',
    name,
    detail: '',
    line: start + 1,
    endLine: end + 1,
    nameLine: nameLine + 1,
    children: [],
  }));
}
