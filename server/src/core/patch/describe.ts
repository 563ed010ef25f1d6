// `print patch`: what git sees in a mail, as plain data for tools and for comparison with git itself.

import type { Problem } from '../../protocol/report.ts';
import { findBase, type BaseOutside } from './diff/base.ts';
import { bytesOf } from './bytes.ts';
import type { FileChange, Message, Patch } from './types.ts';

export interface DescribedFile {
  readonly path: string;
  /** Null for a binary change. */
  readonly added: number | null;
  readonly deleted: number | null;
  /** With a kernel tree: the base that was found (`blob <id>`, `tree`, `tree+fuzz`, `tree-is-after`, `hunks`). */
  readonly base?: string;
  /** With a kernel tree: git's id of the file after the patch; null where there is none (deleted, or nothing to apply to). */
  readonly after?: string | null;
}

export type Summary =
  | { readonly kind: 'create' | 'delete'; readonly mode: string | null; readonly path: string }
  | { readonly kind: 'mode'; readonly from: string; readonly to: string; readonly path: string }
  | { readonly kind: 'rename' | 'copy' | 'rewrite'; readonly names: string; readonly similarity: number };

export interface DescribedPatch {
  readonly subject: string | null;
  readonly author: string | null;
  readonly email: string | null;
  readonly date_epoch: number | null;
  readonly date_tz: string | null;
  /** As they stand in the header, with their angle brackets. */
  readonly message_id: string | null;
  readonly in_reply_to: string | null;
  readonly message: string;
  readonly files: readonly DescribedFile[];
  readonly summary: readonly Summary[];
  /** Per file, per hunk: old start, old lines, new start, new lines. */
  readonly hunk_headers: readonly (readonly (readonly [number, number, number, number])[])[];
  readonly problems: readonly Problem[];
  readonly quoted: DescribedPatch | null;
}

/**
 * Describes what git makes of a message, without scissors. A mail that git refuses has no files; the first of its `problems` says why
 * (kinds: `corrupt`, `no-patch`, `fragment-without-header`, `bad-header`, `name-mismatch`, `unsafe-path`, `not-unified`, `bad-mail`).
 * A patch recovered from quotes stands in `quoted`. With a tree outside, each file also says its base and the blob id after the patch.
 */
export function describePatch(message: Message, outside: BaseOutside): DescribedPatch {
  const { git } = message;
  const field = (name: string): string | null => message.fields.find((one) => one.name.toLowerCase() === name)?.value.trim() ?? null;
  const problems: Problem[] = git.refusal === null ? [] : [git.refusal];
  for (const problem of [...message.problems, ...(message.patch?.problems ?? [])]) {
    if (!problems.some((one) => one.kind === problem.kind && one.line === problem.line)) problems.push(problem);
  }
  return {
    subject: git.subject,
    author: git.author,
    email: git.email,
    date_epoch: git.dateEpoch,
    date_tz: git.dateZone,
    message_id: field('message-id'),
    in_reply_to: field('in-reply-to'),
    message: git.message,
    ...describeFiles(git.files, outside),
    problems,
    quoted: message.quoted === null ? null : describeQuoted(message.quoted, outside),
  };
}

function describeQuoted(patch: Patch, outside: BaseOutside): DescribedPatch {
  return {
    subject: patch.subject,
    author: null,
    email: null,
    date_epoch: null,
    date_tz: null,
    message_id: null,
    in_reply_to: null,
    message: patch.commitMessage.map((line) => `${line.text}\n`).join(''),
    ...describeFiles(patch.files, outside),
    problems: patch.problems,
    quoted: null,
  };
}

function describeFiles(files: readonly FileChange[], outside: BaseOutside): Pick<DescribedPatch, 'files' | 'summary' | 'hunk_headers'> {
  const bases = outside.hasTree ? basesOf(files, outside) : [];
  return {
    files: files.map((file, at) => ({ ...counts(file), ...bases[at] })),
    summary: files.flatMap(summaryOf),
    hunk_headers: files.map((file) => file.hunks.map((hunk) => [hunk.oldStart, hunk.oldCount, hunk.newStart, hunk.newCount] as const)),
  };
}

/** The base of each change; one that comes later in the text stands on what the earlier ones left. */
function basesOf(files: readonly FileChange[], outside: BaseOutside): { base: string; after: string | null }[] {
  const left = new Map<string, Uint8Array | null>();
  const onTop: BaseOutside = {
    hasTree: true,
    readTree: (path) => {
      const bytes = left.get(path);
      return bytes === undefined ? outside.readTree(path) : bytes;
    },
    readBlob: (id) => outside.readBlob(id),
    sha1: (bytes) => outside.sha1(bytes),
  };
  return files.map((file) => {
    const { base, after, afterId } = findBase(file, onTop);
    if (file.oldPath !== null && file.oldPath !== file.newPath && file.kind !== 'copy') left.set(file.oldPath, null);
    if (file.newPath !== null && after !== null) left.set(file.newPath, bytesOf(after));
    return { base, after: afterId };
  });
}

function counts(file: FileChange): DescribedFile {
  const path = file.newPath ?? file.oldPath ?? '';
  if (file.binary) return { path, added: null, deleted: null };
  let added = 0;
  let deleted = 0;
  for (const hunk of file.hunks) {
    for (const line of hunk.lines) {
      if (line.kind === 'added') added++;
      else if (line.kind === 'removed') deleted++;
    }
  }
  return { path, added, deleted };
}

/** What `git apply --summary` says of a file. */
function summaryOf(file: FileChange): Summary[] {
  const path = file.newPath ?? file.oldPath ?? '';
  if (file.kind === 'create') return [{ kind: 'create', mode: file.newMode, path }];
  if (file.kind === 'delete') return [{ kind: 'delete', mode: file.oldMode, path }];
  const said: Summary[] = [];
  const similarity = file.similarity ?? 0;
  if (file.kind === 'rename' || file.kind === 'copy') {
    said.push({ kind: file.kind, names: renameNames(file.oldPath ?? '', path), similarity });
  } else if (similarity > 0) said.push({ kind: 'rewrite', names: path, similarity });
  if (file.oldMode !== null && file.newMode !== null && file.oldMode !== file.newMode) {
    said.push({ kind: 'mode', from: file.oldMode, to: file.newMode, path });
  }
  return said;
}

/** `common/{old => new}`, as git shortens the names of a rename. */
function renameNames(oldPath: string, newPath: string): string {
  const oldParts = oldPath.split('/');
  const newParts = newPath.split('/');
  let same = 0;
  while (same < oldParts.length - 1 && same < newParts.length - 1 && oldParts[same] === newParts[same]) same++;
  if (same === 0) return `${oldPath} => ${newPath}`;
  const common = oldParts.slice(0, same).join('/');
  return `${common}/{${oldParts.slice(same).join('/')} => ${newParts.slice(same).join('/')}}`;
}
