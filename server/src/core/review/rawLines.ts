import type { Outside } from '../base/outside.ts';

/** Whole lines of the opened file by 1-based number, decoded as an editor shows them; empty for lines that the bytes do not have. */
export function rawLines(bytes: Uint8Array, startLine: number, outside: Outside): (line: number) => string {
  let lines: string[] | null = null;
  return (line) => {
    lines ??= (outside.decode(bytes, 'utf-8') ?? '').split('\n');
    const text = lines[line - startLine] ?? '';
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  };
}
