// Runs changed forms of a function of a tree on the model, and compares what comes out with the function as it is.

import { shippedScenarios } from '../../../server/src/core/model/catalogue.ts';
import type { Scenario } from '../../../server/src/core/model/scenario/scenario.ts';
import { erasOf, runScenario } from '../../../server/src/core/model/scenario/run.ts';
import type { CodeSource } from '../../../server/src/core/run/types.ts';
import { standardScenarios } from '../../../server/src/core/run/worlds/standard.ts';
import type { LoadedParser } from '../../../server/src/host/parser/load-parser.ts';
import type { Tree } from '../runTrees/code.ts';
import { sourceIn } from '../runTrees/code.ts';
import { runnable, verdict, withCode } from '../runTrees/compare.ts';
import { parseC } from '../../../server/src/core/syntax/parse.ts';
import type { Changed } from './edits.ts';
import { apply } from './edits.ts';

const FILE = 'drivers/iommu/iommu.c';
const STATES = 4000;

/** A scenario, with or without every failure once; what it says of the code as it is, and which functions it executes. */
interface Baseline {
  readonly scenario: Scenario;
  readonly inject: boolean;
  readonly says: readonly string[];
  readonly executes: ReadonlySet<string>;
  readonly states: number;
}

/** The scenarios that a change is run in: shipped ones of the era, the standard worlds, each alone and with every failure once. */
function scenarios(era: string): readonly { readonly scenario: Scenario; readonly inject: boolean }[] {
  const shipped = shippedScenarios().filter(
    (one) => one.variant === null && /^S00/.test(one.id) && erasOf(one).some((other) => other.id === era),
  );
  const all = [...shipped, ...standardScenarios().filter((one) => erasOf(one).some((other) => other.id === era))];
  return all.flatMap((scenario) => [{ scenario, inject: false }, ...(scenario.threads.length === 1 ? [{ scenario, inject: true }] : [])]);
}

export class Mutants {
  private readonly baselines: readonly Baseline[];
  private readonly text: string;

  constructor(
    private readonly tree: Tree,
    private readonly parser: LoadedParser,
  ) {
    const file = tree.files.find((one) => one.path === FILE);
    if (!file) throw new Error(`the tree has no ${FILE}`);
    this.text = file.c.text;
    this.baselines = scenarios(`v${tree.version}`)
      .map(({ scenario, inject }) => this.baseline(scenario, inject))
      .sort((a, b) => a.states - b.states);
  }

  private baseline(scenario: Scenario, inject: boolean): Baseline {
    const { era, program } = withCode(this.tree, runnable(this.tree));
    const run = runScenario(scenario, era, { shortest: false, injectFailures: inject, maxStates: STATES });
    const executed = program.coverage().filter((one) => one.statements.some((statement) => statement.executed !== 'no'));
    return { scenario, inject, says: verdict(run), executes: new Set(executed.map((one) => one.function)), states: run.states };
  }

  get count(): number {
    return this.baselines.length;
  }

  /** First thing that some run says otherwise of the changed functions, one change each; null if there is none. */
  run(...changes: readonly Changed[]): string | null {
    const text = apply(
      this.text,
      changes.flatMap((one) => one.edits),
    );
    const names = new Set(changes.map((one) => one.function));
    const c = parseC(text, FILE, this.parser);
    const own = new Map<string, CodeSource | null>();
    const known = new Set(this.tree.names);
    // The function itself, and helpers that the change brought along.
    for (const fn of c.functions) if (names.has(fn.name) || !known.has(fn.name)) own.set(fn.name, sourceIn(FILE, c, fn.name));
    const tree: Tree = { ...this.tree, names: [...this.tree.names, ...own.keys()], find: (name) => own.get(name) ?? this.tree.find(name) };
    const { era, program } = withCode(tree, [...new Set(runnable(tree))]);
    if (program.unrunnable.length > 0) return `cannot be run: ${program.unrunnable[0]?.detail ?? ''}`;
    for (const { scenario, inject, says, executes } of this.baselines) {
      if (![...names].some((name) => executes.has(name))) continue;
      const run = runScenario(scenario, era, { shortest: false, injectFailures: inject, maxStates: STATES });
      const now = verdict(run);
      const only = [...now.filter((line) => !says.includes(line)), ...says.filter((line) => !now.includes(line))];
      if (only.length > 0) return `${scenario.id}${inject ? ', with failures' : ''}: ${only[0] ?? ''}`;
    }
    return null;
  }
}
