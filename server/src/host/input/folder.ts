// The files of a folder that are worth reading: C sources, mails and patches, a maildir, an archive with one mail a file.

import { closeSync, openSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beginsLikeMail, isMailName, isSourceName } from './kind.ts';
import type { InputLimits } from './limits.ts';

/** Names without a known ending are looked into. Other endings (`.rst`, `.o`) are left alone. */
const plainName = /^[^.]+$|\.(?:txt|msg|\d+)$|:2,[A-Za-z]*$/;
const LOOK_SIZE = 2048;

export interface FolderFiles {
  /** Paths below the folder, in the order of their names. */
  readonly files: readonly string[];
  /** True where the limits on files or depth cut the walk. */
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

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Walks a folder, depth by depth in the order of names. Symbolic links, hidden files and what is neither C nor mail are left out. */
export function filesOfFolder(folder: string, limits: InputLimits): FolderFiles {
  const files: string[] = [];
  let isCut = false;
  const starts = isMaildir(folder) ? [join(folder, 'cur'), join(folder, 'new')] : [folder];
  const waiting = starts.reverse().map((path) => ({ path, depth: 0 }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, depth } = next;
    const entries = readdirSync(path, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith('.'))
      .sort(byName);
    const below: { path: string; depth: number }[] = [];
    for (const entry of entries) {
      const full = join(path, entry.name);
      if (entry.isDirectory()) {
        if (depth < limits.maxDepth) below.push({ path: full, depth: depth + 1 });
        else isCut = true;
      } else if (
        entry.isFile() &&
        (isSourceName(entry.name) || isMailName(entry.name) || (plainName.test(entry.name) && looksLikeMail(full)))
      ) {
        if (files.length >= limits.maxFiles) return { files, isCut: true };
        files.push(full);
      }
    }
    waiting.push(...below.reverse());
  }
  return { files, isCut };
}
