// What the C front end gives to everything above it: a flat tree over the original text, the functions in it, and what was blanked.

import type { Span } from '../base/text.ts';
import type { MacroWords } from '../kernel/macro-words.ts';
import type { Tree } from './tree.ts';

/** An annotation or cleanup word that the rewrite blanked: `__must_hold(&group->mutex)`, `__free(kfree)`, `__init`. */
export interface Annotation {
  readonly name: string;
  /** The text between the parentheses, or null for a bare word. */
  readonly argument: string | null;
  readonly span: Span;
}

/** A place where the rewrite changed what the parser saw, so that consumers can restore the meaning from the original name. */
export interface Masked {
  readonly kind:
    | 'loop'
    | 'scope'
    | 'conditional-scope'
    | 'do-while-loop'
    | 'type-argument'
    | 'statement-argument'
    | 'macro-item'
    | 'macro-statement'
    | 'directive'
    | 'asm'
    | 'typeof'
    | 'string'
    | 'number'
    | 'member';
  /** The original word: `list_for_each_entry`, `scoped_guard`; for arguments the macro that takes them; for directives their name. */
  readonly name: string;
  readonly span: Span;
}

/** A dropped or kept branch of an `#if` group that the rewrite had to flatten. */
export interface FlattenedBranch {
  readonly condition: string;
  readonly kept: boolean;
  readonly span: Span;
}

export interface CParameter {
  readonly name: string | null;
  /** The type as written, without the name, white space folded: `struct iommu_group *`. */
  readonly type: string;
  readonly span: Span;
}

export interface CFunction {
  readonly name: string;
  readonly nameSpan: Span;
  /** From the first token of the declaration specifiers to the closing brace. */
  readonly span: Span;
  /** The body with its braces. */
  readonly body: Span;
  /** Row of the function_definition and of its body in the tree. */
  readonly row: number;
  readonly bodyRow: number;
  readonly isStatic: boolean;
  readonly isInline: boolean;
  readonly returnType: string;
  readonly parameters: readonly CParameter[];
  /** Annotations that stand in the heading (`__must_hold`, `__acquires`, ...). */
  readonly annotations: readonly Annotation[];
  /** Everything in it was understood: no ERROR or MISSING node inside, and no line left out to get there. */
  readonly clean: boolean;
}

/** A declaration of a function with what its heading says. */
export type Prototype = Pick<CFunction, 'name' | 'parameters' | 'annotations'>;

/**
 * A macro's argument that holds statements (`scoped_cond_guard(mutex_intr, return -EINTR, &lock)`), parsed by itself.
 * In the file's own tree the argument is one identifier.
 */
export interface StatementArgument {
  /** The macro that takes it. */
  readonly macro: string;
  readonly span: Span;
  /** A tree over the same text; its offsets are those of the file. */
  readonly tree: Tree;
  /** Row of the compound_statement that holds the statements, in that tree. */
  readonly bodyRow: number;
  readonly clean: boolean;
}

/** The replacement text of a macro of the file, parsed by itself: `#define PORT_LOCK(p) mutex_lock(&(p)->lock)`. */
export interface MacroBody {
  readonly name: string;
  /** Names of its parameters; one empty name for none. */
  readonly parameters: readonly string[];
  /** A tree over the file's text; its offsets are those of the definition. */
  readonly tree: Tree;
  /** Row of the compound_statement that holds the text as statements, in that tree. */
  readonly bodyRow: number;
}

export interface SyntaxProblem {
  readonly kind: 'parse' | 'macro' | 'preprocessor' | 'limit';
  readonly span: Span;
  readonly message: string;
}

/** A parsed C text. All offsets are UTF-16 offsets of `text`, the text as the caller gave it. */
export interface CFile {
  readonly path: string;
  readonly text: string;
  readonly tree: Tree;
  readonly functions: readonly CFunction[];
  readonly annotations: readonly Annotation[];
  readonly masked: readonly Masked[];
  readonly flattened: readonly FlattenedBranch[];
  readonly statementArguments: readonly StatementArgument[];
  /** Macros of the file that take or give back locks. */
  readonly macroBodies: readonly MacroBody[];
  readonly comments: readonly Span[];
  readonly problems: readonly SyntaxProblem[];
  /** The macro words that the text was read with, its own `#define`s among them. */
  readonly macros: MacroWords;
  /**
   * Stands for all that is declared outside the functions: versions of a file have the same object where they differ inside functions
   * that declare no type and fill no table.
   */
  readonly outline: object;
}

/**
 * One stretch of a file that is known without the rest: the new or old side of one hunk.
 * `heading` is git's text behind the second `@@`.
 */
export interface Fragment {
  readonly text: string;
  readonly heading: string;
}
