// The one value through which the core sees the world. It exists only in the analysis process and is synchronous.

import { emptyIndex, type TreeIndex } from './tree-index.ts';

/**
 * A syntax tree as a flat table: five numbers a node, in pre-order.
 * [symbol | flags << 16 | field << 24, start, end, parent row, subtree end row]; offsets are UTF-16 units of the parsed text.
 */
export interface SyntaxTable {
  readonly rows: Int32Array;
}

/** Bits of the flags of a row. */
export const NODE_NAMED = 1;
export const NODE_EXTRA = 2;
export const NODE_MISSING = 4;
export const NODE_ERROR = 8;
export const NODE_HAS_ERROR = 16;
export const ROW_SIZE = 5;

/** Names of the grammar's symbols and fields by number; field 0 is no field. */
export interface GrammarNames {
  readonly symbols: readonly string[];
  readonly fields: readonly string[];
}

export type ParseOutcome =
  | { readonly ok: true; readonly table: SyntaxTable }
  | { readonly ok: false; readonly reason: 'budget' | 'nul' | 'size' | 'died'; readonly detail: string };

export interface Outside extends TreeIndex {
  readonly grammar: GrammarNames;
  /** Parses C text; refuses text with NULs or over the size limit, and gives up after the parse budget. */
  parse(text: string): ParseOutcome;
  /** Decodes bytes of a named charset; null if the charset is unknown. Bytes that do not decode become U+FFFD. */
  decode(bytes: Uint8Array, charset: string): string | null;
  /**
   * Unpacks zlib data of at most `most` bytes; null where the data is broken, ends early or gives more. Bytes behind its end do not
   * count. Without it, data of binary patches is not checked.
   */
  inflate?(bytes: Uint8Array, most: number): Uint8Array | null;
  /** SHA-1 in lower-case hex. */
  sha1(bytes: Uint8Array): string;
  /** A file of the kernel tree by its path from the tree's root, or null: no tree, no such file, or a path that leaves the tree. */
  readTree(path: string): Uint8Array | null;
  /** A git blob by full or abbreviated id, if the tree is a git repository that has it. */
  readBlob(id: string): Uint8Array | null;
  /** Whether a kernel tree is at hand. */
  readonly hasTree: boolean;
  /** The same world with an index that covers the folders of these files too, besides those that it always covers. */
  near(files: readonly string[]): Outside;
}

/** The same world as if no kernel tree were at hand. */
export function withoutTree({ grammar, parse, decode, inflate, sha1 }: Outside): Outside {
  const alone: Outside = {
    ...emptyIndex,
    grammar,
    parse,
    decode,
    ...(inflate === undefined ? {} : { inflate }),
    sha1,
    readTree: () => null,
    readBlob: () => null,
    hasTree: false,
    near: () => alone,
  };
  return alone;
}
