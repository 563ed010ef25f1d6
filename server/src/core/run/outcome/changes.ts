// Calls of users and administrators that come out differently after the patch.

import type { ScenarioRun } from '../../model/scenario/run.ts';
import type { Scenario } from '../../model/scenario/scenario.ts';

/** A call whose results differ between the two sides of the patch. */
export interface ChangedResult {
  readonly scenario: Scenario;
  /** The call as the scenario writes it. */
  readonly call: string;
  readonly action: string;
  /** Every result that some schedule gives, sorted. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Actions of people: of an administrator through sysfs, of a user through files. The others are calls inside the kernel. */
const ACTIONS_OF_PEOPLE: ReadonlySet<string> = new Set([
  'write_type',
  'bind',
  'unbind',
  'open',
  'close',
  'open_group',
  'close_group',
  'set_container',
  'unset_container',
  'set_iommu',
  'ioas_alloc',
  'ioas_map',
  'ioas_unmap',
  'hwpt_alloc',
  'destroy',
  'cdev_bind',
  'cdev_attach',
  'cdev_detach',
  'cdev_close',
]);

export interface SidesOfScenario {
  readonly scenario: Scenario;
  readonly before: ScenarioRun;
  readonly after: ScenarioRun;
}

/** What people see change, in the order of the scenarios. Only runs that both came to their end are compared. */
export function changedResults(pairs: readonly SidesOfScenario[]): ChangedResult[] {
  return pairs.flatMap(({ scenario, before, after }) => {
    if (!before.finished || !after.finished || before.machine === null || after.machine === null) return [];
    const steps = scenario.threads.flatMap((thread) => thread.steps);
    return steps.flatMap((step, index): ChangedResult[] => {
      const old = before.steps[index]?.got ?? [];
      const now = after.steps[index]?.got ?? [];
      if (!ACTIONS_OF_PEOPLE.has(step.action) || old.length === 0 || now.length === 0 || old.join() === now.join()) return [];
      return [{ scenario, call: step.text, action: step.action, before: old, after: now }];
    });
  });
}
