// What the rules say of scenarios that come out differently after the patch.

import type { PlacedChange } from '../../run/outcome/changePlace.ts';
import { callsOf } from '../../run/outcome/facts.ts';
import type { RuleContext } from '../rule.ts';
import { nearestEra, placeOf } from './reportFacts.ts';

/** Words by which a message speaks of what users see. */
const SAYS =
  /user[- ]?space|user-visible|visible to users|\b(?:u?ABI|uAPI|sysfs)\b|behaviou?r|\breturn|\bfail|refus|reject|\bden(?:y|ie)|\ballow|permit|no longer|instead of|semantic/iu;

/** So many further scenarios are named. */
const MANY = 8;

/** Whether the commit message speaks of results that users see, or names the new one. */
export function isSaid(context: RuleContext, change: PlacedChange): boolean {
  const text = (context.patch?.commitMessage ?? []).map((line) => line.text).join('\n');
  return SAYS.test(text) || change.after.some((result) => text.includes(result.replace(/^-/u, '')));
}

/** A change in a sentence, with the scenario and what it calls. */
export function changeText({ sides: { scenario }, also, step, what, before, after }: PlacedChange): string {
  const subject = step === null ? `${what} at the end` : what;
  const others =
    also.length === 0
      ? ''
      : `, and in ${also.slice(0, MANY).join(', ')}${also.length > MANY ? ` and ${String(also.length - MANY)} more` : ''}`;
  const calls = step === null ? `, ${callsOf(scenario)}` : '';
  const verb = step === null ? ['was', 'is'] : ['gave', 'gives'];
  return `In ${scenario.id} (${scenario.title}${calls})${others}: ${subject} ${verb[0] ?? ''} ${before.join(' or ')} and ${verb[1] ?? ''} ${after.join(' or ')}.`;
}

/**
 * Reports what comes out differently and is not `unstated-userspace-impact`: once for a function, with all that differs in the reason.
 */
export function reportChanges(context: RuleContext): void {
  const view = context.model();
  if (context.side !== 'after' || view === null) return;
  const groups = new Map<string, PlacedChange[]>();
  for (const change of view.run.changes) {
    if (change.isOfPeople && !isSaid(context, change)) continue;
    const key = change.at.function;
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  for (const found of groups.values()) {
    // What a caller gets says more than what is left behind.
    const changes = [...found.filter((one) => one.step !== null), ...found.filter((one) => one.step === null)];
    const [main] = changes;
    const at = main === undefined ? null : placeOf(context, main.at);
    if (main === undefined || at === null) continue;
    const { scenario } = main.sides;
    context.report({
      message: main.step === null ? 'end' : 'result',
      data: {
        what: main.what,
        before: main.before.join(' or '),
        after: main.after.join(' or '),
        scenario: scenario.id,
        title: scenario.title,
      },
      at,
      function: main.at.function,
      fact: 'model',
      why: `The same scenarios were run on the model before and after the patch. ${changes.map(changeText).join(' ')}`,
      evidence: [],
      fixes: [],
      ...(view.run.isNearestEra ? { confidence: 'moderate' } : {}),
      assumptions: view.run.isNearestEra ? [nearestEra(view.run.era)] : [],
      ...(main.trace === null ? {} : { trace: main.trace }),
    });
  }
}
