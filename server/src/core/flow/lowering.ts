// What the lowering of one function carries along: the tree, names in scope, open scopes and the graph under construction.

import type { Span } from '../base/text.ts';
import type { Annotation, CFile, CFunction, MacroBody, Masked } from '../syntax/types.ts';
import type { Row, Tree } from '../syntax/tree.ts';
import type { Expansion } from './macro-calls.ts';
import { GraphBuilder } from './graph-builder.ts';
import type { Expr, Instruction, LoweringProblem, OpaqueReason, Procedure, Variable } from './ir.ts';

/** Nesting beyond which code is left opaque; real code stays below 60. */
export const depthLimit = 400;

/** Something to run at each exit of a scope. */
export interface Cleanup {
  /** Offset of the declaration: a jump to a label before it leaves its lifetime. */
  readonly start: number;
  /** Emits the release; `exit` is where the scope is left. */
  release(exit: Span): void;
}

/** A stretch of text that has its own names and cleanups. */
export interface Scope {
  readonly start: number;
  readonly end: number;
  readonly names: Map<string, Variable>;
  readonly cleanups: Cleanup[];
}

/** What `break` and `continue` mean here; null where the statement does not bind to it (a switch has no `continue`). */
export interface JumpFrame {
  readonly breakTo: number;
  readonly continueTo: number | null;
  /** Number of scopes that stay open at the target. */
  readonly scopes: number;
}

export interface LoweringOptions {
  /** Cleanup classes that other files define; none if absent. */
  readonly classes?: ClassFinder;
  /** Empty statements that stand for code between hunks. */
  readonly gaps: readonly Span[];
}

/** Look-ups by offset that all functions of a file share. */
export interface FileLookup {
  readonly masked: ReadonlyMap<number, Masked>;
  readonly gaps: ReadonlySet<number>;
  /** Macros of the file that take or give back locks, by name. */
  readonly macros: ReadonlyMap<string, MacroBody>;
  /** `DEFINE_FREE`, `DEFINE_GUARD` and the like that the file itself has, by kind and name. */
  readonly classes: ReadonlyMap<string, FileClass>;
}

export interface FileClass {
  readonly take: string;
  readonly give: string;
  readonly success: 'always' | 'zero' | 'nonzero';
}

/** Finds cleanup classes of other files than the function's own, by kind and name: `free x`, `guard x`, `class x`. */
export interface ClassFinder {
  /** As a file under review defines it. */
  underReview(key: string): FileClass | null;
  /** As the kernel tree does; asked for classes that the tables do not have. */
  inTree(key: string): FileClass | null;
}

export class Lowering {
  readonly graph = new GraphBuilder();
  readonly scopes: Scope[] = [];
  readonly frames: JumpFrame[] = [];
  readonly variables: Variable[] = [];
  readonly problems: LoweringProblem[] = [];
  readonly opaque: Procedure['opaque'][number][] = [];
  readonly labels = new Map<string, { readonly block: number; readonly start: number }>();
  readonly cases = new Map<Row, number>();
  /** Variables that got a value so far, in the order of the text; tells cursors of unknown loop macros from their containers. */
  readonly assigned = new Set<Variable>();
  readonly cursors = new Set<Variable>();
  tree: Tree;
  expansion: Expansion | null = null;
  expansions = 0;
  /** Arguments of a macro without text are lowered: nobody knows when they run, if at all. */
  inUnknownMacro = false;
  statements = 0;
  depth = 0;
  private readonly nameCounts = new Map<string, number>();
  private temporaries = 0;

  constructor(
    readonly file: CFile,
    readonly fn: CFunction,
    readonly options: LoweringOptions,
    readonly lookup: FileLookup,
  ) {
    this.tree = file.tree;
  }

  emit(instruction: Instruction): void {
    this.graph.emit(instruction);
  }

  declare(name: string, type: string, kind: Variable['kind'], span: Span): Variable {
    const count = (this.nameCounts.get(name) ?? 0) + 1;
    this.nameCounts.set(name, count);
    const variable: Variable = {
      id: this.variables.length,
      name: count > 1 ? `${name}@${String(count)}` : name,
      type,
      kind,
      span,
      addressTaken: false,
    };
    this.variables.push(variable);
    this.scopes.at(-1)?.names.set(name, variable);
    return variable;
  }

  temporary(span: Span): Variable {
    const variable: Variable = {
      id: this.variables.length,
      name: `%${String(this.temporaries++)}`,
      type: '',
      kind: 'temporary',
      span,
      addressTaken: false,
    };
    this.variables.push(variable);
    return variable;
  }

  resolve(name: string): Variable | null {
    for (let at = this.scopes.length - 1; at >= 0; at--) {
      const variable = this.scopes[at]?.names.get(name);
      if (variable) return variable;
    }
    return null;
  }

  variable(variable: Variable, span: Span): Expr {
    return { kind: 'variable', variable, start: span.start, end: span.end };
  }

  assign(target: Expr, value: Expr, span: Span, macro: string | null = null, operator = '='): void {
    if (target.kind === 'variable') this.assigned.add(target.variable);
    this.emit({ op: 'assign', target, value, operator, span, macro });
  }

  /** A call whose result nobody takes, made up from a macro's meaning. */
  call(
    name: string,
    args: readonly Expr[],
    span: Span,
    macro: string | null,
    scopeExit: Span | null = null,
    result: Variable | null = null,
  ): void {
    const callee: Expr = { kind: 'global', name, start: span.start, end: span.start };
    this.emit({ op: 'call', result, callee, name, args, span, macro, scopeExit });
  }

  /** A cleanup class as the files under review define it, else as `known` says, else as the tree does. */
  cleanupClass(key: string, known: FileClass | null): FileClass | null {
    const { classes } = this.options;
    return this.lookup.classes.get(key) ?? classes?.underReview(key) ?? known ?? classes?.inTree(key) ?? null;
  }

  unknown(span: Span, reason: OpaqueReason): Expr {
    return { kind: 'unknown', reason, text: this.file.text.slice(span.start, span.end), start: span.start, end: span.end };
  }

  /** A statement that stays closed: it may do anything to what it names. */
  opaqueStatement(span: Span, reason: OpaqueReason, message: string): void {
    this.emit({ op: 'opaque', reason, text: this.file.text.slice(span.start, span.end), span, macro: null });
    this.opaque.push({ reason, span });
    if (reason !== 'asm') this.problem(reason === 'form' ? 'parse' : reason, span, message);
  }

  problem(kind: LoweringProblem['kind'], span: Span, message: string): void {
    this.problems.push({ kind, span, message });
  }

  pushScope(span: Span): void {
    this.scopes.push({ start: span.start, end: span.end, names: new Map(), cleanups: [] });
  }

  /** Closes the innermost scope at its natural end. */
  popScope(exit: Span): void {
    this.leaveScopes(this.scopes.length - 1, exit);
    this.scopes.pop();
  }

  /** Emits what runs when control leaves all scopes but the outer `keep`; the scopes stay open for the code that follows. */
  leaveScopes(keep: number, exit: Span): void {
    for (let at = this.scopes.length - 1; at >= keep; at--) {
      const scope = this.scopes[at];
      if (!scope) continue;
      for (let one = scope.cleanups.length - 1; one >= 0; one--) scope.cleanups[one]?.release(exit);
      if (at > 1 && scope.names.size > 0) this.emit({ op: 'scope-end', variables: [...scope.names.values()], span: exit, macro: null });
    }
  }

  /** Emits what runs on a jump to an offset of the text. */
  leaveTo(target: number, exit: Span): void {
    let keep = this.scopes.length;
    while (keep > 0) {
      const scope = this.scopes[keep - 1];
      if (scope && scope.start <= target && target < scope.end) break;
      keep--;
    }
    this.leaveScopes(keep, exit);
    const scope = this.scopes[keep - 1];
    if (!scope || target > exit.start) return;
    // A jump backwards inside a scope ends the lifetimes that begin after the label.
    for (let one = scope.cleanups.length - 1; one >= 0; one--) {
      const cleanup = scope.cleanups[one];
      if (cleanup && cleanup.start > target) cleanup.release(exit);
    }
  }

  get hasCleanups(): boolean {
    return this.scopes.some((scope) => scope.cleanups.length > 0);
  }

  /** Annotations of the file whose text begins inside a span, in order. */
  annotationsIn(span: Span): Annotation[] {
    const all = this.file.annotations;
    let low = 0;
    let high = all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((all[middle]?.span.start ?? 0) < span.start) low = middle + 1;
      else high = middle;
    }
    const found: Annotation[] = [];
    for (let one = all[low]; one && one.span.start < span.end; one = all[++low]) found.push(one);
    return found;
  }
}
