// Where declarations stand: in the files at hand, else in the files of the kernel tree that the index names.

import { decodeSource } from '../base/source-text.ts';
import type { Outside } from '../base/outside.ts';
import { parseType, structMembers, type CType, type StructMembers } from '../syntax/struct-fields.ts';
import type { CFile } from '../syntax/types.ts';
import type { TypeFinder } from './c-types.ts';

type World = Pick<Outside, 'defines' | 'definitions' | 'declarations' | 'readTree' | 'decode'>;

/** More files than this are not read for one name. */
const maxFiles = 12;

/** Reads declarations by name and remembers what it read. For the time of one review. */
export class TreeTypes {
  private readonly texts = new Map<string, string>();

  constructor(private readonly world: World) {}

  /** The text of a file of the tree; empty where there is none. */
  text(path: string): string {
    let text = this.texts.get(path);
    if (text === undefined) {
      const bytes = this.world.readTree(path);
      text = bytes ? decodeSource(bytes, this.world).text : '';
      this.texts.set(path, text);
    }
    return text;
  }

  /** Paths of files that define a name, those nearest to `from` first. */
  owners(name: string, from: string): readonly string[] {
    return nearestFirst(this.world.defines(name), from);
  }

  /** Paths of files that define or declare a function. */
  headings(name: string, from: string): readonly string[] {
    const all = [...this.world.declarations(name), ...this.world.definitions(name)].map((one) => one.path);
    return nearestFirst([...new Set(all)], from);
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

/** Types as the functions of some files, and of the tree behind them, see them. */
export class FileTypes implements TypeFinder {
  private readonly texts: ReadonlyMap<string, string>;
  private readonly known = new Map<string, StructMembers | CType | null>();

  constructor(
    files: readonly CFile[],
    private readonly tree: TreeTypes | null,
  ) {
    this.texts = new Map(files.map((file) => [file.path, file.text]));
  }

  members(tag: string, from: string): StructMembers | null {
    return this.find('struct', tag, from, structMembers, (one) => this.tree?.owners(one, from)) as StructMembers | null;
  }

  returned(name: string, from: string): CType | null {
    return this.find('function', name, from, returnedBy, (one) =>
      this.tree ? [...this.tree.headings(one, from), ...this.tree.owners(one, from)] : undefined,
    ) as CType | null;
  }

  global(name: string, from: string): CType | null {
    return /[a-z]/.test(name)
      ? (this.find('variable', name, from, variableType, (one) => this.tree?.owners(one, from)) as CType | null)
      : null;
  }

  /** Whether a name at file level belongs to its file alone. */
  isStatic(name: string, from: string): boolean {
    const text = this.textOf(from);
    return new RegExp(`^static[ \\t]+(?:DEFINE_\\w+\\([ \\t]*${name}\\b|[\\w \\t*]*\\b${name}[ \\t]*[=;[])`, 'm').test(text);
  }

  private textOf(path: string): string {
    return this.texts.get(path) ?? this.tree?.text(path) ?? '';
  }

  private find(
    kind: string,
    name: string,
    from: string,
    read: (text: string, name: string) => StructMembers | CType | null,
    elsewhere: (name: string) => readonly string[] | undefined,
  ): StructMembers | CType | null {
    if (!/^\w+$/.test(name)) return null;
    const key = `${kind} ${name} ${from}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    let found = read(this.textOf(from), name);
    for (const path of found ? [] : [...this.texts.keys(), ...(elsewhere(name) ?? [])]) {
      if (path === from) continue;
      found = read(this.textOf(path), name);
      if (found) break;
    }
    this.known.set(key, found);
    return found;
  }
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
