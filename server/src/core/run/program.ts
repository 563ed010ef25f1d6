// From C functions and a binding to procedures of the machine, and an era that runs them in place of its own.

import { childrenOf, type Expr, type Instruction, type Procedure as Graph } from '../flow/ir.ts';
import type { Era } from '../model/eras/era.ts';
import { override } from '../model/eras/era.ts';
import { act, call, give, procedure, type Procedure } from '../model/machine/code.ts';
import type { Cpu } from '../model/machine/cpu.ts';
import type { Value } from '../model/machine/names.ts';
import { compileFunction, whyNot } from './compile/function.ts';
import { codeName } from './compile/names.ts';
import { expressionsOf, terminatorExpressions, type Environment } from './compile/scope.ts';
import { Ledger } from './ledger.ts';
import { Memory } from './memory.ts';
import type { CodeMemory, CodeSource, FunctionRow, RunProgram, RunProgramOptions, Unrunnable } from './types.ts';
import { Unknowns } from './unknowns.ts';

const defaultDepth = 4;

/**
 * Compiles functions, and what of the tree's code they call, for a binding. What cannot run as code stands in `unrunnable`, and the
 * model's procedure or an unknown takes its place. Never throws on code.
 */
export function compileProgram(options: RunProgramOptions): RunProgram {
  return new ProgramCompiler(options).run();
}

/** An era in which the program's functions take the place of the model's procedures of the same name. Variants of the code are dropped. */
export function eraWith(era: Era, program: RunProgram): Era {
  return { ...era, procedures: override(era.procedures, program.procedures) };
}

class ProgramCompiler {
  private readonly sources = new Map<string, CodeSource | null>();
  private readonly depths = new Map<string, number>();
  private readonly unrunnable = new Map<string, Unrunnable>();
  private readonly env: Environment;
  private readonly ledger = new Ledger();
  private readonly stubs = new Map<string, Procedure>();

  constructor(private readonly options: RunProgramOptions) {
    const { binding } = options;
    this.env = {
      binding,
      memory: new Memory(binding),
      unknowns: new Unknowns(binding.numbers),
      ledger: this.ledger,
      options,
      isCode: (name, from, depth) => this.isCode(name, from, depth),
      isCallable: (name, from, depth) => this.isCode(name, from, depth) || this.rowOf(name) !== null,
    };
  }

  run(): RunProgram {
    const { options, ledger } = this;
    const procedures: Procedure[] = [...options.binding.procedures];
    const queue: { name: string; depth: number }[] = [];
    for (const name of options.functions.keys()) if (this.sourceOf(name, '', 0) !== null) queue.push({ name, depth: 0 });
    for (const { name } of queue) this.depths.set(name, 0);
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const source = this.sources.get(next.name);
      if (source === null || source === undefined) continue;
      procedures.push(compileFunction(this.env, source, next.depth));
      for (const name of namesIn(source.ir)) {
        this.addStub(name, source.file, next.depth);
        if (this.depths.has(name) || this.isRow(name) || !this.isCode(name, source.file, next.depth)) continue;
        const depth = options.functions.has(name) ? 0 : next.depth + 1;
        this.depths.set(name, depth);
        queue.push({ name, depth });
      }
    }
    procedures.push(...this.stubs.values(), ...this.adapters());
    return {
      procedures,
      unrunnable: [...this.unrunnable.values()],
      assumptions: () => ledger.assumptions(),
      coverage: () => ledger.coverage(),
    };
  }

  /** What a function without code does when it is called through a pointer: one step, or a procedure of the model. */
  private rowOf(name: string): Extract<FunctionRow, { how: 'model' | 'value' }> | null {
    const { binding } = this.options;
    const row = binding.functions.get(name) ?? binding.standIns?.get(name);
    return row?.how === 'model' || row?.how === 'value' ? row : null;
  }

  private addStub(name: string, from: string, depth: number): void {
    const row = this.rowOf(name);
    if (row === null || this.stubs.has(name) || this.isCode(name, from, depth)) return;
    this.stubs.set(name, stubOf(row));
  }

  private isRow(name: string): boolean {
    return this.options.binding.functions.has(name) && !this.options.functions.has(name);
  }

  private isCode(name: string, from: string, depth: number): boolean {
    if (this.depths.has(name)) return true;
    if (!this.options.functions.has(name) && (depth >= (this.options.depth ?? defaultDepth) || this.isRow(name))) return false;
    return this.sourceOf(name, from, depth) !== null;
  }

  private sourceOf(name: string, from: string, depth: number): CodeSource | null {
    const known = this.sources.get(name);
    if (known !== undefined) return known;
    const source =
      this.options.functions.get(name) ?? (depth < (this.options.depth ?? defaultDepth) ? this.options.find?.(name, from) : null) ?? null;
    const problem = source === null ? null : whyNot(source);
    if (problem !== null && this.options.functions.has(name)) this.unrunnable.set(name, problem);
    const usable = problem === null ? source : null;
    this.sources.set(name, usable);
    return usable;
  }

  /** Procedures under the model's names that run the code. */
  private adapters(): Procedure[] {
    const { binding, functions } = this.options;
    const rows = new Map(binding.adapters.map((row) => [row.function, row]));
    const found: Procedure[] = [];
    for (const [name, source] of functions) {
      if (this.sources.get(name) === null) continue;
      const row = rows.get(name);
      const parameters = row?.parameters ?? source.ir.parameters.map((parameter) => parameter.name);
      found.push(
        procedure(row?.procedure ?? name, parameters, `${source.file} ${name}`, [
          // What follows up to the first shared access happens in this step, not before the thread has begun.
          act('read', `${name}()`, () => undefined),
          call(codeName(name), row?.args ?? parameters.map((parameter) => (c) => c.v(parameter)), 'ret'),
          give((c) => (row === undefined ? c.v('ret') : row.result(c, c.v('ret')))),
        ]),
      );
    }
    return found;
  }
}

/** Arguments that a call through a pointer hands on at most. */
const STUB_PARAMETERS = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'];

/** A procedure that does what a row says. Rows that hand out memory of C's own are called by name only. */
function stubOf(row: Extract<FunctionRow, { how: 'model' | 'value' }>): Procedure {
  const values = (c: Cpu): Value[] => STUB_PARAMETERS.map((parameter) => c.v(parameter));
  const body =
    row.how === 'model'
      ? [
          call(
            row.procedure,
            row.args.map((one) => (c: Cpu) => (typeof one === 'number' ? c.v(STUB_PARAMETERS[one] ?? '') : one(c, values(c)))),
            'ret',
          ),
          give((c) => (row.result === undefined ? c.v('ret') : row.result(c.v('ret'), values(c)))),
        ]
      : [act(row.kind ?? 'read', row.label, (c) => c.put('ret', row.value(c, values(c), noMemory))), give((c) => c.v('ret'))];
  return procedure(codeName(row.name), STUB_PARAMETERS, row.name, body);
}

const noMemory: CodeMemory = { make: () => '', append: () => undefined };

/** Names of functions that a graph calls or takes the address of, in order of the text. */
function namesIn(graph: Graph): string[] {
  const found = new Set<string>();
  const see = (root: Expr): void => {
    const work = [root];
    for (let expr = work.pop(); expr !== undefined; expr = work.pop()) {
      if (expr.kind === 'global') found.add(expr.name);
      work.push(...childrenOf(expr));
    }
  };
  const instruction = (one: Instruction): void => {
    if (one.op === 'call' && one.name !== null) found.add(one.name);
    expressionsOf(one).forEach(see);
  };
  for (const block of graph.blocks) {
    block.instructions.forEach(instruction);
    terminatorExpressions(block.terminator).forEach(see);
  }
  return [...found];
}
