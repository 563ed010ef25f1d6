// The members of structures, read from the text of their definitions without a parser.

/** A type as far as locks need it: the tag (or typedef name) below all pointers and arrays. */
export interface CType {
  /** `iommu_group` for `const struct iommu_group *`; null for a structure without a tag. */
  readonly tag: string | null;
  /** How many pointers and arrays stand around it. */
  readonly pointers: number;
  /** The members of a structure that is defined in place; null for one that is defined elsewhere. */
  readonly members: StructMembers | null;
}

export type StructMembers = ReadonlyMap<string, CType>;

/** Definitions longer than this many UTF-16 units are not read to their end. */
const maxDefinition = 60_000;
/** Structures in structures beyond this depth are skipped. */
const maxNesting = 24;

const qualifiers = new Set('const volatile static extern register restrict unsigned signed inline auto'.split(' '));

/** Reads `const struct iommu_ops *` or `struct device *[4]`; null for text that names no type. */
export function parseType(text: string): CType | null {
  const words = (text.match(/\w+/g) ?? []).filter((word) => /^[A-Za-z_]/.test(word) && !qualifiers.has(word) && !word.startsWith('__'));
  const [first, second] = words;
  if (first === undefined) return null;
  const tag = first === 'struct' || first === 'union' || first === 'enum' ? second : first;
  if (tag === undefined) return null;
  return { tag, pointers: (text.match(/[*[]/g) ?? []).length, members: null };
}

/**
 * The members of `struct tag` (or `union tag`) as a text defines it, those of unnamed structures inside among them; null where the text
 * has no definition. Members that a macro declares, bit fields without a name and pointers to functions are left out.
 */
export function structMembers(text: string, tag: string): StructMembers | null {
  if (!/^\w+$/.test(tag)) return null;
  const head = new RegExp(
    `^[ \\t]*(?:(?:typedef|static|const)[ \\t]+)*(?:struct|union)[ \\t]+${tag}[ \\t]*(?:__\\w+[ \\t]*)*\\n?\\{`,
    'gm',
  );
  const found = head.exec(text);
  return found ? readMembers(text, found.index + found[0].length) : null;
}

interface Open {
  readonly members: Map<string, CType>;
  /** Tag of the structure whose members these are. */
  readonly tag: string | null;
  /** Words of the member under way, and the inner structure that it is of. */
  words: string[];
  inner: { readonly tag: string | null; readonly members: StructMembers } | null;
  /** A `(` made it something else than a plain member. */
  odd: boolean;
}

const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|^[ \t]*#[^\n]*(?:\\\n[^\n]*)*|\w+|[^\s\w]/gm;

function readMembers(text: string, from: number): StructMembers {
  const begin = (tag: string | null): Open => ({ members: new Map(), tag, words: [], inner: null, odd: false });
  const top = begin(null);
  const stack = [top];
  let parens = 0;
  let skipped = 0;
  const end = Math.min(text.length, from + maxDefinition);
  token.lastIndex = from;
  for (let match = token.exec(text); match && match.index < end; match = token.exec(text)) {
    const [word] = match;
    const open = stack.at(-1);
    if (!open) break;
    if (/^(?:\/\*|\/\/|\s*#)/.test(word)) continue;
    if (word === '(') {
      // An attribute with arguments (`__aligned(8)`) says nothing of the type.
      if (parens === 0 && skipped === 0) {
        if (open.words.at(-1)?.startsWith('__')) open.words.pop();
        else open.odd = true;
      }
      parens++;
    } else if (word === ')') parens--;
    else if (parens > 0) continue;
    else if (word === '{') {
      const [kind, tag] = open.words.filter((one) => !qualifiers.has(one) && !one.startsWith('__'));
      if (skipped > 0 || (kind !== 'struct' && kind !== 'union') || stack.length > maxNesting) skipped++;
      else stack.push(begin(tag ?? null));
    } else if (word === '}') {
      if (skipped > 0) skipped--;
      else {
        stack.pop();
        const outer = stack.at(-1);
        if (!outer) break;
        outer.inner = { tag: open.tag, members: open.members };
        outer.words = [];
      }
    } else if (skipped > 0) continue;
    else if (word === ';') endMember(open);
    else open.words.push(word);
  }
  return top.members;
}

/** Takes the member under way into its structure. */
function endMember(open: Open): void {
  const { inner, odd } = open;
  const words = open.words;
  open.words = [];
  open.inner = null;
  open.odd = false;
  if (odd) return;
  if (inner && words.length === 0) {
    for (const [name, type] of inner.members) if (!open.members.has(name)) open.members.set(name, type);
    return;
  }
  let base: CType | null = inner ? { ...inner, pointers: 0 } : null;
  for (const [index, declarator] of splitAt(words, ',').entries()) {
    const upTo = declarator.findIndex((word) => word === '[' || word === ':' || word === '=');
    const before = (upTo < 0 ? declarator : declarator.slice(0, upTo)).filter((word) => !word.startsWith('__'));
    const name = before.at(-1);
    if (name === undefined || !/^[A-Za-z_]/.test(name)) continue;
    if (index === 0 && !base) base = parseType(before.slice(0, -1).join(' '));
    if (!base) return;
    const stars = declarator.filter((word) => word === '*' || word === '[').length;
    open.members.set(name, { ...base, pointers: stars });
  }
}

function splitAt(words: readonly string[], separator: string): string[][] {
  const parts: string[][] = [[]];
  for (const word of words) {
    if (word === separator) parts.push([]);
    else parts.at(-1)?.push(word);
  }
  return parts;
}
