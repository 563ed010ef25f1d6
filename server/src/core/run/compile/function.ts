// From a function's graph to the machine's code.

import type { Block, Expr, Instruction, Terminator } from '../../flow/ir.ts';
import { printExpr } from '../../flow/print.ts';
import type { Code, Procedure } from '../../model/machine/code.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import { GivenUp } from '../../model/machine/cpu.ts';
import type { CodeSource, Unrunnable } from '../types.ts';
import { compileAssign } from './assign.ts';
import { compileCall } from './calls.ts';
import { Emitter, openTests } from './emitter.ts';
import { compileValue, isShared, type Evaluate } from './expressions.ts';
import { codeName } from './names.ts';
import { Scope, type Environment } from './scope.ts';
import { compileEquals, compileTest } from './tests.ts';
import { compileElement, compileMore, startWalk, walkHeads, type Walks } from './walks.ts';

/** Frames on a thread's stack beyond which a path is given up. */
const deepest = 48;

/** Rounds of a loop that are followed once so many tests of the function were open. */
const openRounds = 3;

/** Why a function cannot run as code; null if it can. */
export function whyNot(source: CodeSource): Unrunnable | null {
  const { ir } = source;
  const gap = ir.opaque.find((one) => one.reason === 'gap');
  if (gap !== undefined) return { function: ir.name, reason: 'gap', span: gap.span, detail: 'part of it is not visible' };
  for (const { terminator } of ir.blocks) {
    if (terminator.op !== 'leave') continue;
    const detail = terminator.label === null ? 'control leaves what is visible' : `the label ${terminator.label} is not visible`;
    return { function: ir.name, reason: 'leave', span: terminator.span, detail };
  }
  return null;
}

/** The code of a function. Its variables are locals of the frame by their C names; what has an address stands in the frame's memory. */
export function compileFunction(env: Environment, source: CodeSource, depth: number): Procedure {
  const scope = new Scope(env, source, depth);
  return {
    name: codeName(source.function),
    parameters: source.ir.parameters.map((parameter) => parameter.name),
    body: [],
    source: `${source.file} ${source.function}`,
    flat: new FunctionCompiler(scope).run(),
  };
}

class FunctionCompiler {
  private readonly emitter: Emitter;
  private readonly labels: number[];
  private readonly walks: Walks;
  private readonly heads: ReadonlySet<number>;

  constructor(private readonly scope: Scope) {
    const { source, env } = scope;
    this.emitter = new Emitter(scope, env.ledger.marksOf(source.file, source.function));
    this.labels = source.ir.blocks.map(() => this.emitter.label());
    this.walks = walkHeads(scope);
    this.heads = loopHeads(source.ir.blocks);
  }

  run(): readonly Code[] {
    const { emitter, scope } = this;
    const { memory, ledger } = scope.env;
    const range = scope.range(scope.source.ir.span);
    emitter.note((c) => {
      if (c.depth <= deepest) return;
      ledger.idOf('limit', `calls were followed ${deepest} deep`, range);
      throw new GivenUp('depth');
    });
    for (const parameter of scope.source.ir.parameters) {
      if (!scope.isMemory(parameter)) continue;
      const { name } = parameter;
      emitter.note((c) => {
        memory.store(c, { object: memory.frame(c), path: name }, c.v(name), null);
      });
    }
    for (const block of scope.source.ir.blocks) this.block(block);
    return emitter.finish();
  }

  private labelOf(block: number): number {
    const label = this.labels[block];
    if (label === undefined) throw new RangeError(`no block ${block}`);
    return label;
  }

  private block(block: Block): void {
    const { emitter } = this;
    emitter.place(this.labelOf(block.id));
    for (const instruction of block.instructions) this.instruction(block, instruction);
    this.terminator(block);
  }

  private instruction(block: Block, instruction: Instruction): void {
    const { emitter, scope } = this;
    switch (instruction.op) {
      case 'declare': {
        const { variable } = instruction;
        if (variable.kind === 'static') return;
        const { name } = variable;
        if (scope.isMemory(variable)) {
          const { memory } = scope.env;
          emitter.note((c) => {
            memory.clear(c, { object: memory.frame(c), path: name });
          });
        } else emitter.put(name, () => null);
        return;
      }
      case 'assign':
        emitter.at(instruction.span);
        if (instruction.value.kind === 'element') compileElement(emitter, this.walks, block, instruction);
        else compileAssign(emitter, instruction);
        return;
      case 'call':
        emitter.at(instruction.span);
        compileCall(emitter, instruction);
        return;
      case 'scope-end':
        for (const { name } of instruction.variables.filter((variable) => !scope.isMemory(variable) && variable.kind !== 'static'))
          emitter.put(name, () => null);
        return;
      case 'gap':
      case 'opaque': {
        emitter.at(instruction.span);
        const { ledger } = scope.env;
        const range = scope.range(instruction.span);
        const text = `passed over: ${scope.text(instruction.span)}`;
        emitter.note((c) => {
          ledger.assume(c, 'opaque', text, range);
        });
        return;
      }
    }
  }

  /** Goes to a block; a walk or loop that is entered from outside starts anew. */
  private goTo(from: Block, to: number, back: boolean): void {
    const { emitter } = this;
    if (back) this.countRound(from, to);
    else if (this.heads.has(to) || this.walks.byHead.has(to)) {
      startWalk(emitter, this.walks, to);
      emitter.put(roundsOf(to), () => null);
    }
    if (to !== from.id + 1 || back) emitter.jump(this.labelOf(to));
  }

  /** Gives a path up that goes round too often. */
  private countRound(from: Block, head: number): void {
    const { emitter, scope } = this;
    const { ledger } = scope.env;
    const slot = roundsOf(head);
    const limit = scope.env.options.loopRounds ?? 40;
    const range = scope.range(from.terminator.span);
    const count = (c: Cpu): void => {
      const rounds = c.number(slot) + 1;
      c.put(slot, rounds);
      if (rounds <= (c.number(openTests) > openRounds ? openRounds : limit)) return;
      ledger.idOf('limit', `a loop was followed for ${rounds - 1} rounds`, range);
      throw new GivenUp('loop');
    };
    // Each round has a step, so that no schedule goes round without one; a walk has its own.
    if (this.walks.byHead.has(head)) emitter.note(count);
    else emitter.act('read', 'next round', count);
  }

  private terminator(block: Block): void {
    const { emitter, scope } = this;
    const { terminator } = block;
    switch (terminator.op) {
      case 'jump':
        this.goTo(block, terminator.to, terminator.back);
        return;
      case 'branch':
        emitter.at(terminator.span);
        this.branch(block, terminator);
        return;
      case 'switch':
        emitter.at(terminator.span);
        this.switch(block, terminator);
        return;
      case 'return':
        if (!terminator.implicit || terminator.value !== null) emitter.at(terminator.span);
        this.return(terminator.value);
        return;
      case 'stop': {
        const { name } = terminator;
        emitter.act('check', name, (c) => c.crash('panic', `${name}: ${scope.source.function}`));
        return;
      }
      case 'leave': {
        const { ledger } = scope.env;
        const range = scope.range(terminator.span);
        emitter.note(() => {
          ledger.idOf('limit', 'control leaves what is visible', range);
          throw new GivenUp('leave');
        });
      }
    }
  }

  private branch(block: Block, terminator: Extract<Terminator, { op: 'branch' }>): void {
    const { emitter, scope } = this;
    const otherwise = emitter.label();
    const { condition } = terminator;
    const label = printExpr(condition);
    if (condition.kind === 'more') compileMore(emitter, this.walks, block, condition, otherwise);
    else {
      const test = compileTest(scope, condition);
      emitter.load(test.loads, 'check', label);
      emitter.decide(label, test, otherwise);
    }
    this.warn(block, terminator, true);
    this.goTo(block, terminator.then, terminator.then <= block.id);
    if (terminator.then === block.id + 1 && terminator.then > block.id) emitter.jump(this.labelOf(terminator.then));
    emitter.place(otherwise);
    this.warn(block, terminator, false);
    this.goTo(block, terminator.else, terminator.else <= block.id);
    if (terminator.else === block.id + 1) emitter.jump(this.labelOf(terminator.else));
  }

  /** The kernel complains where the condition of a WARN_ON() holds: on the way that leads out of its last operand with that outcome. */
  private warn(block: Block, terminator: Extract<Terminator, { op: 'branch' }>, outcome: boolean): void {
    const { emitter, scope } = this;
    const { macro } = terminator;
    if (macro === null || !macro.includes('WARN')) return;
    if (outcome !== (isNegated(scope.source.text, terminator.condition.start) ? false : true)) return;
    const target = scope.source.ir.blocks[outcome ? terminator.then : terminator.else];
    const goesOn = target?.terminator.op === 'branch' && target.terminator.macro === macro && target.id === block.id + 1;
    if (goesOn && target.terminator.span.start - terminator.span.end < 200) return;
    const text = `${macro}(${outcome ? '' : '!'}${printExpr(terminator.condition)})`;
    emitter.act('mutate', text, (c) => {
      c.warn(text);
    });
  }

  private switch(block: Block, terminator: Extract<Terminator, { op: 'switch' }>): void {
    const { emitter, scope } = this;
    const slot = scope.temporary('switch');
    const value = compileValue(scope, terminator.value);
    if (isShared(scope, terminator.value)) emitter.load([{ into: slot, value }], 'check', printExpr(terminator.value));
    else emitter.put(slot, value);
    for (const one of terminator.cases) {
      const next = emitter.label();
      emitter.decide(`case ${printExpr(one.low)}`, compileEquals(scope, slot, one.low, one.high), next);
      this.goTo(block, one.to, one.to <= block.id);
      emitter.jump(this.labelOf(one.to));
      emitter.place(next);
    }
    this.goTo(block, terminator.default, terminator.default <= block.id);
    emitter.jump(this.labelOf(terminator.default));
  }

  private return(expr: Expr | null): void {
    const { emitter, scope } = this;
    const { memory } = scope.env;
    let value: Evaluate = expr === null ? () => null : compileValue(scope, expr);
    if (expr !== null && (isShared(scope, expr) || scope.hasMemory)) {
      const slot = scope.temporary('ret');
      if (isShared(scope, expr)) emitter.load([{ into: slot, value }], 'read', `return ${printExpr(expr)}`);
      else emitter.put(slot, value);
      value = (c) => c.v(slot);
    }
    if (scope.hasMemory) {
      emitter.note((c) => {
        memory.dropFrame(c);
      });
    }
    emitter.give(value);
  }
}

const roundsOf = (head: number): string => `%rounds${head}`;

/** Blocks that some jump goes back to. */
function loopHeads(blocks: readonly Block[]): ReadonlySet<number> {
  const heads = new Set<number>();
  for (const { id, terminator } of blocks) {
    if (terminator.op === 'jump' && terminator.back) heads.add(terminator.to);
    if (terminator.op === 'branch') for (const to of [terminator.then, terminator.else]) if (to <= id) heads.add(to);
    if (terminator.op === 'switch')
      for (const to of [...terminator.cases.map((one) => one.to), terminator.default]) if (to <= id) heads.add(to);
  }
  return heads;
}

/** Whether an operand stands behind an odd number of `!`, parentheses between them aside. */
function isNegated(text: string, start: number): boolean {
  let negations = 0;
  for (let at = start - 1; at >= 0 && '!( \t\n'.includes(text.charAt(at)); at--) if (text.charAt(at) === '!') negations++;
  return negations % 2 === 1;
}
