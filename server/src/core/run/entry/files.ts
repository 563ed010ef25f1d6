// The files of one side of a change as a run needs them. The review layer's side files have this shape.

import type { Span } from '../../base/text.ts';
import type { FlowFile } from '../../flow/program.ts';
import type { CFile, CFunction } from '../../syntax/types.ts';

/** One C file of a side: whole, or the hunks joined. */
export interface RunFile {
  readonly path: string;
  readonly c: CFile;
  /** Empty statements of `c` that stand for code that is not visible; none in a whole file. */
  readonly gaps: readonly Span[];
  /** True where the patch adds (after) or removes (before) the line of this UTF-16 offset. */
  isChanged(offset: number): boolean;
}

/** One side of a change. */
export interface RunSide {
  readonly files: readonly RunFile[];
  /** Graphs of a file's functions. */
  flow(file: RunFile): FlowFile;
}

/** A place in the code that runs. */
export interface CodePlace {
  readonly file: RunFile;
  readonly function: string;
  /** UTF-16 offsets of the file's text. */
  readonly span: Span;
}

/** Whether a line of the function is added or removed by the patch. */
export function isChangedFunction(file: RunFile, fn: CFunction): boolean {
  const { text } = file.c;
  for (let at = fn.span.start; at >= 0 && at < fn.span.end;) {
    if (file.isChanged(at)) return true;
    const next = text.indexOf('\n', at);
    if (next < 0) return false;
    at = next + 1;
  }
  return false;
}

/** Whether the patch writes every line of the function: then the other side has no such function. */
export function isWhollyChanged(file: RunFile, fn: CFunction): boolean {
  const { text } = file.c;
  for (let at = fn.span.start; at >= 0 && at < fn.span.end;) {
    const next = text.indexOf('\n', at);
    const end = next < 0 ? fn.span.end : Math.min(next, fn.span.end);
    if (text.slice(at, end).trim() !== '' && !file.isChanged(at)) return false;
    if (next < 0) return true;
    at = next + 1;
  }
  return true;
}

/** Whether all code of the function is visible. */
export function isWhole(file: RunFile, fn: CFunction): boolean {
  return !file.gaps.some((gap) => gap.start < fn.span.end && gap.end > fn.span.start);
}
