// What a run of the patch showed, as findings of the rule that it belongs to.

import type { EntryPoint } from '../../run/entry/entryPoints.ts';
import type { CodePlace } from '../../run/entry/files.ts';
import type { ModelFact } from '../../run/outcome/facts.ts';
import type { At, Level, RuleContext } from '../rule.ts';

export interface ReportOptions {
  /** Key of the rule's messages; default `model`. */
  readonly message?: (fact: ModelFact) => string;
  readonly level?: Level;
}

/** Reports what schedules of the side break, and confirms what was explored and holds. Nothing where the patch was not run. */
export function reportModelFacts(context: RuleContext, rule: string, options: ReportOptions = {}): void {
  const view = context.model();
  if (view === null) return;
  for (const fact of view.side.facts) {
    if (fact.rule !== rule) continue;
    const at = placeOf(context, fact.at);
    if (at === null) continue;
    const { trace } = fact.trace;
    // What the kernel of the era is known to allow is worth a note.
    // A path on which an open value was taken one way shows something only if that way exists.
    const isOpen = fact.trace.assumptions.some((one) => one.kind === 'value');
    const isAssumed = fact.trace.assumptions.length > 0 || view.run.isNearestEra;
    context.report({
      message: options.message?.(fact) ?? 'model',
      data: fact.data,
      at,
      function: fact.at.function,
      fact: fact.isOnOtherSide === true ? 'model, on both sides' : 'model',
      ...(fact.isOnOtherSide === null ? {} : { isOnBothSides: fact.isOnOtherSide }),
      why: whyOf(fact, view.run.entries),
      evidence: fact.evidence.flatMap((step) => {
        const place = placeOf(context, step.place);
        return place === null ? [] : [{ at: place, message: step.message }];
      }),
      fixes: [],
      ...(isOpen || fact.isKnown ? { level: 'low' } : options.level === undefined ? {} : { level: options.level }),
      confidence: isOpen ? 'low' : isAssumed ? 'moderate' : 'high',
      witness: !isAssumed,
      assumptions: [...fact.trace.assumptions.map((one) => one.text), ...(view.run.isNearestEra ? [nearestEra(trace.era)] : [])],
      trace: fact.trace,
    });
  }
  for (const one of view.side.confirmed) {
    if (one.rule !== rule) continue;
    const at = placeOf(context, one.at);
    if (at !== null) context.confirm(at, one.at.function, one.message, { states: one.states, trace: one.trace });
  }
}

/** What a run assumes where the model has no world for the era of the patch. */
export const nearestEra = (era: string): string => `the rest of the kernel is that of ${era}, the nearest era that the model has`;

/** The place in a file of the rule's side; null for code of other files. */
export function placeOf(context: RuleContext, place: CodePlace): At | null {
  const file = context.files.find((one) => one === place.file);
  return file === undefined ? null : { file, span: place.span };
}

function whyOf({ data, trace: { trace, frames }, also }: ModelFact, entries: readonly EntryPoint[]): string {
  const shown = `Running the patch shows it in ${trace.scenario}, ${data['calls'] ?? ''}: ${String(trace.steps.length)} steps, ${data['detail'] ?? ''}.`;
  const onStack = new Set(frames.flat().flatMap((frame) => (frame.place === null ? [] : [frame.function])));
  const [entry] = entries.filter((one) => onStack.has(one.function));
  const reached = entry === undefined ? '' : ` ${entry.function}() is called from outside: ${entry.kind}, ${entry.through}.`;
  const others = also.length === 0 ? '' : ` ${also.join(', ')} ${also.length === 1 ? 'shows' : 'show'} it too.`;
  return `${shown}${others}${reached}`;
}
