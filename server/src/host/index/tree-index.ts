// The index of a kernel tree: reads the folders that a question needs, when the first question comes.

import { createHash } from 'node:crypto';
import type { CancelToken } from '../../core/base/cancel.ts';
import { askFolders, FolderMacros, RECORD_VERSION, type FolderIndex, type TreeIndex } from '../../core/review/treeIndex.ts';
import { readTreeFile } from '../tree/kernel-tree.ts';
import { CacheFiles } from './cache-files.ts';
import { FolderStore } from './folder-store.ts';
import { usualTrust, type TrustedSince } from './tree-age.ts';

/** Folders that are always covered, with all below them. */
const standingFolders = ['drivers/base', 'drivers/iommu', 'drivers/vfio', 'include/linux', 'include/uapi/linux'];
/** The headers whose macros every file may use. */
const headers = 'include/linux';

export interface TreeIndexParts {
  /** Root of the tree, absolute and without symbolic links. */
  readonly root: string;
  /** Further folders that are always covered, with all below them. */
  readonly folders: readonly string[];
  /** Where scanned files are kept; null for nowhere. */
  readonly cacheFolder: string | null;
  /** Asked between files; a question to the index throws `Cancelled` when it says so. */
  readonly cancel: CancelToken;
  /** Milliseconds since 1970; the system's clock by default. */
  readonly now?: () => number;
  /** Half a second by default. */
  readonly trustedSince?: TrustedSince;
}

/** An index over a tree. */
export interface IndexOfTree {
  /** Answers that cover the folders of some files too. */
  near(files: readonly string[]): TreeIndex;
  /** What all answers of `near(files)` rest on, in one word: equal for equal texts, whatever was asked before. */
  content(files: readonly string[]): string;
  /** SHA-256 of a file's text, as `content` counted it; null for a file that is not covered. */
  hashOf(path: string): string | null;
}

const CONTENTS_VERSION = 1;

/** Makes an index over a tree. */
export function createTreeIndex(parts: TreeIndexParts): IndexOfTree {
  const cacheOf = (kind: string, version: number): CacheFiles | null =>
    parts.cacheFolder === null ? null : new CacheFiles(parts.cacheFolder, kind, version);
  const store = new FolderStore({
    root: parts.root,
    cache: cacheOf('index', RECORD_VERSION),
    contents: cacheOf('contents', CONTENTS_VERSION),
    now: parts.now ?? Date.now,
    trustedSince: parts.trustedSince ?? usualTrust,
  });
  const memory = new ViewMemory();
  return {
    near: (files) => new Answers(parts, store, memory, files),
    content: (files) => {
      const content = store.content(coveredFolders(parts, store, files), parts.cancel);
      store.keepContents();
      return sha256(`${content} ${sha256(clangFormatOf(parts))}`);
    },
    hashOf: (path) => store.hashOf(path),
  };
}

type Words = ReturnType<TreeIndex['macroWords']>;

/** What some folders answer together, each name looked up once. The folders do not change. */
class View {
  private readonly definitionsOf = new Map<string, ReturnType<TreeIndex['definitions']>>();
  private readonly definersOf = new Map<string, readonly string[]>();
  private macros: FolderMacros | null = null;
  private clangFormat: string | null = null;
  private readonly wordsOf = new Map<FolderIndex | null, Words>();

  constructor(readonly folders: readonly FolderIndex[]) {}

  defines(name: string): readonly string[] {
    let known = this.definersOf.get(name);
    if (known === undefined) {
      known = askFolders(
        this.folders,
        (folder) => folder.defines(name),
        (path) => path,
      );
      this.definersOf.set(name, known);
    }
    return known;
  }

  definitions(name: string): ReturnType<TreeIndex['definitions']> {
    let known = this.definitionsOf.get(name);
    if (known === undefined) {
      known = askFolders(
        this.folders,
        (folder) => folder.definitions(name),
        (one) => one.path,
      );
      this.definitionsOf.set(name, known);
    }
    return known;
  }

  /** Macros of these folders and of one more. The same object for the same folders and the same text of `.clang-format`. */
  macroWords(one: FolderIndex | null, clangFormat: string): Words {
    if (this.clangFormat !== clangFormat) this.wordsOf.clear();
    this.clangFormat = clangFormat;
    this.macros ??= new FolderMacros(this.folders);
    let known = this.wordsOf.get(one);
    if (known === undefined) {
      const macros = one === null ? this.macros : new FolderMacros([one], this.macros);
      this.wordsOf.set(one, (known = macros.words(clangFormat)));
    }
    return known;
  }
}

/** So many sets of folders are remembered. */
const VIEWS = 16;

/** The last sets of folders that were asked: the same folders with the same files give the very same view. */
class ViewMemory {
  private readonly kept: View[] = [];

  of(folders: readonly FolderIndex[]): View {
    const known = this.kept.find(
      (one) => one.folders.length === folders.length && one.folders.every((folder, at) => folder === folders[at]),
    );
    if (known) return known;
    const view = new View(folders);
    if (this.kept.length >= VIEWS) this.kept.shift();
    this.kept.push(view);
    return view;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function clangFormatOf({ root }: TreeIndexParts): string {
  return Buffer.from(readTreeFile(root, '.clang-format') ?? []).toString('latin1');
}

/** Every folder that answers for some files cover, sorted. */
function coveredFolders(parts: TreeIndexParts, store: FolderStore, files: readonly string[]): string[] {
  const names = new Set([...standingFolders, ...parts.folders].flatMap((folder) => store.below(folder)));
  for (const file of files) {
    const folder = folderOf(file);
    if (folder !== null) names.add(folder);
  }
  return [...names].sort();
}

function folderOf(file: string): string | null {
  const slash = file.lastIndexOf('/');
  return slash > 0 ? file.slice(0, slash) : null;
}

class Answers implements TreeIndex {
  private view: View | null = null;
  private readonly words = new Map<string, Words>();

  constructor(
    private readonly parts: TreeIndexParts,
    private readonly store: FolderStore,
    private readonly memory: ViewMemory,
    private readonly files: readonly string[],
  ) {}

  state(): object {
    return this.all();
  }

  defines(name: string): readonly string[] {
    return this.all().defines(name);
  }

  definitions(name: string): ReturnType<TreeIndex['definitions']> {
    return this.all().definitions(name);
  }

  declarations(name: string): ReturnType<TreeIndex['declarations']> {
    return askFolders(
      this.all().folders,
      (folder) => folder.declarations(name),
      (one) => one.path,
    );
  }

  filesBeside(path: string): readonly string[] {
    return askFolders(
      this.all().folders,
      (folder) => folder.filesBeside(path),
      (one) => one,
    );
  }

  opsImplementations(structType: string, field: string): ReturnType<TreeIndex['opsImplementations']> {
    return askFolders(
      this.all().folders,
      (folder) => folder.opsImplementations(structType, field),
      (one) => one.path,
    );
  }

  macroWords(path: string): ReturnType<TreeIndex['macroWords']> {
    const folder = folderOf(path) ?? headers;
    const known = this.words.get(folder);
    if (known) return known;
    const shared = this.store.below(headers);
    const view = this.memory.of(this.read(shared));
    const own = shared.includes(folder) ? null : this.store.read(folder, this.parts.cancel);
    const words = view.macroWords(own, clangFormatOf(this.parts));
    this.words.set(folder, words);
    return words;
  }

  /** Every folder that is covered, read once. */
  private all(): View {
    this.view ??= this.memory.of(this.read(coveredFolders(this.parts, this.store, this.files)));
    return this.view;
  }

  private read(names: readonly string[]): FolderIndex[] {
    return names.map((name) => this.store.read(name, this.parts.cancel));
  }
}
