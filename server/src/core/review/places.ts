// From places that rules name to places that people see: lines of the source file and of the opened mail.

import type { MailRange, SourceLocation } from '../../protocol/finding.ts';
import type { At, SideFile } from '../rules/rule.ts';
import { UNSEEN } from '../syntax/fragments.ts';
import { ReviewedFile, type OtherMail } from './side.ts';

/**
 * The place in the source file; null for prose and for text that stands in no real line. `functionName` is null for what is a fact of
 * no one function: then it is the function that the place is in.
 */
export function sourceLocation(at: At, functionName: string | null): SourceLocation | null {
  if (!('file' in at)) return null;
  const { file, span } = at;
  const line = file.lineOf(span.start);
  if (line === null) return null;
  const index = indexOf(file);
  const start = index.at(span.start);
  const end = index.at(Math.max(span.start, span.end));
  const endLine = file.lineOf(Math.max(span.start, span.end - 1)) ?? line;
  const name = functionName ?? functionAt(at);
  return { file: file.path, function: name === UNSEEN ? null : name, line, column: start.column, endLine, endColumn: end.column };
}

/** Name of the function that a place is in; null outside functions and in prose. */
function functionAt(at: At): string | null {
  if (!('file' in at)) return null;
  const { start } = at.span;
  return at.file.c.functions.find((one) => one.span.start <= start && start < one.span.end)?.name ?? null;
}

/** The place in the opened file, `opened` unless another mail of the series shows the line; null where no patch does. */
export function mailRange(at: At, opened: string): MailRange | null {
  if (!('file' in at))
    return { path: opened, line: at.mail.line, column: at.mail.column, endLine: at.mail.line, endColumn: at.mail.column + at.length };
  const { file, span } = at;
  const start = file.mailPlace(span.start);
  if (start === null) return null;
  const mail = otherMail(file, span.start);
  const path = mail?.path ?? opened;
  const last = Math.max(span.start, span.end - 1);
  const end = otherMail(file, last) === mail ? file.mailPlace(last) : null;
  if (end === null)
    return { path, line: start.line, column: start.column, endLine: start.line, endColumn: start.column + lineRest(file, span.start) };
  return { path, line: start.line, column: start.column, endLine: end.line, endColumn: end.column + (span.end > span.start ? 1 : 0) };
}

/** The whole line of a place, without its diff sign; empty for prose, whose text the caller knows. */
export function lineText(at: At): string {
  if (!('file' in at)) return '';
  const index = indexOf(at.file);
  return index.lineText(index.lineOf(at.span.start));
}

function lineRest(file: SideFile, offset: number): number {
  const index = indexOf(file);
  return Math.max(0, index.endOf(index.lineOf(offset)) - offset);
}

function otherMail(file: SideFile, offset: number): OtherMail | null {
  return file instanceof ReviewedFile ? file.otherMail(offset) : null;
}

function indexOf(file: SideFile): ReviewedFile['index'] {
  if (file instanceof ReviewedFile) return file.index;
  throw new Error('a rule made up a side file of its own: it can only name files that it was given');
}
