// Which procedures a scenario can come to run: the calls of its steps and of its boot, and all that they call.

import { proceduresOf, procedureFor } from '../../model/scenario/build.ts';
import type { Era } from '../../model/eras/era.ts';
import type { Procedure, Statement } from '../../model/machine/code.ts';
import type { Scenario } from '../../model/scenario/scenario.ts';

/** What the boot of every scenario calls. */
const BOOT: readonly string[] = ['bus_iommu_probe', 'driver_attach', 'group_hold'];

/** Names that a model procedure calls, in the order of its text. */
export function calleesOfProcedure(procedure: Procedure): string[] {
  const names = new Set<string>();
  const pending: Statement[] = [...procedure.body];
  for (let statement = pending.pop(); statement !== undefined; statement = pending.pop()) {
    if (statement.op === 'call') names.add(statement.procedure);
    else if (statement.op === 'if') pending.push(...statement.then, ...statement.otherwise);
    else if (statement.op === 'while') pending.push(...statement.body);
  }
  return [...names].sort();
}

/** The call graph of an era with some functions replaced by code. */
export interface CallGraph {
  calleesOf(name: string): readonly string[];
}

/** Names reachable from some names, themselves included. */
export function reachableFrom(roots: readonly string[], graph: CallGraph): Set<string> {
  const seen = new Set<string>();
  const pending = [...roots];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    pending.push(...graph.calleesOf(name));
  }
  return seen;
}

/** Names that come to call one of `wanted`, themselves included; every form of the era's code counts. */
export function callersOf(era: Era, code: ReadonlyMap<string, readonly string[]>, wanted: ReadonlySet<string>): Set<string> {
  const callers = new Map<string, string[]>();
  const add = (caller: string, callees: readonly string[]): void => {
    for (const callee of callees) callers.set(callee, [...(callers.get(callee) ?? []), caller]);
  };
  const procedures = [...era.procedures, ...Object.values(era.variants).flatMap((variant) => variant.procedures)];
  for (const procedure of procedures) if (!code.has(procedure.name)) add(procedure.name, calleesOfProcedure(procedure));
  for (const [name, callees] of code) add(name, callees);
  return reachableFrom([...wanted], { calleesOf: (name) => callers.get(name) ?? [] });
}

/** How a scenario reaches a function: by one of its steps, only by its boot, or not at all; `absent` where it calls what does not exist. */
export type Reach = 'steps' | 'boot' | 'absent' | null;

export interface ReachQuestion {
  readonly era: Era;
  /** Functions whose code is at hand, each with the names that it calls. */
  readonly code: ReadonlyMap<string, readonly string[]>;
  readonly wanted: ReadonlySet<string>;
  /** Functions that do not exist: a scenario that comes to call one cannot be run. */
  readonly absent: ReadonlySet<string>;
}

/** Whether a scenario runs one of the wanted functions, and nothing that does not exist. */
export function reachOf(scenario: Scenario, { era, code, wanted, absent }: ReachQuestion): Reach {
  const { procedures } = proceduresOf(era, scenario.variant);
  const graph: CallGraph = {
    calleesOf: (name) => {
      const own = code.get(name);
      if (own !== undefined) return own;
      const procedure = procedures.get(name);
      return procedure === undefined ? [] : calleesOfProcedure(procedure);
    },
  };
  const steps = scenario.threads.flatMap((thread) => thread.steps.map((step) => procedureFor(era, procedures, step.action) ?? step.action));
  const hasBound = Object.keys(scenario.world.bound).length > 0;
  const byBoot = reachableFrom(
    BOOT.filter((name) => name !== 'driver_attach' || hasBound),
    graph,
  );
  const bySteps = reachableFrom(steps, graph);
  const meets = (names: ReadonlySet<string>, any: ReadonlySet<string>): boolean => [...names].some((name) => any.has(name));
  if (meets(bySteps, absent) || meets(byBoot, absent)) return 'absent';
  return meets(bySteps, wanted) ? 'steps' : meets(byBoot, wanted) ? 'boot' : null;
}
