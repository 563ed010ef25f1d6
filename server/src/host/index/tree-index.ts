// The index of a kernel tree: reads the folders that a question needs, when the first question comes.

import type { CancelToken } from '../../core/base/cancel.ts';
import { askFolders, macroWordsOf, RECORD_VERSION, type FolderIndex, type TreeIndex } from '../../core/review/treeIndex.ts';
import { readTreeFile } from '../tree/kernel-tree.ts';
import { CacheFiles } from './cache-files.ts';
import { FolderStore } from './folder-store.ts';

/** Folders that are always covered, with all below them. */
const standingFolders = ['drivers/base', 'drivers/iommu', 'drivers/vfio', 'include/linux', 'include/uapi/linux'];
/** The headers whose macros every file may use. */
const headers = 'include/linux';

/** How long the disk is not looked at again, in milliseconds: questions of one review, and of one batch, come in quick succession. */
const TRUST_MS = 500;

export interface TreeIndexParts {
  /** Root of the tree, absolute and without symbolic links. */
  readonly root: string;
  /** Further folders that are always covered, with all below them. */
  readonly folders: readonly string[];
  /** Where scanned files are kept; null for nowhere. */
  readonly cacheFolder: string | null;
  /** Asked between files; a question to the index throws `Cancelled` when it says so. */
  readonly cancel: CancelToken;
  /** Milliseconds since 1970, and how long the disk is trusted; the system's clock and half a second by default. */
  readonly now?: () => number;
  readonly trustMs?: number;
}

/** Makes an index over a tree. `near` gives one that covers the folders of some files too. */
export function createTreeIndex(parts: TreeIndexParts): { near: (files: readonly string[]) => TreeIndex } {
  const store = new FolderStore({
    root: parts.root,
    cache: parts.cacheFolder === null ? null : new CacheFiles(parts.cacheFolder, 'index', RECORD_VERSION),
    now: parts.now ?? Date.now,
    trustMs: parts.trustMs ?? TRUST_MS,
  });
  const memory = new MacroMemory();
  return { near: (files) => new Answers(parts, store, memory, files) };
}

/** The macro words of the last sets of folders that were asked for: the same folders give the very same object. */
class MacroMemory {
  private readonly kept: {
    readonly folders: readonly FolderIndex[];
    readonly clangFormat: string;
    readonly words: ReturnType<typeof macroWordsOf>;
  }[] = [];

  words(folders: readonly FolderIndex[], clangFormat: string): ReturnType<typeof macroWordsOf> {
    const known = this.kept.find(
      (one) =>
        one.clangFormat === clangFormat &&
        one.folders.length === folders.length &&
        one.folders.every((folder, at) => folder === folders[at]),
    );
    if (known) return known.words;
    const words = macroWordsOf(folders, clangFormat);
    if (this.kept.length >= 16) this.kept.shift();
    this.kept.push({ folders, clangFormat, words });
    return words;
  }
}

function folderOf(file: string): string | null {
  const slash = file.lastIndexOf('/');
  return slash > 0 ? file.slice(0, slash) : null;
}

class Answers implements TreeIndex {
  private folders: readonly FolderIndex[] | null = null;
  private readonly definitionsOf = new Map<string, ReturnType<TreeIndex['definitions']>>();
  private readonly words = new Map<string, ReturnType<typeof macroWordsOf>>();

  constructor(
    private readonly parts: TreeIndexParts,
    private readonly store: FolderStore,
    private readonly memory: MacroMemory,
    private readonly files: readonly string[],
  ) {}

  defines(name: string): readonly string[] {
    return askFolders(
      this.all(),
      (folder) => folder.defines(name),
      (path) => path,
    );
  }

  definitions(name: string): ReturnType<TreeIndex['definitions']> {
    let known = this.definitionsOf.get(name);
    if (known === undefined) {
      known = askFolders(
        this.all(),
        (folder) => folder.definitions(name),
        (one) => one.path,
      );
      this.definitionsOf.set(name, known);
    }
    return known;
  }

  declarations(name: string): ReturnType<TreeIndex['declarations']> {
    return askFolders(
      this.all(),
      (folder) => folder.declarations(name),
      (one) => one.path,
    );
  }

  opsImplementations(structType: string, field: string): ReturnType<TreeIndex['opsImplementations']> {
    return askFolders(
      this.all(),
      (folder) => folder.opsImplementations(structType, field),
      (one) => one.path,
    );
  }

  macroWords(path: string): ReturnType<TreeIndex['macroWords']> {
    const folder = folderOf(path) ?? headers;
    const known = this.words.get(folder);
    if (known) return known;
    const names = new Set(this.store.below(headers));
    names.add(folder);
    const folders = [...names].sort().map((name) => this.store.read(name, this.parts.cancel));
    const clangFormat = Buffer.from(readTreeFile(this.parts.root, '.clang-format') ?? []).toString('latin1');
    const words = this.memory.words(folders, clangFormat);
    this.words.set(folder, words);
    return words;
  }

  /** Every folder that is covered, read once for this view. */
  private all(): readonly FolderIndex[] {
    if (this.folders === null) {
      const names = new Set([...standingFolders, ...this.parts.folders].flatMap((folder) => this.store.below(folder)));
      for (const file of this.files) {
        const folder = folderOf(file);
        if (folder !== null) names.add(folder);
      }
      this.folders = [...names].sort().map((name) => this.store.read(name, this.parts.cancel));
    }
    return this.folders;
  }
}
