// Which scenarios a patch is run in: those that come to run one of its functions, each world and list of calls once.

import { shippedCalling, shippedScenarios } from '../../model/catalogue.ts';
import type { Era } from '../../model/eras/era.ts';
import { eraHasCalls } from '../../model/scenario/build.ts';
import type { Scenario } from '../../model/scenario/scenario.ts';
import { callersOf, reachOf } from '../entry/reach.ts';
import { environmentOf } from './environment.ts';
import { standardScenarios } from './standard.ts';

/**
 * Which fallible places of a scenario's world fail once, in some schedule. In the standard worlds that plan no failure and need no success:
 * all of them where there is one thread, those of the patch where there are several. Elsewhere none.
 */
export function failuresIn(scenario: Scenario): 'all' | 'of the patch' | 'none' {
  const steps = scenario.threads.flatMap((thread) => thread.steps);
  const isStandard = standardScenarios().some((one) => one.id === scenario.id && one.title === scenario.title);
  if (!isStandard || steps.some((step) => step.fail !== null || step.returns?.['default']?.includes('ok') === true)) return 'none';
  return scenario.threads.length === 1 ? 'all' : 'of the patch';
}

export interface Selection {
  readonly era: Era;
  /** Functions that run as code, each with the names that it calls. */
  readonly code: ReadonlyMap<string, readonly string[]>;
  /** Functions that the patch changes: a scenario counts when it reaches one of them. */
  readonly changed: ReadonlySet<string>;
  /** Functions that do not exist on the side: what comes to call one is not run. */
  readonly absent: ReadonlySet<string>;
  /** The user's own scenarios: run whatever they call. */
  readonly own: readonly Scenario[];
  readonly onlyOwn: boolean;
}

/** Scenarios as they are run with code (their variant is the environment that is left of it): the user's, then the shipped ones, then the
 * standard worlds. Those that only boot the function count where no other comes to it. */
export function chooseScenarios({ era, code, changed, absent, own, onlyOwn }: Selection): readonly Scenario[] {
  const leading = callersOf(era, code, changed);
  const calls = new Set([...leading, ...Object.entries(era.actions).flatMap(([action, name]) => (leading.has(name) ? [action] : []))]);
  const chosen = choose(onlyOwn ? own : [...own, ...shippedCalling(calls), ...standardScenarios()], {
    era,
    code,
    changed,
    absent,
    own,
    onlyOwn,
  });
  return onlyOwn || chosen.bySteps.length > 0
    ? chosen.bySteps
    : choose(shippedScenarios(), { era, code, changed, absent, own, onlyOwn }).byBoot;
}

function choose(
  scenarios: readonly Scenario[],
  { era, code, changed, absent, own }: Selection,
): { readonly bySteps: readonly Scenario[]; readonly byBoot: readonly Scenario[] } {
  const seen = new Set<string>();
  const bySteps: Scenario[] = [];
  const byBoot: Scenario[] = [];
  for (const given of scenarios) {
    const environment = environmentOf(given.variant);
    if (environment === undefined) continue;
    if (environment !== null && era.variants[environment] === undefined) continue;
    const scenario: Scenario = { ...given, variant: environment };
    if (!isOfEra(given, era.id)) continue;
    if (!eraHasCalls(era, scenario)) continue;
    const isOwn = own.includes(given);
    const reach = reachOf(scenario, { era, code, wanted: changed, absent });
    if (reach === 'absent' || (reach === null && !isOwn)) continue;
    const key = JSON.stringify([scenario.world, scenario.threads.map(callsOf), scenario.order, environment, failuresIn(given)]);
    if (seen.has(key)) continue;
    seen.add(key);
    (reach === 'boot' ? byBoot : bySteps).push(scenario);
  }
  return { bySteps, byBoot };
}

/** Eras with the same kernel around the code that differs. */
const SAME_KERNEL: readonly (readonly string[])[] = [['defdom-2020-v3', 'defdom-merged']];

/** Whether the kernel of an era forms the scenario's world: drivers and files that it names can be missing elsewhere. */
function isOfEra(scenario: Scenario, era: string): boolean {
  const same = SAME_KERNEL.find((eras) => eras.includes(era)) ?? [era];
  return scenario.eras === null || scenario.eras.some((id) => same.includes(id));
}

function callsOf(thread: Scenario['threads'][number]): unknown {
  return [thread.name, thread.steps.map((step) => [step.action, step.args, step.handle, step.fail])];
}
