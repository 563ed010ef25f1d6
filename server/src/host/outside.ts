// The analysis child's door to the world, as one value for the core.

import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { neverCancelled, type CancelToken } from '../core/base/cancel.ts';
import type { Outside, ParseOutcome } from '../core/base/outside.ts';
import { emptyIndex, type TreeIndex } from '../core/base/tree-index.ts';
import type { Configure } from '../protocol/analysis.ts';
import { decodeCharset } from './charset.ts';
import { findGit, isGitRepository, readGitBlob } from './git.ts';
import { inflate } from './inflate.ts';
import { createTreeIndex, type IndexOfTree } from './index/tree-index.ts';
import type { TrustedSince } from './index/tree-age.ts';
import type { LoadedParser } from './parser/load-parser.ts';
import { readTreeFile } from './tree/kernel-tree.ts';

/** Told of each parse, so that somebody outside knows which text is at fault when the parser dies or hangs. */
export interface ParseObserver {
  parseBegins(sha1: string): void;
  parseEnds(): void;
}

export interface OutsideParts {
  readonly parser: LoadedParser;
  readonly configure: Pick<Configure, 'kernel' | 'trusted' | 'indexFolders' | 'oneRun'>;
  readonly observer: ParseObserver;
  /** SHA-1 of texts (UTF-8) that are never given to the parser again. */
  readonly quarantined: ReadonlySet<string>;
  /** Where the index of the tree is kept; nowhere by default. */
  readonly cacheFolder?: string | null;
  /** From when on what was seen of the tree counts; not asked for a process that serves one run, which looks once. */
  readonly trustedSince?: TrustedSince;
  /** Ends a question to the index that takes long. */
  readonly cancel?: CancelToken;
}

/** SHA-1 in lower-case hex. */
export function sha1(data: Uint8Array | string): string {
  return createHash('sha1').update(data).digest('hex');
}

function guardedParse(parts: OutsideParts): (text: string) => ParseOutcome {
  const { parser, observer, quarantined } = parts;
  return (text) => {
    const hash = sha1(text);
    if (quarantined.has(hash)) return { ok: false, reason: 'died', detail: 'the parser died on this text' };
    observer.parseBegins(hash);
    const outcome = parser.parse(text);
    observer.parseEnds();
    return outcome;
  };
}

/** Blobs of a trusted git repository; none elsewhere. */
function blobReader(root: string | null, trusted: boolean): (id: string) => Uint8Array | null {
  if (root === null || !trusted || !isGitRepository(root)) return () => null;
  const git = findGit(root);
  return git === null ? () => null : (id) => readGitBlob(git, root, id);
}

/** The world of an analysis process. */
export interface World {
  readonly outside: Outside;
  /** The index of the kernel tree; null without a tree. */
  readonly index: IndexOfTree | null;
}

/** Makes the value through which the core sees the world. A kernel root that cannot be read counts as none. */
export function createOutside(parts: OutsideParts): Outside {
  return openWorld(parts).outside;
}

/** The same with the index behind it. */
export function openWorld(parts: OutsideParts): World {
  let root: string | null = null;
  try {
    if (parts.configure.kernel !== null) root = realpathSync(parts.configure.kernel);
  } catch {
    // The door has already told the user that there is no such folder.
  }
  const tree = root;
  const world = {
    grammar: parts.parser.grammar,
    parse: guardedParse(parts),
    decode: decodeCharset,
    inflate,
    sha1,
    readTree: (path: string) => (tree === null ? null : readTreeFile(tree, path)),
    readBlob: blobReader(tree, parts.configure.trusted),
    hasTree: tree !== null,
  };
  const index = tree === null ? null : indexOf(tree, parts);
  const near = (files: readonly string[]): TreeIndex => index?.near(files) ?? emptyIndex;
  const withIndex = (answers: TreeIndex): Outside => ({
    ...world,
    defines: (name) => answers.defines(name),
    definitions: (name) => answers.definitions(name),
    declarations: (name) => answers.declarations(name),
    opsImplementations: (structType, field) => answers.opsImplementations(structType, field),
    filesBeside: (path) => answers.filesBeside(path),
    macroWords: (path) => answers.macroWords(path),
    ...(answers.state === undefined ? {} : { state: () => answers.state?.() ?? answers }),
    near: (files) => withIndex(near(files)),
  });
  return { outside: withIndex(near([])), index };
}

function indexOf(root: string, parts: OutsideParts): IndexOfTree {
  return createTreeIndex({
    root,
    folders: parts.configure.indexFolders ?? [],
    cacheFolder: parts.cacheFolder ?? null,
    cancel: parts.cancel ?? neverCancelled,
    ...(parts.configure.oneRun === true ? { trustedSince: () => -Infinity } : parts.trustedSince && { trustedSince: parts.trustedSince }),
  });
}
