import type { ReviewOptions } from '../../protocol/analysis.ts';
import { rules } from '../rules/registry.ts';
import type { Rule } from '../rules/rule.ts';

/** The rules that run: all but those switched off; a rule that is both on and off is on. */
export function selectRules(options: ReviewOptions): readonly Rule[] {
  const off = new Set(options.rulesOff.filter((id) => !options.rulesOn.includes(id)));
  return rules.filter((rule) => !off.has(rule.meta.id));
}
