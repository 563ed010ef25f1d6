// The one intermediate form of C functions: a control-flow graph of few instructions over places. Rules and the model read it.
// Every expression and instruction carries the original range it came from, as offsets of the file's text.

import type { Span } from '../base/text.ts';

/** A name with storage inside the function, or a temporary that holds the result of a hoisted call or of a joined expression. */
export interface Variable {
  readonly id: number;
  /** As written; a shadowing local gets `name@2`, a temporary `%3`. */
  readonly name: string;
  /** As written, white space folded: `struct iommu_group *`; empty for temporaries. */
  readonly type: string;
  readonly kind: 'parameter' | 'local' | 'static' | 'temporary';
  readonly span: Span;
  /** Some expression of the function takes its address (set while lowering). */
  addressTaken: boolean;
}

interface At {
  readonly start: number;
  readonly end: number;
}

export type Expr =
  | (At & { readonly kind: 'integer'; readonly value: number; readonly text: string })
  | (At & { readonly kind: 'string'; readonly text: string })
  /** A name without storage in the function: a global variable, a function, an enumerator, a macro constant. */
  | (At & { readonly kind: 'global'; readonly name: string })
  | (At & { readonly kind: 'variable'; readonly variable: Variable })
  /** `base->name` if `arrow`, else `base.name`. */
  | (At & { readonly kind: 'field'; readonly base: Expr; readonly name: string; readonly arrow: boolean })
  | (At & { readonly kind: 'index'; readonly base: Expr; readonly index: Expr })
  | (At & { readonly kind: 'deref'; readonly of: Expr })
  | (At & { readonly kind: 'address'; readonly of: Expr })
  | (At & { readonly kind: 'unary'; readonly operator: string; readonly of: Expr })
  | (At & { readonly kind: 'binary'; readonly operator: string; readonly left: Expr; readonly right: Expr })
  | (At & { readonly kind: 'cast'; readonly type: string; readonly of: Expr })
  /** A macro or function of the tables that only computes: `IS_ERR(p)`, `container_of(p, T, m)`, `min(a, b)`. */
  | (At & { readonly kind: 'apply'; readonly name: string; readonly args: readonly Expr[] })
  /** A type that stands as an argument. */
  | (At & { readonly kind: 'type'; readonly text: string })
  /** `sizeof`, `offsetof`, `_Alignof`: a constant that is not worked out. */
  | (At & { readonly kind: 'constant'; readonly text: string })
  /** An initialiser list or compound literal. Entries without designator count on from the one before. */
  | (At & {
      readonly kind: 'aggregate';
      readonly type: string;
      readonly entries: readonly { readonly designator: string | null; readonly value: Expr }[];
    })
  /** The condition of an `#if` branch, or `IS_ENABLED(...)`: the same text has the same truth throughout. */
  | (At & { readonly kind: 'config'; readonly text: string })
  /** True while a loop macro has another element. */
  | (At & { readonly kind: 'more'; readonly loop: string; readonly over: readonly Expr[] })
  /** The next element of a loop macro: never NULL. */
  | (At & { readonly kind: 'element'; readonly loop: string; readonly over: readonly Expr[] })
  /** What a cursor holds after its walk ran to the end: no element. */
  | (At & { readonly kind: 'past-end'; readonly loop: string })
  /** Code that is not understood; `reason` says why. */
  | (At & { readonly kind: 'unknown'; readonly reason: OpaqueReason; readonly text: string });

export type OpaqueReason = 'asm' | 'parse' | 'macro' | 'depth' | 'form';

interface Origin {
  readonly span: Span;
  /** The macro the instruction came from (`guard`, `list_for_each_entry`, `WARN_ON`), or null for plain C. */
  readonly macro: string | null;
}

export type Instruction =
  | (Origin & { readonly op: 'declare'; readonly variable: Variable })
  /** `operator` is `=` or the compound operator as written; `value` already contains the old value then. */
  | (Origin & { readonly op: 'assign'; readonly target: Expr; readonly value: Expr; readonly operator: string })
  | (Origin & {
      readonly op: 'call';
      readonly result: Variable | null;
      readonly callee: Expr;
      /** Name of a directly called function, or null for a call through a pointer. */
      readonly name: string | null;
      readonly args: readonly Expr[];
      /** For a release at the end of a scope: where the scope is left. Null for a call that stands in the text. */
      readonly scopeExit: Span | null;
    })
  | (Origin & { readonly op: 'scope-end'; readonly variables: readonly Variable[] })
  /** Code between two hunks that is not visible: it may change anything. */
  | (Origin & { readonly op: 'gap' })
  | (Origin & { readonly op: 'opaque'; readonly reason: OpaqueReason; readonly text: string });

export type Terminator =
  /** `label` is set for a `goto`. */
  | (Origin & { readonly op: 'jump'; readonly to: number; readonly back: boolean; readonly label: string | null })
  | (Origin & { readonly op: 'branch'; readonly condition: Expr; readonly then: number; readonly else: number })
  | (Origin & {
      readonly op: 'switch';
      readonly value: Expr;
      /** `high` is set for a case range `low ... high`. */
      readonly cases: readonly { readonly low: Expr; readonly high: Expr | null; readonly to: number; readonly span: Span }[];
      readonly default: number;
    })
  /** `implicit` for the closing brace of the function. */
  | (Origin & { readonly op: 'return'; readonly value: Expr | null; readonly implicit: boolean })
  /** Control does not come back: `BUG()`, `panic()`. */
  | (Origin & { readonly op: 'stop'; readonly name: string })
  /** Control leaves what is visible: a label outside the hunk, a computed goto, the end of a fragment. */
  | (Origin & { readonly op: 'leave'; readonly reason: 'label' | 'computed' | 'fragment'; readonly label: string | null });

export interface Block {
  readonly id: number;
  /** Label in the source, if the block begins at one. */
  readonly label: string | null;
  /** Set for the head of a loop, with its keyword or macro. */
  readonly loop: string | null;
  readonly instructions: readonly Instruction[];
  readonly terminator: Terminator;
}

export interface LoweringProblem {
  readonly kind: 'parse' | 'macro' | 'preprocessor' | 'gap' | 'depth' | 'label';
  readonly span: Span;
  readonly message: string;
}

/** A function as a graph. Block 0 is the entry; blocks are numbered in the order of the text, unreachable ones left out. */
export interface Procedure {
  readonly name: string;
  readonly span: Span;
  readonly body: Span;
  readonly returnType: string;
  readonly parameters: readonly Variable[];
  readonly variables: readonly Variable[];
  readonly blocks: readonly Block[];
  /** Statements of the source, and those of them that became `gap` or `opaque`. */
  readonly statements: number;
  readonly opaque: readonly { readonly reason: OpaqueReason | 'gap'; readonly span: Span }[];
  readonly problems: readonly LoweringProblem[];
}

/** Targets of a terminator in a fixed order: then before else, cases before default. */
export function successors(terminator: Terminator): number[] {
  switch (terminator.op) {
    case 'jump':
      return [terminator.to];
    case 'branch':
      return [terminator.then, terminator.else];
    case 'switch':
      return [...terminator.cases.map((one) => one.to), terminator.default];
    case 'return':
    case 'stop':
    case 'leave':
      return [];
  }
}

/** Names that a procedure calls directly, each once, in order of first call. */
export function calleesOf(procedure: Procedure): string[] {
  const names = new Set<string>();
  for (const block of procedure.blocks)
    for (const instruction of block.instructions) if (instruction.op === 'call' && instruction.name !== null) names.add(instruction.name);
  return [...names];
}

/** The direct parts of an expression, left to right. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'field':
      return [expr.base];
    case 'index':
      return [expr.base, expr.index];
    case 'deref':
    case 'address':
    case 'unary':
    case 'cast':
      return [expr.of];
    case 'binary':
      return [expr.left, expr.right];
    case 'apply':
      return expr.args;
    case 'aggregate':
      return expr.entries.map((entry) => entry.value);
    case 'more':
    case 'element':
      return expr.over;
    default:
      return [];
  }
}
