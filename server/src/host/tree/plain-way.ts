// Whether the way to a file of a tree is what it seems: folders, and no symbolic link.

import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folders that were found to be no links, from the root on. What they are by then is looked at again behind each opening. */
const plainFolders = new Set<string>();

/** Whether every folder on the way to a file is a folder, and no symbolic link; a folder is looked at once. */
export function isInPlainFolders(root: string, path: string): boolean {
  if (plainFolders.has(join(root, dirname(path)))) return true;
  let full = root;
  for (const name of path.split('/').slice(0, -1)) {
    full = join(full, name);
    if (lstatSync(full, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  }
  plainFolders.add(full);
  return true;
}

/** A file that was opened; `fd` is null where its number is not to be asked. */
export interface OpenedFile {
  readonly fd: number | null;
  readonly stats: Stats;
}

/** Whether an opened file stands where its path in the tree says, with no symbolic link on the way. `root` has none. */
export function standsAt(root: string, path: string, { fd, stats: opened }: OpenedFile): boolean {
  if (fd !== null && nameOf(fd) === join(root, path)) return true;
  let full = root;
  let stats: Stats | undefined;
  for (const name of path.split('/')) {
    if (stats?.isDirectory() === false) return false;
    full = join(full, name);
    stats = lstatSync(full, { throwIfNoEntry: false });
  }
  return stats?.ino === opened.ino && stats.dev === opened.dev;
}

/** Where Linux says that an open file stands, without symbolic links; null on systems that do not say it. */
function nameOf(fd: number): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${String(fd)}`);
  } catch {
    return null;
  }
}
