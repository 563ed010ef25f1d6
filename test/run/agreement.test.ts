// Random C without concurrency: what the compiled code returns is what an evaluator of the same program, written down directly, returns.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resultsOf } from './code.ts';

type Term =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'not'; readonly of: Term }
  | { readonly kind: 'choice'; readonly test: Term; readonly yes: Term; readonly no: Term }
  | { readonly kind: 'two'; readonly operator: string; readonly left: Term; readonly right: Term };
type Line =
  | { readonly kind: 'set'; readonly name: string; readonly operator: string; readonly value: Term }
  | { readonly kind: 'if'; readonly test: Term; readonly yes: readonly Line[]; readonly no: readonly Line[] }
  | { readonly kind: 'repeat'; readonly times: number; readonly body: readonly Line[]; readonly leaveAt: Term }
  | { readonly kind: 'switch'; readonly value: Term; readonly cases: readonly (readonly [number, readonly Line[], boolean])[] }
  | { readonly kind: 'call'; readonly name: string; readonly value: Term }
  | { readonly kind: 'return'; readonly value: Term };

/** Locals, members of a struct, elements of an array and what a pointer leads to: every kind of memory. */
const names = ['a', 'b', 's.x', 's.in.y', 't[0]', 't[a & 1]', '*p', 'q->x'];
const name = fc.constantFrom(...names);
const term: fc.Arbitrary<Term> = fc.letrec<{ term: Term }>((tie) => ({
  term: fc.oneof(
    { maxDepth: 3 },
    fc.record({ kind: fc.constant('number' as const), value: fc.nat(9) }),
    fc.record({ kind: fc.constant('name' as const), name }),
    fc.record({ kind: fc.constant('not' as const), of: tie('term') }),
    fc.record({ kind: fc.constant('choice' as const), test: tie('term'), yes: tie('term'), no: tie('term') }),
    fc.record({
      kind: fc.constant('two' as const),
      operator: fc.constantFrom('+', '-', '*', '&', '|', '^', '<', '<=', '>', '>=', '==', '!=', '&&', '||'),
      left: tie('term'),
      right: tie('term'),
    }),
  ),
})).term;
const line: fc.Arbitrary<Line> = fc.letrec<{ line: Line }>((tie) => {
  const lines = fc.array(tie('line'), { maxLength: 3 });
  return {
    line: fc.oneof(
      { maxDepth: 2 },
      fc.record({ kind: fc.constant('set' as const), name, operator: fc.constantFrom('=', '+=', '-=', '^=', '|='), value: term }),
      fc.record({ kind: fc.constant('call' as const), name, value: term }),
      fc.record({ kind: fc.constant('if' as const), test: term, yes: lines, no: lines }),
      fc.record({ kind: fc.constant('repeat' as const), times: fc.nat(3), body: lines, leaveAt: term }),
      fc.record({
        kind: fc.constant('switch' as const),
        value: term,
        cases: fc
          .uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 })
          .chain((values) => fc.tuple(...values.map((value) => fc.tuple(fc.constant(value), lines, fc.boolean())))),
      }),
      fc.record({ kind: fc.constant('return' as const), value: term }),
    ),
  };
}).line;

function print(one: Term): string {
  switch (one.kind) {
    case 'number':
      return String(one.value);
    case 'name':
      return one.name;
    case 'not':
      return `!(${print(one.of)})`;
    case 'choice':
      return `((${print(one.test)}) ? (${print(one.yes)}) : (${print(one.no)}))`;
    case 'two':
      return `(${print(one.left)} ${one.operator} ${print(one.right)})`;
  }
}

let loops = 0;
function printLine(one: Line, tabs: string): string {
  const inner = `${tabs}\t`;
  const block = (lines: readonly Line[]): string => lines.map((each) => printLine(each, inner)).join('');
  switch (one.kind) {
    case 'set':
      return `${tabs}${one.name} ${one.operator} ${print(one.value)};\n${tabs}${one.name} &= 0xff;\n`;
    case 'call':
      return `${tabs}${one.name} = half(${print(one.value)}, &b);\n`;
    case 'if':
      return `${tabs}if (${print(one.test)}) {\n${block(one.yes)}${tabs}} else {\n${block(one.no)}${tabs}}\n`;
    case 'repeat': {
      const counter = `i${loops++}`;
      return `${tabs}for (int ${counter} = 0; ${counter} < ${one.times}; ${counter}++) {\n${inner}if (${print(one.leaveAt)})\n${inner}\tbreak;\n${block(one.body)}${tabs}}\n`;
    }
    case 'switch': {
      const cases = one.cases.map(
        ([value, lines, breaks]) => `${tabs}case ${value}:\n${block(lines)}${breaks ? `${inner}break;\n` : `${inner};\n`}`,
      );
      return `${tabs}switch (${print(one.value)}) {\n${cases.join('')}${tabs}}\n`;
    }
    case 'return':
      return `${tabs}return (${print(one.value)}) & 0xffff;\n`;
  }
}

class Returned {
  constructor(readonly value: number) {}
}

/** Runs a program directly. `*p` is b, `q->x` is s.x. */
class Evaluator {
  private readonly memory = new Map<string, number>();

  private place(text: string): string {
    if (text === '*p') return 'b';
    if (text === 'q->x') return 's.x';
    return text === 't[a & 1]' ? `t[${this.get('a') & 1}]` : text;
  }

  private get(text: string): number {
    return this.memory.get(text) ?? 0;
  }

  value(one: Term): number {
    switch (one.kind) {
      case 'number':
        return one.value;
      case 'name':
        return this.get(this.place(one.name));
      case 'not':
        return this.value(one.of) === 0 ? 1 : 0;
      case 'choice':
        return this.value(one.test) === 0 ? this.value(one.no) : this.value(one.yes);
      case 'two': {
        const left = this.value(one.left);
        if (one.operator === '&&') return left !== 0 && this.value(one.right) !== 0 ? 1 : 0;
        if (one.operator === '||') return left !== 0 || this.value(one.right) !== 0 ? 1 : 0;
        return compute(one.operator, left, this.value(one.right));
      }
    }
  }

  run(lines: readonly Line[]): void {
    for (const one of lines) this.line(one);
  }

  private line(one: Line): void {
    switch (one.kind) {
      case 'set': {
        const value = this.value(one.value);
        const old = this.get(this.place(one.name));
        this.memory.set(this.place(one.name), one.operator === '=' ? value : compute(one.operator.slice(0, -1), old, value));
        const place = this.place(one.name);
        this.memory.set(place, this.get(place) & 0xff);
        return;
      }
      case 'call': {
        const value = this.value(one.value);
        this.memory.set('b', value & 3);
        this.memory.set(this.place(one.name), (value & 0xff) >> 1);
        return;
      }
      case 'if':
        this.run(this.value(one.test) === 0 ? one.no : one.yes);
        return;
      case 'repeat':
        for (let round = 0; round < one.times && this.value(one.leaveAt) === 0; round++) this.run(one.body);
        return;
      case 'switch': {
        const value = this.value(one.value);
        let at = one.cases.findIndex(([label]) => label === value);
        for (; at >= 0 && at < one.cases.length; at++) {
          const [, lines, breaks] = one.cases[at] ?? [0, [], true];
          this.run(lines);
          if (breaks) return;
        }
        return;
      }
      case 'return':
        throw new Returned(this.value(one.value) & 0xffff);
    }
  }
}

function compute(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '&':
      return left & right;
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '<':
      return left < right ? 1 : 0;
    case '<=':
      return left <= right ? 1 : 0;
    case '>':
      return left > right ? 1 : 0;
    case '>=':
      return left >= right ? 1 : 0;
    case '==':
      return left === right ? 1 : 0;
    default:
      return left !== right ? 1 : 0;
  }
}

function expected(lines: readonly Line[], last: Term): string {
  const evaluator = new Evaluator();
  try {
    evaluator.run(lines);
    return String(evaluator.value(last) & 0xffff);
  } catch (error) {
    if (error instanceof Returned) return String(error.value);
    throw error;
  }
}

test('compiled code returns what the program returns', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 5 }), term, (lines, last) => {
      loops = 0;
      const text = `
struct inner {
	int y;
};

struct outer {
	int x;
	struct inner in;
};

static int half(int n, int *low)
{
	*low = n & 3;
	return (n & 0xff) >> 1;
}

int work(void)
{
	struct outer s = { .x = 0 };
	struct outer *q = &s;
	int t[2] = { 0, 0 };
	int a = 0, b = 0;
	int *p = &b;

${lines.map((each) => printLine(each, '\t')).join('')}	return (${print(last)}) & 0xffff;
}
`;
      expect(resultsOf(text, 'work()'), text).toEqual([expected(lines, last)]);
    }),
    { numRuns: 150, seed: 20261121 },
  );
});
