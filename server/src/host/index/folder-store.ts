// The records of one tree's folders: from memory, from the cache, or scanned. A record is used only for the content that it was made of.

import { createHash } from 'node:crypto';
import { throwIfCancelled, type CancelToken } from '../../core/base/cancel.ts';
import { FolderIndex, readRecord, recordText, type FileRecord } from '../../core/review/treeIndex.ts';
import { readTreeFile } from '../tree/kernel-tree.ts';
import type { CacheFiles } from './cache-files.ts';
import type { TrustedSince } from './tree-age.ts';
import { filesIn, foldersBelow, type ListedFile } from './tree-folders.ts';

/**
 * A file that was changed less than this before it was read may have been changed again at the same time stamp, in milliseconds:
 * the coarsest clock of a file system that is in use.
 */
const RACY_MS = 2000;

interface Entry {
  readonly file: ListedFile;
  /** When it was read, in milliseconds since 1970. */
  readonly seen: number;
  /** SHA-256 of the content. */
  readonly hash: string;
  readonly record: FileRecord;
}

/** What is kept of a file without its record: enough to know its content again. */
type Stamp = Omit<Entry, 'record'>;

interface Folder {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly index: FolderIndex;
  /** When the folder was last compared with the disk. */
  readonly checked: number;
}

export interface FolderStoreParts {
  /** Root of the tree, absolute and without symbolic links. */
  readonly root: string;
  /** Null to keep nothing on disk. */
  readonly cache: CacheFiles | null;
  /** Where the contents of files are kept without their records; nowhere if absent. */
  readonly contents?: CacheFiles | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly trustedSince: TrustedSince;
}

export class FolderStore {
  private readonly folders = new Map<string, Folder>();
  private readonly lists = new Map<string, { readonly folders: readonly string[]; readonly checked: number }>();
  /** Names of C files by folder, as the last listing of all folders below one showed them. */
  private readonly names = new Map<string, { readonly names: readonly string[]; readonly checked: number }>();
  private readonly listed = new Map<string, { readonly files: readonly ListedFile[]; readonly checked: number }>();
  /** By folder; null until somebody asks for a folder's content. */
  private stamps: Map<string, readonly Stamp[]> | null = null;
  private stampsChanged = false;
  private readonly words = new WeakMap<readonly Stamp[], string>();
  /** Which list of the disk's files some stamps were found to be those of. */
  private readonly compared = new WeakMap<readonly Stamp[], readonly ListedFile[]>();

  constructor(private readonly parts: FolderStoreParts) {}

  /** A folder and all folders below it, sorted. */
  below(folder: string): readonly string[] {
    const known = this.lists.get(folder);
    const now = this.parts.now();
    if (known && this.isFresh(known.checked, now)) return known.folders;
    const listed = foldersBelow(this.parts.root, folder);
    for (const [path, names] of listed) this.names.set(path, { names, checked: now });
    const folders = [...listed.keys()];
    this.lists.set(folder, { folders, checked: now });
    return folders;
  }

  private isFresh(checked: number, now: number): boolean {
    return now >= checked && checked > this.parts.trustedSince(now);
  }

  private filesOf(folder: string): readonly ListedFile[] {
    const known = this.listed.get(folder);
    const now = this.parts.now();
    if (known && this.isFresh(known.checked, now)) return known.files;
    const shown = this.names.get(folder);
    const fresh = shown && this.isFresh(shown.checked, now) ? shown : null;
    const files = filesIn(this.parts.root, folder, fresh?.names);
    this.listed.set(folder, { files, checked: fresh?.checked ?? now });
    return files;
  }

  /**
   * The content of some folders in one word: equal for equal names and texts of their files. Files that did not change since their
   * content was last looked at are not read. Throws `Cancelled` between two files.
   */
  content(folders: readonly string[], cancel: CancelToken): string {
    const words = folders.map((folder) => this.wordOf(this.stampsOf(folder, cancel)));
    return createHash('sha256').update(words.join('\n')).digest('hex');
  }

  /** SHA-256 of a file's text as the content of its folder counts it; null for a file of a folder that was not asked for. */
  hashOf(path: string): string | null {
    const folder = path.slice(0, path.lastIndexOf('/'));
    const known = this.folders.get(folder)?.entries.get(path) ?? this.stamps?.get(folder)?.find((one) => one.file.path === path);
    return known?.hash ?? null;
  }

  /** Keeps on disk what was learnt of contents, for the next process. */
  keepContents(): void {
    if (!this.stampsChanged || !this.stamps) return;
    this.stampsChanged = false;
    this.parts.contents?.write(this.parts.root, [...this.stamps]);
  }

  /** The names and contents of a folder's files in one word. */
  private wordOf(stamps: readonly Stamp[]): string {
    let word = this.words.get(stamps);
    if (word === undefined) {
      const rows = stamps.map(({ file, hash }) => `${file.path}\0${hash}\n`);
      this.words.set(stamps, (word = createHash('sha256').update(rows.join('')).digest('hex')));
    }
    return word;
  }

  private stampsOf(folder: string, cancel: CancelToken): readonly Stamp[] {
    this.stamps ??= readStamps(this.parts.contents?.read(this.parts.root) ?? null);
    const known = this.stamps.get(folder);
    const files = this.filesOf(folder);
    // The very list that was compared before is one that the disk was not asked for again.
    if (known && this.compared.get(known) === files) return known;
    if (known?.length === files.length && files.every((file, at) => isStampOf(known[at], file))) {
      this.compared.set(known, files);
      return known;
    }
    this.read(folder, cancel);
    const stamps = [...(this.folders.get(folder)?.entries.values() ?? [])].map(({ file, seen, hash }) => ({ file, seen, hash }));
    this.stamps.set(folder, stamps);
    this.stampsChanged = true;
    return stamps;
  }

  /** The files of a folder as they are now. Throws `Cancelled` between two files. */
  read(folder: string, cancel: CancelToken): FolderIndex {
    const known = this.folders.get(folder);
    const now = this.parts.now();
    if (known && this.isFresh(known.checked, now)) return known.index;
    const old = known?.entries ?? this.fromCache(folder);
    const entries = new Map<string, Entry>();
    let isSame = true;
    // A file that was only looked at again says what it said.
    let sameRecords = known !== undefined;
    for (const file of this.filesOf(folder)) {
      throwIfCancelled(cancel);
      const before = old.get(file.path);
      const entry = before && isCurrent(before, file) ? before : this.scan(file, before);
      if (entry === null) continue;
      isSame &&= entry === before;
      sameRecords &&= entry.record === before?.record;
      entries.set(file.path, entry);
    }
    isSame &&= entries.size === old.size;
    if (!isSame) this.toCache(folder, entries);
    const index =
      known && sameRecords && entries.size === old.size
        ? known.index
        : new FolderIndex([...entries.values()].map((entry) => ({ path: entry.file.path, record: entry.record })));
    this.folders.set(folder, { entries, index, checked: now });
    return index;
  }

  /** Reads a file again; its record stays where the content is what it was. */
  private scan(file: ListedFile, before: Entry | undefined): Entry | null {
    const seen = this.parts.now();
    const bytes = readTreeFile(this.parts.root, file.path);
    if (bytes === null) return null;
    const hash = createHash('sha256').update(bytes).digest('hex');
    // Bytes as characters: what the index looks at is ASCII.
    const record =
      before?.hash === hash ? before.record : recordText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
    return { file, seen, hash, record };
  }

  private key(folder: string): string {
    return `${this.parts.root}\0${folder}`;
  }

  private fromCache(folder: string): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    const rows: unknown = this.parts.cache?.read(this.key(folder)) ?? null;
    if (!Array.isArray(rows)) return entries;
    for (const row of rows as unknown[]) {
      const entry = readEntry(row);
      if (entry) entries.set(entry.file.path, entry);
    }
    return entries;
  }

  private toCache(folder: string, entries: ReadonlyMap<string, Entry>): void {
    this.parts.cache?.write(this.key(folder), [...entries.values()]);
  }
}

/** Whether the file cannot have changed since its record was made. */
function isCurrent(entry: Stamp, now: ListedFile): boolean {
  const { file, seen } = entry;
  const isSame = file.size === now.size && file.inode === now.inode && file.modified === now.modified && file.changed === now.changed;
  return isSame && seen - Math.max(file.modified, file.changed) >= RACY_MS;
}

function isStampOf(stamp: Stamp | undefined, file: ListedFile): boolean {
  return stamp?.file.path === file.path && isCurrent(stamp, file);
}

function readStamps(rows: unknown): Map<string, readonly Stamp[]> {
  const stamps = new Map<string, readonly Stamp[]>();
  for (const row of Array.isArray(rows) ? (rows as unknown[]) : []) {
    const [folder, files] = Array.isArray(row) ? (row as unknown[]) : [];
    if (typeof folder === 'string' && Array.isArray(files))
      stamps.set(
        folder,
        (files as unknown[]).flatMap((one) => readStamp(one) ?? []),
      );
  }
  return stamps;
}

function readEntry(value: unknown): Entry | null {
  const stamp = readStamp(value);
  const record = stamp && readRecord((value as Partial<Record<keyof Entry, unknown>>).record);
  return record && { ...stamp, record };
}

function readStamp(value: unknown): Stamp | null {
  if (typeof value !== 'object' || value === null) return null;
  const { file, seen, hash } = value as Partial<Record<keyof Stamp, unknown>>;
  if (typeof file !== 'object' || file === null || typeof seen !== 'number' || typeof hash !== 'string') return null;
  const { path, size, inode, modified, changed } = file as Partial<Record<keyof ListedFile, unknown>>;
  if (typeof path !== 'string' || typeof size !== 'number' || typeof inode !== 'number') return null;
  if (typeof modified !== 'number' || typeof changed !== 'number') return null;
  return { file: { path, size, inode, modified, changed }, seen, hash };
}
