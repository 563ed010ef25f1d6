// Findings that are one defect seen at several places become one finding.

import type { At, EvidenceStep, ProposedFix, RawFinding } from '../rules/rule.ts';
import type { ComparedFinding } from './compare.ts';

/**
 * Joins findings of one rule, function and status that a rule calls one defect (`RawFinding.defect`). The first place of the text speaks,
 * the others are related places of it; the identity is that of the first one told, so that it stays while any of them does.
 */
export function joinDefects(compared: readonly ComparedFinding[]): ComparedFinding[] {
  const groups = new Map<string, ComparedFinding[]>();
  for (const one of compared) {
    const { rule, raw, key } = one.finding;
    const name = raw.defect === undefined ? key : `${rule.meta.id}\0${raw.function ?? ''}\0${one.status}\0${raw.defect}`;
    const group = groups.get(name);
    if (group) group.push(one);
    else groups.set(name, [one]);
  }
  return [...groups.values()].flatMap((group) => {
    const [told] = group;
    if (told === undefined || group.length === 1) return group;
    const raws = group.map((one) => one.finding.raw).sort((left, right) => startOf(left.at) - startOf(right.at));
    const [first, ...others] = raws;
    return first === undefined ? [] : [{ ...told, finding: { ...told.finding, raw: joined(first, others) } }];
  });
}

function joined(first: RawFinding, others: readonly RawFinding[]): RawFinding {
  const evidence = [...first.evidence];
  for (const step of others.flatMap((other) => other.evidence)) if (!evidence.some((known) => isSame(known, step))) evidence.push(step);
  return {
    ...first,
    evidence,
    fixes: joinedFixes([first, ...others].map((one) => one.fixes)),
    witness: [first, ...others].some((one) => one.witness === true),
    others: others.length,
  };
}

/** Fixes that mend all places at once, where all have one of the same kind; else those of each place. */
function joinedFixes(fixes: readonly (readonly ProposedFix[])[]): ProposedFix[] {
  const [first = [], ...rest] = fixes;
  const whole = first.flatMap((fix): ProposedFix[] => {
    const same = rest.flatMap((other) => other.find((one) => one.title === fix.title) ?? []);
    if (same.length < rest.length) return [];
    const all = [fix, ...same];
    const safety = all.find((one) => one.safety === 'display')?.safety ?? all.find((one) => one.safety === 'unsafe')?.safety ?? 'safe';
    return [{ title: `${fix.title} (at each place)`, safety, edits: all.flatMap((one) => one.edits) }];
  });
  return whole.length > 0 ? whole : fixes.flat();
}

function isSame(left: EvidenceStep, right: EvidenceStep): boolean {
  return left.message === right.message && startOf(left.at) === startOf(right.at);
}

function startOf(at: At): number {
  return 'file' in at ? at.span.start : at.mail.line;
}
