// Puts the code of one function together: steps with their source ranges, jumps by label, marks of what was executed.

import type { Act, Code, CodeRange, Expr } from '../../model/machine/code.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import type { Marks } from '../ledger.ts';
import type { Scope } from './scope.ts';
import type { Load, Test } from './tests.ts';

/** Local that counts the open tests of a call so far. */
export const openTests = '%open';

interface Fix {
  readonly at: number;
  readonly label: number;
}

export class Emitter {
  private readonly code: Code[] = [];
  private readonly labels: number[] = [];
  private readonly fixes: Fix[] = [];
  private range: CodeRange | null = null;

  constructor(
    readonly scope: Scope,
    private readonly marks: Marks,
  ) {}

  /** What follows belongs to this instruction of the source: executing its first step marks it. */
  at(span: { readonly start: number; readonly end: number }): void {
    this.range = this.scope.range(span);
    this.scope.endInstruction();
    const { marks } = this;
    const number = marks.spans.length;
    marks.spans.push({ start: span.start, end: span.end });
    marks.executed.push(0);
    this.note((c) => {
      if (marks.executed[number] !== 2) marks.executed[number] = c.isAssuming ? Math.max(1, marks.executed[number] ?? 0) : 2;
    });
  }

  get here(): CodeRange | null {
    return this.range;
  }

  private push(code: Code): void {
    this.code.push(this.range === null ? code : { ...code, range: this.range });
  }

  label(): number {
    this.labels.push(-1);
    return this.labels.length - 1;
  }

  place(label: number): void {
    this.labels[label] = this.code.length;
  }

  note(run: (c: Cpu) => void): void {
    this.push({ op: 'note', run });
  }

  put(name: string, value: Expr<Value>): void {
    this.push({ op: 'let', name, value });
  }

  act(kind: Act['kind'], label: string, run: (c: Cpu) => void, choices: Expr<readonly string[]> | null = null): void {
    this.push({ op: 'act', kind, label: label.replace(/[{}]/g, ''), run, choices });
  }

  lock(name: Expr<string>, shared = false): void {
    this.push({ op: 'lock', lock: name, shared });
  }

  unlock(name: Expr<string>, shared = false): void {
    this.push({ op: 'unlock', lock: name, shared });
  }

  call(procedure: string | Expr<string>, args: readonly Expr<Value>[], into: string | null): void {
    this.push({ op: 'call', procedure, args, into });
  }

  give(value: Expr<Value>): void {
    this.push({ op: 'return', value });
  }

  jump(label: number): void {
    this.fixes.push({ at: this.code.length, label });
    this.push({ op: 'jump', to: 0 });
  }

  /** Falls through where the test holds. */
  branch(test: Expr<boolean>, otherwise: number): void {
    this.fixes.push({ at: this.code.length, label: otherwise });
    this.push({ op: 'branch', test, otherwise: 0 });
  }

  /** Falls through where the test holds; open tests go both ways. */
  decide(label: string, test: Omit<Test, 'loads'>, otherwise: number): void {
    this.fixes.push({ at: this.code.length, label: otherwise });
    const assume = (c: Cpu, outcome: boolean): void => {
      c.put(openTests, c.number(openTests) + 1);
      test.assume(c, outcome);
    };
    this.push({ op: 'decide', label, test: test.test, assume, otherwise: 0 });
  }

  /** One step that reads what a test, a call or a return needs. */
  load(loads: readonly Load[], kind: Act['kind'], label: string): void {
    if (loads.length === 0) return;
    this.act(kind, label, (c) => {
      for (const { into, value } of loads) c.put(into, value(c));
    });
  }

  finish(): readonly Code[] {
    this.push({ op: 'return', value: () => null });
    for (const { at, label } of this.fixes) {
      const to = this.labels[label] ?? -1;
      const code = this.code[at];
      if (to < 0 || code === undefined) throw new RangeError('a jump without a target');
      if (code.op === 'jump') this.code[at] = { ...code, to };
      else if (code.op === 'branch' || code.op === 'decide') this.code[at] = { ...code, otherwise: to };
    }
    return this.code;
  }
}
