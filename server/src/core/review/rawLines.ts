import type { Outside } from '../base/outside.ts';
import type { ReadMail } from './types.ts';

/** Whole lines of the opened file by 1-based number, decoded as an editor shows them; empty for lines that the mail does not have. */
export function rawLines(mail: Pick<ReadMail, 'bytes' | 'startLine' | 'unquotedLines'>, outside: Outside): (line: number) => string {
  let lines: string[] | null = null;
  const unquoted = new Set(mail.unquotedLines);
  return (line) => {
    lines ??= (outside.decode(mail.bytes, 'utf-8') ?? '').split('\n');
    const text = lines[line - mail.startLine] ?? '';
    return `${unquoted.has(line) ? '>' : ''}${text.endsWith('\r') ? text.slice(0, -1) : text}`;
  };
}
