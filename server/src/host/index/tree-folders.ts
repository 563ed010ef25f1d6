// Lists the C files of a kernel tree's folders, without ever following a link.

import { lstatSync, readdirSync, type Dirent, type Stats } from 'node:fs';
import { join } from 'node:path';
import { whyUnsafe } from '../tree/tree-path.ts';

/** Folders below one that are listed at most, and files in one folder. */
const MAX_FOLDERS = 5000;
const MAX_FILES = 20_000;

/** A C file as the file system shows it. */
export interface ListedFile {
  /** Path from the tree's root. */
  readonly path: string;
  readonly size: number;
  readonly inode: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly changed: number;
}

/** What stands in a folder; nothing where a link stands on the way. `checked`: what lies above was just found to be folders. */
function entriesOf(root: string, folder: string, checked = false): Dirent[] {
  if (whyUnsafe(folder) !== null) return [];
  try {
    let full = root;
    const names = folder.split('/');
    for (const [at, name] of names.entries()) {
      full = join(full, name);
      if ((!checked || at === names.length - 1) && !lstatSync(full).isDirectory()) return [];
    }
    return readdirSync(full, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** The folder and all folders below it, sorted, with the names of their C files; nothing where there is no such folder. */
export function foldersBelow(root: string, folder: string): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined && found.size < MAX_FOLDERS; next = pending.pop()) {
    const here = next;
    const entries = entriesOf(root, here, here !== folder);
    if (entries.length > 0) found.set(here, namesOfCode(entries));
    for (const entry of entries) if (entry.isDirectory()) pending.push(`${here}/${entry.name}`);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function namesOfCode(entries: readonly Dirent[]): string[] {
  return entries.flatMap((entry) => (entry.isFile() && /\.[ch]$/.test(entry.name) ? [entry.name] : []));
}

/** The `.c` and `.h` files of one folder, sorted by name; `names` are those that stand in it, where they are known. */
export function filesIn(root: string, folder: string, names: readonly string[] = namesOfCode(entriesOf(root, folder))): ListedFile[] {
  return [...names]
    .sort()
    .slice(0, MAX_FILES)
    .flatMap((name): ListedFile[] => {
      const path = `${folder}/${name}`;
      const stats = whyUnsafe(path) === null ? statOf(join(root, path)) : null;
      if (!stats?.isFile()) return [];
      return [{ path, size: stats.size, inode: stats.ino, modified: stats.mtimeMs, changed: stats.ctimeMs }];
    });
}

function statOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}
