// Where declarations stand: in the files at hand, else in the files of the kernel tree that the index names.

import { decodeSource } from '../base/source-text.ts';
import type { Outside } from '../base/outside.ts';
import { parseType, structMembers, type CType, type StructMembers } from '../syntax/struct-fields.ts';
import type { CFile } from '../syntax/types.ts';
import type { TypeFinder } from './c-types.ts';

type World = Pick<Outside, 'defines' | 'definitions' | 'declarations' | 'readTree' | 'decode'>;

/** More files than this are not read for one name. */
const maxFiles = 12;

type Declared = StructMembers | CType | null;
type Kind = 'struct' | 'function' | 'variable';

const readers: Readonly<Record<Kind, (text: string, name: string) => Declared>> = {
  struct: structMembers,
  function: returnedBy,
  variable: variableType,
};

/** Where a declaration was found; `path` is null where there is none. */
interface Found {
  readonly declared: Declared;
  readonly path: string | null;
}

const nowhere: Found = { declared: null, path: null };

/** What was read for each state of a tree, as long as anybody holds on to that state. */
const byState = new WeakMap<object, TreeTypes>();

/** Reads declarations by name and remembers what it read. For one state of the tree. */
export class TreeTypes {
  private readonly texts = new Map<string, string>();
  private readonly inFiles = new Map<string, Declared>();
  private readonly candidates = new Map<string, readonly string[]>();
  private readonly statics = new Map<string, boolean>();

  constructor(private readonly world: World) {}

  /** The declarations of a world's tree: the same object for the same state of it. */
  static of(world: World & Pick<Outside, 'state'>): TreeTypes {
    const state = world.state?.();
    if (state === undefined) return new TreeTypes(world);
    let known = byState.get(state);
    if (!known) byState.set(state, (known = new TreeTypes(world)));
    return known;
  }

  /** The text of a file of the tree; empty where there is none. */
  private text(path: string): string {
    let text = this.texts.get(path);
    if (text === undefined) {
      const bytes = this.world.readTree(path);
      text = bytes ? decodeSource(bytes, this.world).text : '';
      this.texts.set(path, text);
    }
    return text;
  }

  /** What one file declares. */
  inFile(kind: Kind, name: string, path: string): Declared {
    const key = `${kind} ${name} ${path}`;
    let declared = this.inFiles.get(key);
    if (declared === undefined) this.inFiles.set(key, (declared = readers[kind](this.text(path), name)));
    return declared;
  }

  /** What the files that the index names declare, the nearest first; files that the caller has at hand are left out. */
  elsewhere(kind: Kind, name: string, from: string, isAtHand: (path: string) => boolean): Found {
    for (const path of this.candidatesFor(kind, name, from)) {
      const declared = path === from || isAtHand(path) ? null : this.inFile(kind, name, path);
      if (declared) return { declared, path };
    }
    return nowhere;
  }

  private candidatesFor(kind: Kind, name: string, from: string): readonly string[] {
    const key = `${kind === 'function' ? 'function' : 'name'} ${name} ${from}`;
    let paths = this.candidates.get(key);
    if (!paths) {
      const owners = nearestFirst(this.world.defines(name), from);
      paths = kind === 'function' ? [...this.headings(name, from), ...owners] : owners;
      this.candidates.set(key, paths);
    }
    return paths;
  }

  /** Paths of files that define or declare a function. */
  private headings(name: string, from: string): readonly string[] {
    const all = [...this.world.declarations(name), ...this.world.definitions(name)].map((one) => one.path);
    return nearestFirst([...new Set(all)], from);
  }

  /** Whether a name at file level belongs to a file of the tree alone. */
  isStatic(name: string, path: string): boolean {
    const key = `${name} ${path}`;
    let known = this.statics.get(key);
    if (known === undefined) this.statics.set(key, (known = isStaticIn(this.text(path), name)));
    return known;
  }
}

function nearestFirst(paths: readonly string[], from: string): readonly string[] {
  const near = (path: string): number => (path.startsWith('include/') ? 1000 : 0) - commonLength(path, from);
  return [...paths].sort((a, b) => near(a) - near(b) || (a < b ? -1 : 1)).slice(0, maxFiles);
}

function commonLength(left: string, right: string): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  return at;
}

/** What a file at hand declares, as far as it was asked for, and its words. */
interface FileDeclarations {
  readonly words: ReadonlySet<string>;
  readonly declared: Map<string, Declared>;
}

/** By what stands outside the functions of a file. */
const byOutline = new WeakMap<object, FileDeclarations>();

/** Types as the functions of some files, and of the tree behind them, see them. */
export class FileTypes implements TypeFinder {
  private readonly files: ReadonlyMap<string, CFile>;
  private readonly known = new Map<string, Found>();

  constructor(
    files: readonly CFile[],
    private readonly tree: TreeTypes | null,
  ) {
    this.files = new Map(files.map((file) => [file.path, file]));
  }

  members(tag: string, from: string): StructMembers | null {
    return this.find('struct', tag, from).declared as StructMembers | null;
  }

  returned(name: string, from: string): CType | null {
    return this.find('function', name, from).declared as CType | null;
  }

  global(name: string, from: string): CType | null {
    return /[a-z]/.test(name) ? (this.find('variable', name, from).declared as CType | null) : null;
  }

  /** Whether a name at file level belongs to its file alone. */
  isStatic(name: string, from: string): boolean {
    const file = this.files.get(from);
    return file ? isStaticIn(file.text, name) : (this.tree?.isStatic(name, from) ?? false);
  }

  /** The same answers for somebody who keeps a list of the questions. */
  listing(questions: TypeQuestions): TypeFinder {
    const ask = (kind: Kind, name: string, from: string): Declared => {
      const { declared, path } = this.find(kind, name, from);
      if (path !== from) questions.set(`${kind} ${name}`, { kind, name, path });
      return declared;
    };
    return {
      members: (tag, from) => ask('struct', tag, from) as StructMembers | null,
      returned: (name, from) => ask('function', name, from) as CType | null,
      global: (name, from) => (/[a-z]/.test(name) ? (ask('variable', name, from) as CType | null) : null),
    };
  }

  /** Whether the files at hand have a part in the answer to a question that a file of the tree asked. */
  hasPartIn({ kind, name, path }: TypeQuestion): boolean {
    return (path !== null && this.files.has(path)) || this.atHand(kind, name, '').path !== null;
  }

  private find(kind: Kind, name: string, from: string): Found {
    if (!/^\w+$/.test(name)) return nowhere;
    const key = `${kind} ${name} ${from}`;
    let found = this.known.get(key);
    if (!found) {
      const own = this.files.has(from) ? this.inText(kind, name, from) : (this.tree?.inFile(kind, name, from) ?? null);
      found = own ? { declared: own, path: from } : this.atHand(kind, name, from);
      if (found.path === null && this.tree) found = this.tree.elsewhere(kind, name, from, (path) => this.files.has(path));
      this.known.set(key, found);
    }
    return found;
  }

  /** What the files at hand declare, but for one. */
  private atHand(kind: Kind, name: string, from: string): Found {
    for (const path of this.files.keys()) {
      const declared = path === from ? null : this.inText(kind, name, path);
      if (declared) return { declared, path };
    }
    return nowhere;
  }

  private inText(kind: Kind, name: string, path: string): Declared {
    const file = this.files.get(path);
    if (!file) return null;
    const { text, outline } = file;
    let known = byOutline.get(outline);
    if (!known) byOutline.set(outline, (known = { words: new Set(text.match(/\w+/g)), declared: new Map() }));
    if (!known.words.has(name)) return null;
    const key = `${kind} ${name}`;
    let declared = known.declared.get(key);
    if (declared === undefined) known.declared.set(key, (declared = readers[kind](text, name)));
    return declared;
  }
}

/** A question for a declaration, and the file of the tree that answered it. */
interface TypeQuestion extends Pick<Found, 'path'> {
  readonly kind: Kind;
  readonly name: string;
}

/** Questions that the asking file did not answer itself, by kind and name. */
export type TypeQuestions = Map<string, TypeQuestion>;

function isStaticIn(text: string, name: string): boolean {
  return new RegExp(`^static[ \\t]+(?:DEFINE_\\w+\\([ \\t]*${name}\\b|[\\w \\t*]*\\b${name}[ \\t]*[=;[])`, 'm').test(text);
}

/** What a function returns by its heading, or what a macro that is a container of its argument gives. */
function returnedBy(text: string, name: string): CType | null {
  const heading = new RegExp(`^((?:\\w+[ \\t]+)*(?:struct|union)[ \\t]+\\w+[ \\t]*\\*+)[ \\t]*\\n?${name}[ \\t]*\\(`, 'm').exec(text);
  if (heading) return parseType(heading[1] ?? '');
  const at = text.search(new RegExp(`^#[ \\t]*define[ \\t]+${name}\\(`, 'm'));
  if (at < 0) return null;
  const made = /\b(?:container_of|container_of_const|list_entry|rb_entry)\([^,]*,\s*(struct \w+)/.exec(macroText(text, at));
  return made ? parseType(`${made[1] ?? ''} *`) : null;
}

/** A macro's definition with its continued lines, at most eight. */
function macroText(text: string, from: number): string {
  let end = from;
  for (let lines = 0; lines < 8; lines++) {
    const next = text.indexOf('\n', end);
    if (next < 0) return text.slice(from);
    end = next + 1;
    if (text[next - 1] !== '\\') break;
  }
  return text.slice(from, end);
}

/** `static struct demo demo;`, `struct demo *demo = ...`, or `} demo;` behind a structure that is defined in place. */
function variableType(text: string, name: string): CType | null {
  const plain = new RegExp(`^((?:\\w+[ \\t]+)*struct[ \\t]+\\w+[ \\t*]*?)\\b${name}[ \\t]*[=;[]`, 'm').exec(text);
  if (plain) return parseType(plain[1] ?? '');
  const behind = new RegExp(`^\\}[ \\t]*${name}[ \\t]*[=;]`, 'm').exec(text);
  if (!behind) return null;
  const heads = [...text.slice(Math.max(0, behind.index - 8000), behind.index).matchAll(/^(?:static[ \t]+)?struct[ \t]+(\w+)[ \t]*\{/gm)];
  const tag = heads.at(-1)?.[1];
  return tag === undefined ? null : { tag, pointers: 0, members: null };
}
