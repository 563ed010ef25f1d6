import type { MailInput, MailRecord } from '../../protocol/analysis.ts';
import type { Outside } from '../base/outside.ts';
import { parseMessage } from '../patch/message.ts';
import type { Message } from '../patch/types.ts';

/** A first look at a mail: what threads and series are formed from. Never throws. */
export function indexMail(input: MailInput, outside: Outside): MailRecord {
  return recordOf(parseMessage(input.bytes, { path: input.path, startLine: input.startLine }, outside), input);
}

/** The record of a mail that is read already. */
export function recordOf(message: Message, input: MailInput): MailRecord {
  const patch = message.patch ?? message.quoted;
  const files = (patch?.files ?? []).flatMap((change) => change.newPath ?? change.oldPath ?? []);
  const empty = isEmpty(message);
  return {
    path: input.path,
    startLine: input.startLine,
    messageId: message.messageId,
    inReplyTo: message.inReplyTo,
    references: message.references,
    subject: message.rawSubject,
    author: message.author,
    dateEpoch: message.dateEpoch,
    kind: message.kind,
    version: message.tag.version,
    part: message.tag.part,
    files,
    empty,
    problem: empty ? (message.problems[0]?.message ?? 'no mail header and no diff in it') : null,
  };
}

/** Whether a text is neither a mail nor a page of an archive, and no file is changed in it: quote marks alone make no message. */
function isEmpty(message: Message): boolean {
  const hasHeader = [message.messageId, message.rawSubject, message.author, message.date].some((value) => value !== null);
  return !hasHeader && message.patch === null && (message.quoted === null || message.quoted.files.length === 0);
}

/** Id of an input: its path, and behind a `#` the line where it begins if it is not the first of its file. */
export function inputId(input: { readonly path: string; readonly startLine?: number }): string {
  return input.startLine === undefined || input.startLine === 1 ? input.path : `${input.path}#${String(input.startLine)}`;
}
