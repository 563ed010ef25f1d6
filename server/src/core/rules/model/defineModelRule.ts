// Rules that only a run of the patch can follow: each reports the facts of its name.

import type { Confidence } from '../../../protocol/finding.ts';
import { defineRule, type Rule, type RuleMeta } from '../rule.ts';
import { reportModelFacts } from './reportFacts.ts';

export interface ModelRule extends Omit<RuleMeta, 'confidence' | 'evidence' | 'needs'> {
  /** `high` if absent. */
  readonly confidence?: Confidence;
  /** What a finding says, with `{placeholder}`s for the data of the fact. */
  readonly message: string;
}

/** What would show that a finding is wrong where all that it rests on is the model. */
export const outsideOfModel =
  'Drivers, hotplug and users are those of the model: what a real driver does besides is not seen. A device or a driver outside of the model that makes the schedule impossible.';

/** A rule that reports each fact of its name which a run showed, at the place and with the schedule of the run. */
export function defineModelRule({ message, ...meta }: ModelRule): Rule {
  return defineRule({
    meta: { confidence: 'high', evidence: 'model', needs: 'hunk', ...meta },
    messages: { model: message },
    check: (context) => reportModelFacts(context, meta.id),
  });
}
