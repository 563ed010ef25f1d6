// The language in which kernel calls are written down: procedures of numbered micro-steps.
//
// `lock`, `unlock`, `act` and `wait` are steps: other threads may run between two of them. Everything else (assignments to locals,
// branches, loops, calls, returns) happens together with the step before it. So a branch on shared state must stand behind an `act`
// that reads it, or under the lock that protects it.

import type { Cpu } from './cpu.ts';
import type { Value } from './names.ts';

export type Expr<T> = (c: Cpu) => T;

export interface Act {
  readonly op: 'act';
  readonly label: string;
  /** `list`: reads or changes the members of a group. */
  readonly kind: 'read' | 'check' | 'list' | 'mutate' | 'callback' | 'free';
  readonly run: (c: Cpu) => void;
  /** Names of the alternatives, where the step has several; the step finds the one taken in `c.choice`. */
  readonly choices: Expr<readonly string[]> | null;
}

export type Statement =
  | Act
  /** `shared`: readers do not exclude each other. */
  | { readonly op: 'lock'; readonly lock: Expr<string>; readonly shared?: boolean }
  | { readonly op: 'unlock'; readonly lock: Expr<string>; readonly shared?: boolean }
  | {
      readonly op: 'wait';
      readonly label: string;
      readonly until: Expr<boolean>;
      /** Names of the threads that must move first, where that is known. */
      readonly on: Expr<readonly string[]>;
    }
  | { readonly op: 'let'; readonly name: string; readonly value: Expr<Value> }
  /** Bookkeeping that no other thread races with: results, marks. Happens together with the step before it. */
  | { readonly op: 'note'; readonly run: (c: Cpu) => void }
  | { readonly op: 'if'; readonly test: Expr<boolean>; readonly then: readonly Statement[]; readonly otherwise: readonly Statement[] }
  | { readonly op: 'while'; readonly test: Expr<boolean>; readonly body: readonly Statement[] }
  | { readonly op: 'call'; readonly procedure: string; readonly args: readonly Expr<Value>[]; readonly into: string | null }
  | { readonly op: 'return'; readonly value: Expr<Value> };

/** Where a piece of code stands in a source text: UTF-16 offsets, end excluded. */
export interface CodeRange {
  readonly file: string;
  readonly function: string;
  readonly start: number;
  readonly end: number;
}

export interface Procedure {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly body: readonly Statement[];
  /** Where the kernel says so: function and tree. */
  readonly source: string;
  /** For a procedure that comes from a source text: its code, flat already; `body` is empty then. */
  readonly flat?: readonly Code[];
}

/** How a test that the state may leave open comes out; null: both ways are possible. */
export type Truth = boolean | null;

export type Code = (
  | Exclude<Statement, { op: 'if' } | { op: 'while' } | { op: 'call' }>
  | { readonly op: 'branch'; readonly test: Expr<boolean>; readonly otherwise: number }
  /**
   * A branch on a value that may be open. Decided, it happens together with the step before it; open, it is a step with both ways as
   * its alternatives, and `assume` notes what the way taken says about the value.
   */
  | {
      readonly op: 'decide';
      readonly label: string;
      readonly test: Expr<Truth>;
      readonly assume: (c: Cpu, outcome: boolean) => void;
      readonly otherwise: number;
    }
  | { readonly op: 'jump'; readonly to: number }
  /** `procedure` may depend on the state: a call through a pointer. */
  | {
      readonly op: 'call';
      readonly procedure: string | Expr<string>;
      readonly args: readonly Expr<Value>[];
      readonly into: string | null;
    }
) & { readonly range?: CodeRange };

/** A procedure as a flat list; a micro-step's number is its index. */
export interface CompiledProcedure {
  readonly name: string;
  readonly source: string;
  readonly parameters: readonly string[];
  /** Places of the locals in a frame; a step that sets a new one adds it. */
  readonly slots: Map<string, number>;
  readonly code: readonly Code[];
}

export const lock = (name: Expr<string>): Statement => ({ op: 'lock', lock: name });
export const unlock = (name: Expr<string>): Statement => ({ op: 'unlock', lock: name });
export const act = (kind: Act['kind'], label: string, run: (c: Cpu) => void): Statement => ({ op: 'act', kind, label, run, choices: null });
export const choose = (kind: Act['kind'], label: string, choices: Expr<readonly string[]>, run: (c: Cpu) => void): Statement => ({
  op: 'act',
  kind,
  label,
  run,
  choices,
});
export const wait = (label: string, until: Expr<boolean>, on: Expr<readonly string[]> = () => []): Statement => ({
  op: 'wait',
  label,
  until,
  on,
});
export const set = (name: string, value: Expr<Value>): Statement => ({ op: 'let', name, value });
export const note = (run: (c: Cpu) => void): Statement => ({ op: 'note', run });
export const when = (test: Expr<boolean>, then: readonly Statement[], otherwise: readonly Statement[] = []): Statement => ({
  op: 'if',
  test,
  then,
  otherwise,
});
export const loop = (test: Expr<boolean>, body: readonly Statement[]): Statement => ({ op: 'while', test, body });
export const call = (procedure: string, args: readonly Expr<Value>[] = [], into: string | null = null): Statement => ({
  op: 'call',
  procedure,
  args,
  into,
});
export const give = (value: Expr<Value> | number | string | null): Statement => ({
  op: 'return',
  value: typeof value === 'function' ? value : () => value,
});

/** Walks a list that is read once, at the start. */
export const each = (name: string, list: Expr<readonly string[]>, body: readonly Statement[]): Statement[] => [
  set(`${name}#list`, list),
  set(`${name}#at`, () => 0),
  loop(
    (c) => c.number(`${name}#at`) < c.listOf(`${name}#list`).length,
    [
      set(name, (c) => c.listOf(`${name}#list`)[c.number(`${name}#at`)] ?? null),
      set(`${name}#at`, (c) => c.number(`${name}#at`) + 1),
      ...body,
    ],
  ),
];

/** Ends the loop that `each` made for this name after the current round. */
export const leave = (name: string): Statement => set(`${name}#at`, (c) => c.listOf(`${name}#list`).length);

export const procedure = (name: string, parameters: readonly string[], source: string, body: readonly Statement[]): Procedure => ({
  name,
  parameters,
  source,
  body,
});

/** Flattens a procedure. Nesting is the author's, never a file's, so recursion is bounded. */
export function compile(source: Procedure): CompiledProcedure {
  const slots = new Map<string, number>();
  const slot = (name: string): void => {
    if (!slots.has(name)) slots.set(name, slots.size);
  };
  source.parameters.forEach(slot);
  if (source.flat !== undefined)
    return { name: source.name, source: source.source, parameters: source.parameters, slots, code: source.flat };
  const code: Code[] = [];
  const emit = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      switch (statement.op) {
        case 'if': {
          const at = code.length;
          code.push({ op: 'jump', to: 0 });
          emit(statement.then);
          if (statement.otherwise.length === 0) {
            code[at] = { op: 'branch', test: statement.test, otherwise: code.length };
            break;
          }
          const end = code.length;
          code.push({ op: 'jump', to: 0 });
          code[at] = { op: 'branch', test: statement.test, otherwise: code.length };
          emit(statement.otherwise);
          code[end] = { op: 'jump', to: code.length };
          break;
        }
        case 'while': {
          const at = code.length;
          code.push({ op: 'jump', to: 0 });
          emit(statement.body);
          code.push({ op: 'jump', to: at });
          code[at] = { op: 'branch', test: statement.test, otherwise: code.length };
          break;
        }
        case 'let':
          slot(statement.name);
          code.push(statement);
          break;
        case 'call':
          if (statement.into !== null) slot(statement.into);
          code.push(statement);
          break;
        default:
          code.push(statement);
      }
    }
  };
  emit(source.body);
  code.push({ op: 'return', value: () => null });
  return { name: source.name, source: source.source, parameters: source.parameters, slots, code };
}
