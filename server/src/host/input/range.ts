// A git range as patches: what `git format-patch` makes of it.

import { findGit, runGit, type GitResult } from '../git.ts';

/** `A..B` or `A..`, of characters that revision names have. Nothing that git could take for an option. */
const rangeForm = /^[A-Za-z0-9_@^~/{}+][\w@^~/{}.+-]*$/;

/** Whether an argument that names no file reads as a git range. */
export function isRange(argument: string): boolean {
  return argument.includes('..') && !argument.split('/').includes('..') && rangeForm.test(argument);
}

/** The patches of a range as one mbox, oldest first. Only to be called in a folder that the user trusts. */
export async function patchesOfRange(repository: string, range: string, signal?: AbortSignal): Promise<GitResult> {
  const git = findGit(repository);
  if (git === null) return { ok: false, message: 'git is not installed' };
  const args = [
    'format-patch',
    '--stdout',
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '--no-signature',
    '--no-attach',
    '--no-thread',
    '--no-cover-letter',
    '--no-notes',
    '--no-relative',
    '--full-index',
    '--find-renames',
    '--numbered',
    '--subject-prefix=PATCH',
    '--src-prefix=a/',
    '--dst-prefix=b/',
    '--end-of-options',
    range,
    '--',
  ];
  return runGit(git, repository, args, signal);
}
