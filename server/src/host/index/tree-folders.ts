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

function entriesOf(root: string, folder: string): Dirent[] {
  if (whyUnsafe(folder) !== null) return [];
  try {
    let full = root;
    for (const name of folder.split('/')) {
      full = join(full, name);
      if (!lstatSync(full).isDirectory()) return [];
    }
    return readdirSync(full, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** The folder and all folders below it, sorted; nothing where there is no such folder. */
export function foldersBelow(root: string, folder: string): string[] {
  const found: string[] = [];
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined && found.length < MAX_FOLDERS; next = pending.pop()) {
    const here = next;
    const entries = entriesOf(root, here);
    if (entries.length > 0) found.push(here);
    for (const entry of entries) if (entry.isDirectory()) pending.push(`${here}/${entry.name}`);
  }
  return found.sort();
}

/** The `.c` and `.h` files of one folder, sorted by name. */
export function filesIn(root: string, folder: string): ListedFile[] {
  const names = entriesOf(root, folder).flatMap((entry) => (entry.isFile() && /\.[ch]$/.test(entry.name) ? [entry.name] : []));
  return names
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
