// Fixes as edits of the opened mail, or of the source file where there is no mail. A hunk stays well-formed: an inserted line
// counts in its header and moves the hunks behind it; a changed context line becomes a removed and an added one.

import type { Edit, Fix } from '../../protocol/finding.ts';
import type { FileChange, Hunk, HunkLine, MailPlace, Patch } from '../patch/types.ts';
import type { FixEdit, ProposedFix } from '../rules/rule.ts';
import { ReviewedFile } from './side.ts';

export interface FixContext {
  /** The opened file, as the user named it. */
  readonly path: string;
  /** The patch whose mail the edits go to; null for plain sources. */
  readonly patch: Patch | null;
  /** A whole line of the opened file by its 1-based number, without its end. */
  readonly rawLine: (line: number) => string;
}

/** The fix in the coordinates of the opened file, or null where one of its edits has no line there. */
export function resolveFix(fix: ProposedFix, context: FixContext): Fix | null {
  const edits: Edit[] = [];
  const inserted = new Map<Hunk, number>();
  for (const edit of fix.edits) {
    const made = resolveEdit(edit, context, inserted);
    if (made === null) return null;
    edits.push(...made);
  }
  for (const change of context.patch?.files ?? []) edits.push(...headerEdits(change, inserted, context));
  return { title: fix.title, safety: fix.safety, edits };
}

function resolveEdit(edit: FixEdit, context: FixContext, inserted: Map<Hunk, number>): Edit[] | null {
  if ('mail' in edit) return [replaceAt(context.path, 'mail', edit.mail.line, edit.mail.column, edit.length, edit.newText)];
  const { file } = edit;
  if (!(file instanceof ReviewedFile)) return null;
  if (context.patch === null) return [sourceEdit(edit, file)];
  const offset = 'span' in edit ? edit.span.start : edit.beforeLineOf;
  const line = file.hunkLine(offset);
  if (line === null || line.kind === 'removed') return null;
  const found = hunkOf(context.patch, line);
  if (found === null) return null;
  const prefix = context.rawLine(line.place.line).slice(0, Math.max(0, line.place.column - 2));
  if ('span' in edit) {
    const at = file.mailPlace(offset);
    if (at === null || !at.exact || edit.newText.includes('\n')) return null;
    if (file.c.text.slice(edit.span.start, edit.span.end).includes('\n')) return null;
    if (line.kind === 'added') return [replaceAt(context.path, 'mail', at.line, at.column, edit.span.end - edit.span.start, edit.newText)];
    const from = at.column - line.place.column;
    const text = `${line.text.slice(0, from)}${edit.newText}${line.text.slice(from + (edit.span.end - edit.span.start))}`;
    return [
      replaceAt(context.path, 'mail', line.place.line, line.place.column - 1, line.text.length + 1, `-${line.text}\n${prefix}+${text}`),
    ];
  }
  inserted.set(found, (inserted.get(found) ?? 0) + edit.lines.length);
  const text = edit.lines.map((added) => `${prefix}+${added}\n`).join('');
  return [replaceAt(context.path, 'mail', line.place.line, 1, 0, text)];
}

function sourceEdit(edit: Exclude<FixEdit, { mail: MailPlace }>, file: ReviewedFile): Edit {
  if ('span' in edit) {
    const start = file.index.at(edit.span.start);
    const end = file.index.at(edit.span.end);
    return {
      target: 'file',
      path: file.path,
      startLine: start.line,
      startColumn: start.column,
      endLine: end.line,
      endColumn: end.column,
      newText: edit.newText,
    };
  }
  const line = file.index.lineOf(edit.beforeLineOf);
  return replaceAt(file.path, 'file', line, 1, 0, edit.lines.map((added) => `${added}\n`).join(''));
}

/** New counts of the hunks that grew, and new starts of the hunks behind them. */
function headerEdits(change: FileChange, inserted: ReadonlyMap<Hunk, number>, context: FixContext): Edit[] {
  const edits: Edit[] = [];
  let moved = 0;
  for (const hunk of change.hunks) {
    const grown = inserted.get(hunk) ?? 0;
    if (grown > 0 || moved > 0) {
      const edit = headerEdit(hunk, moved, grown, context);
      if (edit !== null) edits.push(edit);
    }
    moved += grown;
  }
  return edits;
}

function headerEdit(hunk: Hunk, moved: number, grown: number, context: FixContext): Edit | null {
  const raw = context.rawLine(hunk.place.line);
  const match = /\+(\d{1,9})(?:,(\d{1,9}))? @@/.exec(raw);
  if (match === null) return null;
  const start = Number(match[1]) + moved;
  const count = Number(match[2] ?? '1') + grown;
  const text = count === 1 && match[2] === undefined ? `+${String(start)}` : `+${String(start)},${String(count)}`;
  return replaceAt(context.path, 'mail', hunk.place.line, match.index + 1, match[0].length - 3, text);
}

function hunkOf(patch: Patch, line: HunkLine): Hunk | null {
  for (const change of patch.files) for (const hunk of change.hunks) if (hunk.lines.includes(line)) return hunk;
  return null;
}

function replaceAt(path: string, target: Edit['target'], line: number, column: number, length: number, newText: string): Edit {
  return { target, path, startLine: line, startColumn: column, endLine: line, endColumn: column + length, newText };
}
