// Where the variables of a function are kept: in a slot of the frame, or in memory where they have an address or members.

import { childrenOf, type Expr, type Instruction, type Procedure as Graph, type Terminator, type Variable } from '../../flow/ir.ts';
import type { CodeRange } from '../../model/machine/code.ts';
import type { Ledger } from '../ledger.ts';
import type { Memory } from '../memory.ts';
import type { Binding, CodeSource, RunProgramOptions } from '../types.ts';
import type { Unknowns } from '../unknowns.ts';

/** What the compilation of all functions of a program shares. */
export interface Environment {
  readonly binding: Binding;
  readonly memory: Memory;
  readonly unknowns: Unknowns;
  readonly ledger: Ledger;
  readonly options: RunProgramOptions;
  /** Whether a function runs as code when a function of `from`, `depth` calls deep, calls it; it is compiled then. */
  readonly isCode: (name: string, from: string, depth: number) => boolean;
  /** Whether a pointer to a function can be called: it runs as code, or a row says what it does. */
  readonly isCallable: (name: string, from: string, depth: number) => boolean;
}

/** `struct X *`, `const struct X`, `union X` as X; null for anything else. */
export function structName(type: string): string | null {
  return /\b(?:struct|union)\s+(\w+)/.exec(type)?.[1] ?? null;
}

const isPointer = (type: string): boolean => type.includes('*');

export class Scope {
  private readonly inMemory = new Set<Variable>();
  private temporaries = 0;
  private lasting = 0;

  constructor(
    readonly env: Environment,
    readonly source: CodeSource,
    /** How many calls lie between a function that must run as code and this one. */
    readonly depth: number,
  ) {
    for (const variable of source.ir.variables) if (needsMemory(variable)) this.inMemory.add(variable);
    for (const variable of memberBases(source.ir)) this.inMemory.add(variable);
  }

  isMemory(variable: Variable): boolean {
    return this.inMemory.has(variable);
  }

  get hasMemory(): boolean {
    return this.inMemory.size > 0;
  }

  /** A local of the compiler's own, for one instruction. */
  temporary(prefix: string): string {
    return `%${prefix}${this.temporaries++}`;
  }

  /** One that keeps its value from instruction to instruction. */
  lastingTemporary(prefix: string): string {
    return `%${prefix}${this.lasting++}`;
  }

  /** Ends an instruction: its temporaries serve the next one. */
  endInstruction(): void {
    this.temporaries = 0;
  }

  range(span: { readonly start: number; readonly end: number }): CodeRange {
    return { file: this.source.file, function: this.source.function, start: span.start, end: span.end };
  }

  text(span: { readonly start: number; readonly end: number }): string {
    return this.source.text
      .slice(span.start, Math.min(span.end, span.start + 200))
      .replace(/\s+/g, ' ')
      .trim();
  }
}

function needsMemory(variable: Variable): boolean {
  if (variable.kind === 'temporary') return variable.addressTaken;
  if (variable.kind === 'static') return true;
  if (variable.type.includes('[') && variable.kind !== 'parameter') return true;
  return variable.addressTaken || (structName(variable.type) !== null && !isPointer(variable.type));
}

/** Variables whose members are named with a dot: structs, whatever their type is called. */
function memberBases(graph: Graph): Set<Variable> {
  const found = new Set<Variable>();
  const work: Expr[] = [];
  const see = (expr: Expr | null | undefined): void => {
    if (expr !== null && expr !== undefined) work.push(expr);
  };
  for (const block of graph.blocks) {
    for (const instruction of block.instructions) expressionsOf(instruction).forEach(see);
    terminatorExpressions(block.terminator).forEach(see);
  }
  for (let expr = work.pop(); expr !== undefined; expr = work.pop()) {
    if (expr.kind === 'field' && !expr.arrow && expr.base.kind === 'variable') found.add(expr.base.variable);
    childrenOf(expr).forEach(see);
  }
  return found;
}

export function expressionsOf(instruction: Instruction): readonly Expr[] {
  switch (instruction.op) {
    case 'assign':
      return [instruction.target, instruction.value];
    case 'call':
      return [instruction.callee, ...instruction.args];
    default:
      return [];
  }
}

export function terminatorExpressions(terminator: Terminator): readonly Expr[] {
  switch (terminator.op) {
    case 'branch':
      return [terminator.condition];
    case 'switch':
      return [terminator.value, ...terminator.cases.flatMap((one) => (one.high === null ? [one.low] : [one.low, one.high]))];
    case 'return':
      return terminator.value === null ? [] : [terminator.value];
    default:
      return [];
  }
}

/** The struct that an expression is, or points to, as far as the declarations say; null where they do not. */
export function declaredStruct(expr: Expr): string | null {
  switch (expr.kind) {
    case 'variable':
      return structName(expr.variable.type);
    case 'cast':
      return structName(expr.type) ?? declaredStruct(expr.of);
    case 'address':
    case 'deref':
      return declaredStruct(expr.of);
    case 'index':
      return declaredStruct(expr.base);
    case 'apply': {
      const type = expr.args[1];
      return type?.kind === 'type' || type?.kind === 'global' ? structName(type.kind === 'type' ? type.text : '') : null;
    }
    default:
      return null;
  }
}
