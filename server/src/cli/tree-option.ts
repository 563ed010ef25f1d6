// Which kernel tree a command works with, and whether git may run there.

import { realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isGitRepository } from '../host/git.ts';
import { isRange } from '../host/input/range.ts';
import { findKernelTree, isKernelTree } from '../host/tree/kernel-tree.ts';
import { say, UsageError } from './output.ts';

export interface ChosenTree {
  /** Root of the kernel tree, absolute and without symbolic links, or null. */
  readonly kernel: string | null;
  /** True only for a tree that the user named: git is not run in a folder merely because an input lies in it. */
  readonly trusted: boolean;
  /** Where a git range is looked up, or null. */
  readonly repository: string | null;
}

function namedTree(folder: string): string {
  let root: string;
  try {
    root = realpathSync(resolve(folder));
    if (!statSync(root).isDirectory()) throw new UsageError(`--kernel ${folder}: not a folder`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`--kernel ${folder}: there is no such folder`);
  }
  if (!isKernelTree(root)) say(`${folder} does not look like the top of a kernel tree (no MAINTAINERS, Kbuild, drivers/)`);
  return root;
}

function repositoryAround(start: string): string | null {
  for (let folder = start; ; folder = dirname(folder)) {
    if (isGitRepository(folder)) return folder;
    if (dirname(folder) === folder) return null;
  }
}

/** The tree of `--kernel`; without it, the one around the first input that lies in one, or around the working folder. */
export function chooseTree(option: string | undefined, inputs: readonly string[]): ChosenTree {
  const cwd = process.cwd();
  // Naming a range asks for git.
  const repository = inputs.some(isRange) ? repositoryAround(option === undefined ? cwd : resolve(option)) : null;
  if (option !== undefined) return { kernel: namedTree(option), trusted: true, repository };
  for (const input of [...inputs.filter((text) => text !== '-'), cwd]) {
    const kernel = findKernelTree(input);
    if (kernel !== null) return { kernel, trusted: kernel === repository, repository };
  }
  return { kernel: null, trusted: false, repository };
}
