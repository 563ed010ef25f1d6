// The outline of a patch mail, an mbox or a bare diff: mail, patch, file, hunk, function.

import type { FileChange, Hunk, Patch } from '../../core/patch/types.ts';
import { functionsIn, headingName } from './functions.ts';
import type { PlacedMail } from '../mails.ts';
import type { Fold, OutlineNode } from './tree.ts';

export function nodeOfMail({ message, line, endLine }: PlacedMail): OutlineNode {
  const place = { kind: 'mail', line, endLine, nameLine: line } as const;
  if (message === null) return { ...place, name: 'a mail too large for an outline', detail: '', children: [] };
  const patch = message.patch ?? message.quoted;
  const from = message.author ?? message.email ?? '';
  const name = message.rawSubject ?? patch?.subject ?? 'message without a subject';
  return { ...place, name, detail: from, children: patch ? [patchNode(patch, endLine)] : [] };
}

function patchNode(patch: Patch, mailEnd: number): OutlineNode {
  const children = patch.files.map((file) => fileNode(file));
  const line = patch.commitMessage[0]?.place.line ?? patch.files[0]?.place.line ?? mailEnd;
  const detail = patch.origin === 'quoted' ? 'quoted' : `${children.length} ${children.length === 1 ? 'file' : 'files'}`;
  const endLine = Math.max(line, ...children.slice(-1).map((child) => child.endLine));
  return { kind: 'patch', name: patch.subject ?? 'patch', detail, line, endLine, nameLine: line, children };
}

function fileNode(file: FileChange): OutlineNode {
  const children = file.hunks.map(hunkNode);
  const { line } = file.place;
  const endLine = Math.max(line, ...children.slice(-1).map((child) => child.endLine));
  const name = file.newPath ?? file.oldPath ?? 'file without a name';
  return { kind: 'file', name, detail: file.kind, line, endLine, nameLine: line, children };
}

function hunkNode(hunk: Hunk): OutlineNode {
  const { line } = hunk.place;
  const endLine = hunk.lines.reduce((last, { place }) => Math.max(last, place.line), line);
  const name = `@@ -${hunk.oldStart},${hunk.oldCount} +${hunk.newStart},${hunk.newCount} @@`;
  return { kind: 'hunk', name, detail: hunk.heading, line, endLine, nameLine: line, children: functionNodes(hunk, endLine) };
}

/** Functions of the hunk's new side; before the first of them, the one that git names in the heading. */
function functionNodes(hunk: Hunk, hunkEnd: number): OutlineNode[] {
  const shown = hunk.lines.filter((line) => line.kind !== 'removed');
  const lineAt = (index: number): number => shown[index]?.place.line ?? hunkEnd;
  const nodes = functionsIn(shown.map(({ text }) => text)).map(({ name, start, end, nameLine }) => ({
    kind: 'function' as const,
    name,
    detail: '',
    line: lineAt(start),
    endLine: Math.max(lineAt(start), lineAt(end)),
    nameLine: lineAt(nameLine),
    children: [],
  }));
  const outer = headingName(hunk.heading);
  const first = nodes[0];
  if (outer === null || (first && first.line <= lineAt(0))) return nodes;
  const closing = shown.findIndex(({ text }) => text.startsWith('}'));
  const before = first ? first.line - 1 : hunkEnd;
  const endLine = closing >= 0 ? Math.min(lineAt(closing), before) : before;
  const line = lineAt(0);
  return [{ kind: 'function', name: outer, detail: '', line, endLine: Math.max(line, endLine), nameLine: line, children: [] }, ...nodes];
}

/** The headers of a mail and its runs of quoted lines, each at least three lines long. `lines` are those of the whole document. */
export function foldsOfMail({ line, endLine }: PlacedMail, lines: readonly string[]): Fold[] {
  const folds: Fold[] = [];
  // The separator of an mbox stays in sight, and the fold takes the headers behind it.
  const first = lines[line - 1]?.startsWith('From ') === true ? line + 1 : line;
  if (/^[!-9;-~]+:/.test(lines[first - 1] ?? '')) {
    let last = first;
    while (last < endLine && lines[last]?.trim() !== '') last++;
    if (last - first >= 2) folds.push({ line: first, endLine: last, kind: 'headers' });
  }
  let start = line - 1;
  for (let at = start; at <= endLine; at++) {
    if (at < endLine && lines[at]?.startsWith('>') === true) continue;
    if (at - start >= 3) folds.push({ line: start + 1, endLine: at, kind: 'quote' });
    start = at + 1;
  }
  return folds;
}
