// Finding a kernel tree, and reading files of it without ever leaving it.

import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { isInPlainFolders, standsAt } from './plain-way.ts';
import { whyUnsafe } from './tree-path.ts';

/** Larger files of a tree are not read, in bytes. */
const MAX_FILE = 16 * 1024 * 1024;

/** What stands at the top of every kernel tree since 2.6. */
const landmarks = ['MAINTAINERS', 'Kbuild', 'Makefile', 'drivers', 'include/linux'];

/** Whether a folder is the top of a Linux kernel tree. */
export function isKernelTree(folder: string): boolean {
  return landmarks.every((name) => existsSync(join(folder, name)));
}

/** The kernel tree around a file or folder, as an absolute path without symbolic links; null if there is none. */
export function findKernelTree(start: string): string | null {
  let folder: string;
  try {
    folder = realpathSync(resolve(start));
    if (!statSync(folder).isDirectory()) folder = dirname(folder);
  } catch {
    return null;
  }
  for (;;) {
    if (isKernelTree(folder)) return folder;
    const above = dirname(folder);
    if (above === folder) return null;
    folder = above;
  }
}

/** Path of a file inside a tree, with slashes, or null where it stands outside. `root` has no symbolic links. */
export function pathInTree(root: string, file: string): string | null {
  let path: string;
  try {
    path = relative(root, realpathSync(resolve(file)));
  } catch {
    return null;
  }
  const slashed = path.split(sep).join('/');
  return whyUnsafe(slashed) === null ? slashed : null;
}

function readAll(fd: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let done = 0;
  while (done < size) {
    const count = readSync(fd, bytes, done, size - done, done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

/**
 * A file of the tree by its path from the root; null for a path that our rule refuses, for anything but a plain file, and where a
 * symbolic link stands on the way. The way is looked at again after opening, so that a link swapped in meanwhile gives nothing.
 * `root` must be absolute and without symbolic links.
 */
export function readTreeFile(root: string, path: string): Uint8Array | null {
  if (whyUnsafe(path) !== null) return null;
  let fd: number | null = null;
  try {
    const full = join(root, path);
    if (!isInPlainFolders(root, path) || lstatSync(full, { throwIfNoEntry: false })?.isFile() !== true) return null;
    fd = openSync(full, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    const opened = fstatSync(fd);
    if (!opened.isFile() || opened.size > MAX_FILE) return null;
    return standsAt(root, path, { fd, stats: opened }) ? readAll(fd, opened.size) : null;
  } catch {
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}
