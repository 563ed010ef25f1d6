// C functions of a test's own, compiled and run on the machine: one thread by default, every result that some schedule gives.

import { parser } from '../flow/source.ts';
import { lowerFunction } from '../../server/src/core/flow/lower.ts';
import { explore, type FoundViolation } from '../../server/src/core/model/explore/explore.ts';
import { act, call, note, procedure } from '../../server/src/core/model/machine/code.ts';
import { Machine } from '../../server/src/core/model/machine/machine.ts';
import type { Value } from '../../server/src/core/model/machine/names.ts';
import type { MachineState } from '../../server/src/core/model/machine/state.ts';
import { assumptionsOf } from '../../server/src/core/run/ledger.ts';
import { lostAllocations } from '../../server/src/core/run/lost.ts';
import { compileProgram } from '../../server/src/core/run/program.ts';
import type { Binding, CodeSource, RunProgram, RunProgramOptions } from '../../server/src/core/run/types.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';

/** A binding in which no name means anything, with what a test adds. */
export function bindingWith(changes: Partial<Binding> = {}): Binding {
  return {
    era: 'test',
    structOf: () => null,
    gone: new Map(),
    fields: [],
    locks: [],
    lists: [],
    walks: new Map(),
    functions: new Map(),
    constants: new Map(),
    numbers: new Map(),
    globals: new Map(),
    adapters: [],
    configs: new Map(),
    procedures: [],
    ...changes,
  };
}

/** All functions of a text, as code. */
export function sourcesOf(text: string): Map<string, CodeSource> {
  const c = parseC(text, 'drivers/iommu/demo.c', parser);
  return new Map(c.functions.map((fn) => [fn.name, { file: c.path, function: fn.name, ir: lowerFunction(c, fn), text }]));
}

export interface World {
  readonly options?: Partial<RunProgramOptions>;
  readonly binding?: Partial<Binding>;
  readonly initial?: readonly (readonly [string, string, Value])[];
  readonly freeable?: readonly string[];
  /** Violations once for each message, not once for each id. */
  readonly perMessage?: boolean;
  /** Every place that can fail fails once, in some schedule. */
  readonly inject?: boolean;
}

export interface Outcome {
  /** Results of the threads' calls, one line for each way the run can end, sorted. */
  readonly results: readonly string[];
  /** Violations as `id: message`, in the order found. */
  readonly violations: readonly string[];
  readonly found: readonly FoundViolation[];
  readonly finished: boolean;
  readonly states: number;
  readonly program: RunProgram;
  readonly machine: Machine;
  readonly ends: readonly MachineState[];
  /** Allocations that nothing leads to at some end, sorted. */
  readonly lost: readonly string[];
}

/** Runs a call of each thread (`use(G, 3)`; names are objects, numbers numbers) in all schedules. */
export function runThreads(text: string, calls: readonly string[], world: World = {}): Outcome {
  const program = compileProgram({ binding: bindingWith(world.binding), functions: sourcesOf(text), ...world.options });
  const threads = calls.map((one, index) => {
    const found = /^(\w+)\((.*)\)$/.exec(one);
    if (found === null) throw new Error(`no call: ${one}`);
    const args = (found[2] ?? '')
      .split(',')
      .map((arg) => arg.trim())
      .filter((arg) => arg !== '');
    const value = (arg: string): Value => (/^-?\d+$/.test(arg) ? Number(arg) : arg === 'NULL' ? null : arg);
    const name = `T${index + 1}`;
    return {
      name,
      main: procedure(name, [], 'test', [
        act('read', 'begins', () => undefined),
        call(
          `c:${found[1] ?? ''}`,
          args.map((arg) => () => value(arg)),
          'ret',
        ),
        note((c) => {
          c.set(name, 'ret', c.v('ret'));
          c.set(name, 'over', true);
          if (c.held.length > 0) c.violate('I31', `${name} ends with a lock held`);
        }),
      ]),
    };
  });
  const machine = new Machine({
    procedures: new Map(program.procedures.map((one) => [one.name, one])),
    threads,
    initial: [...(world.initial ?? []), ...(world.inject === true ? [['world', 'inject', true] as const] : [])],
    freeable: new Set(world.freeable ?? []),
    monitor: null,
  });
  const result = explore(machine, { maxStates: 20_000, reduce: true, perMessage: world.perMessage === true });
  const over = result.ends.filter(({ state }) => threads.every(({ name }) => machine.read(state, name, 'over') === true));
  const line = (state: MachineState): string => threads.map(({ name }) => String(machine.read(state, name, 'ret') ?? 0)).join(' ');
  return {
    results: [...new Set(over.map(({ state }) => line(state)))].sort(),
    violations: result.violations.map(({ id, message }) => `${id}: ${message}`),
    found: result.violations,
    finished: result.finished,
    states: result.states,
    program,
    machine,
    ends: over.map(({ state }) => state),
    lost: [...new Set(over.flatMap(({ state }) => lostAllocations(machine, state)))].sort(),
  };
}

/** Every result of one call. */
export function resultsOf(text: string, one: string, world: World = {}): readonly string[] {
  const outcome = runThreads(text, [one], world);
  if (outcome.violations.length > 0) throw new Error(outcome.violations.join('; '));
  return outcome.results;
}

/** Assumptions on which the ends of a run rest, as `kind: text`, each once. */
export function assumedAt(outcome: Outcome): readonly string[] {
  const texts = new Map(outcome.program.assumptions().map(({ id, kind, text }) => [id, `${kind}: ${text}`]));
  return [...new Set(outcome.ends.flatMap((state) => assumptionsOf(outcome.machine, state).map((id) => texts.get(id) ?? '')))].sort();
}
