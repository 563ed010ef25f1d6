// Answers from the records of files: which file defines a name, who fills a field, which macros change how C reads.

import type { IndexedFunction, MacroWords, OpsImplementation } from '../../base/tree-index.ts';
import { loopNamePattern } from '../../kernel/loop-macros.ts';
import { kernelMacros } from '../../kernel/macro-tables.ts';
import { joinMacroWords } from '../../kernel/macro-words.ts';
import { loopMacrosFromClangFormat, MacroHarvest, type MacroTrait } from '../harvest.ts';
import { INLINE, split, STATIC, traitOfRow, type FileRecord, type FunctionRow } from './record.ts';

/** A file of the tree by its path from the root, and what was recorded of it. */
export interface IndexedFile {
  readonly path: string;
  readonly record: FileRecord;
}

/** The files of one folder, with tables that are made when somebody first asks. */
export class FolderIndex {
  private owners: Map<string, string[]> | null = null;
  private functions: Map<string, IndexedFunction[]> | null = null;
  private prototypes: Map<string, IndexedFunction[]> | null = null;
  private fields: Map<string, OpsImplementation[]> | null = null;
  private traits: readonly MacroTrait[] | null = null;
  private others: readonly string[] | null = null;

  constructor(readonly files: readonly IndexedFile[]) {}

  /** Paths of the files that define a name. */
  defines(name: string): readonly string[] {
    this.owners ??= this.tableOf(({ path, record }, add) => {
      const all = new Set([...record.functions, ...record.tables].map((row) => row[0]));
      for (const one of all) add(one, path);
    });
    const paths = new Set(this.owners.get(name));
    for (const { path, record } of this.files)
      if (holds(record.macros, name) || holds(record.calledMacros, name) || holds(record.names, name)) paths.add(path);
    return [...paths].sort();
  }

  /** Its `.c` files, if the file stands in this folder. */
  filesBeside(path: string): readonly string[] {
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    const paths = this.files.map((file) => file.path);
    return paths.filter((one) => one.endsWith('.c') && one.slice(0, one.lastIndexOf('/') + 1) === folder);
  }

  definitions(name: string): readonly IndexedFunction[] {
    this.functions ??= this.tableOf(({ path, record }, add) => {
      const declared = new Set(record.prototypes.map((row) => row[0]));
      const isHeader = path.endsWith('.h');
      for (const row of record.functions) add(row[0], functionOf(path, row, isHeader && declared.has(row[0])));
    });
    return this.functions.get(name) ?? [];
  }

  declarations(name: string): readonly IndexedFunction[] {
    this.prototypes ??= this.tableOf(({ path, record }, add) => {
      for (const row of record.prototypes) add(row[0], functionOf(path, row, false));
    });
    return this.prototypes.get(name) ?? [];
  }

  opsImplementations(structType: string, field: string): readonly OpsImplementation[] {
    this.fields ??= this.tableOf(({ path, record }, add) => {
      for (const [table, type, fields] of record.tables)
        for (const [name, fn, line] of fields) add(`${type}.${name}`, { function: fn, table, path, line });
    });
    return this.fields.get(`${structType}.${field}`) ?? [];
  }

  /** The macros that change how C reads, of all files. */
  macroTraits(): readonly MacroTrait[] {
    this.traits ??= this.files.flatMap(({ record }) => record.macroRows.map(traitOfRow));
    return this.traits;
  }

  /** Names of macros with parameters that do not, once for each file that defines one. */
  otherMacros(): readonly string[] {
    this.others ??= this.files.flatMap(({ record }) => {
      if (record.calledMacros === '') return [];
      const kept = new Set(record.macroRows.map((row) => row[0]));
      return split(record.calledMacros).filter((name) => !kept.has(name));
    });
    return this.others;
  }

  private tableOf<T>(fill: (file: IndexedFile, add: (name: string, entry: T) => void) => void): Map<string, T[]> {
    const table = new Map<string, T[]>();
    const add = (name: string, entry: T): void => {
      const known = table.get(name);
      if (known) known.push(entry);
      else table.set(name, [entry]);
    };
    for (const file of this.files) fill(file, add);
    return table;
  }
}

/** Whether a list of names that is joined by blanks has a name. */
function holds(list: string, name: string): boolean {
  if (name === '') return false;
  for (let at = list.indexOf(name); at >= 0; at = list.indexOf(name, at + 1)) {
    const end = at + name.length;
    if ((at === 0 || list[at - 1] === ' ') && (end === list.length || list[end] === ' ')) return true;
  }
  return false;
}

function functionOf(path: string, row: FunctionRow, isDeclared: boolean): IndexedFunction {
  const [name, line, bits, ...annotations] = row;
  const isStatic = (bits & STATIC) !== 0;
  const isInline = (bits & INLINE) !== 0;
  return { name, path, line, isStatic, isInline, annotations, isStub: isDeclared && isStatic && isInline };
}

/** Asks several folders; what they answer is sorted by path, then by line. */
export function askFolders<T>(
  folders: readonly FolderIndex[],
  ask: (folder: FolderIndex) => readonly T[],
  pathOf: (one: T) => string,
): T[] {
  const all: T[] = [];
  for (const folder of folders) for (const one of ask(folder)) all.push(one);
  // A folder's answers are in order already, and so stay those of one file.
  return all.length < 2 ? all : all.sort((a, b) => compare(pathOf(a), pathOf(b)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What the macros of some folders say, whatever other folders add. */
export class FolderMacros {
  private readonly harvest: MacroHarvest;
  /** Macros with parameters that some file defines as an annotation. */
  private readonly wanted: readonly ReadonlySet<string>[];
  /** Macros with parameters that some file defines as something else. */
  private readonly others: readonly ReadonlySet<string>[];

  /** The folders, on top of those of another one. */
  constructor(folders: readonly FolderIndex[], base: FolderMacros | null = null) {
    this.harvest = new MacroHarvest(base?.harvest);
    const wanted = new Set<string>();
    const others = new Set(folders.flatMap((folder) => folder.otherMacros()));
    for (const trait of folders.flatMap((folder) => folder.macroTraits())) {
      this.harvest.addTrait(trait);
      if (trait.hasParameters && trait.attribute !== null) wanted.add(trait.name);
    }
    this.wanted = [...(base?.wanted ?? []), wanted];
    this.others = [...(base?.others ?? []), others];
    // A macro that one file defines as an annotation and another as something else is none.
    for (const name of wanted) if (this.others.some((names) => names.has(name))) this.harvest.addOther(name, true);
    for (const name of others) if (this.wanted.some((names) => names.has(name))) this.harvest.addOther(name, true);
  }

  /**
   * The macros of Linux with those that the folders define and those that a `.clang-format` lists. The very table of Linux where nothing
   * is new, so that what was worked out for it still serves.
   */
  words(clangFormat: string): MacroWords {
    const found = this.harvest.words(kernelMacros);
    const loops = new Set([...found.loops, ...loopMacrosFromClangFormat(clangFormat)].filter(isNewLoop));
    // A word in capitals is an annotation only by what its own file includes.
    const annotations = new Set([...found.annotations].filter((word) => !/^[A-Z]/.test(word)));
    const { annotationCalls } = found;
    return loops.size + annotations.size + annotationCalls.size === 0
      ? kernelMacros
      : joinMacroWords(kernelMacros, { loops, annotations, annotationCalls });
  }
}

function isNewLoop(name: string): boolean {
  return !kernelMacros.loops.has(name) && !loopNamePattern.test(name);
}
