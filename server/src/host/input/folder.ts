// The files of a folder that are worth reading: C sources, mails and patches, a maildir, an archive with one mail a file.

import { closeSync, openSync, readSync, readdirSync, statSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { beginsLikeMail, isMailName, isSourceName } from './kind.ts';
import type { InputLimits } from './limits.ts';

/** Names without a known ending are looked into. Other endings (`.rst`, `.o`) are left alone. */
const plainName = /^[^.]+$|\.(?:txt|msg|\d+)$$/;
const LOOK_SIZE = 2048;

export interface FolderFiles {
  /** Paths below the folder, in the order of their names. */
  readonly files: readonly string[];
  /** True where a limit on files or depth, or a folder that cannot be read, cut the walk. */
  readonly isCut: boolean;
}

function looksLikeMail(path: string): boolean {
  try {
    const fd = openSync(path, 'r');
    try {
      const head = Buffer.alloc(LOOK_SIZE);
      return beginsLikeMail(head.subarray(0, readSync(fd, head, 0, LOOK_SIZE, 0)));
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

function isMaildir(folder: string): boolean {
  return ['cur', 'new'].every((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory() ?? false);
}

/** The entries of a folder, or null for one below the named folder that cannot be read. */
function entriesOf(path: string, depth: number): Dirent[] | null {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith('.'))
      .sort(byName);
  } catch (error) {
    if (depth === 0) throw error;
    return null;
  }
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Walks a folder, depth by depth in the order of names. Symbolic links, hidden files and what is neither C nor mail are left out. */
export function filesOfFolder(folder: string, limits: InputLimits): FolderFiles {
  const files: string[] = [];
  let isCut = false;
  const isMails = isMaildir(folder);
  const isWanted = (name: string, full: string): boolean =>
    isMails || isSourceName(name) || isMailName(name) || (plainName.test(name) && looksLikeMail(full));
  const starts = isMails ? [join(folder, 'cur'), join(folder, 'new')] : [folder];
  const waiting = starts.reverse().map((path) => ({ path, depth: 0 }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, depth } = next;
    const entries = entriesOf(path, depth);
    if (entries === null) {
      isCut = true;
      continue;
    }
    const below: { path: string; depth: number }[] = [];
    for (const entry of entries) {
      const full = join(path, entry.name);
      if (entry.isDirectory()) {
        if (depth < limits.maxDepth) below.push({ path: full, depth: depth + 1 });
        else isCut = true;
      } else if (entry.isFile() && isWanted(entry.name, full)) {
        if (files.length >= limits.maxFiles) return { files, isCut: true };
        files.push(full);
      }
    }
    waiting.push(...below.reverse());
  }
  return { files, isCut };
}
