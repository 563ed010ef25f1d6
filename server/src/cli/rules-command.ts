// `iommu-review rules` and `iommu-review explain RULE`: what the tool checks, and why.

import { manuals } from '../core/rules/manual.ts';
import { rules } from '../core/rules/registry.ts';
import { severityOf } from '../core/rules/severity.ts';
import { safeJson } from '../core/report/terminal.ts';
import { nearest } from '../core/base/nearest.ts';
import { Exit, UsageError, writeResult } from './output.ts';

function described() {
  return rules.map(({ meta }) => ({
    id: meta.id,
    title: meta.title,
    category: meta.category,
    severity: severityOf(meta.level, meta.category, false),
    severityWithWitness: severityOf(meta.level, meta.category, true),
    confidence: meta.confidence,
    evidence: meta.evidence,
    needs: meta.needs,
    since: meta.since,
    refute: meta.refute,
    sources: meta.sources,
  }));
}

/** Lists all rules. */
export async function rulesCommand(format: 'text' | 'json'): Promise<number> {
  const list = described();
  const width = Math.max(0, ...list.map((rule) => rule.id.length));
  const text = list
    .map((rule) => `${rule.id.padEnd(width)}  ${rule.severity.padEnd(7)}  ${rule.category.padEnd(7)}  ${rule.title}\n`)
    .join('');
  await writeResult(format === 'json' ? `${safeJson(JSON.stringify(list, null, 2))}\n` : text, null);
  return Exit.ok;
}

/** Prints the manual page of one rule. */
export async function explainCommand(id: string): Promise<number> {
  const rule = described().find((candidate) => candidate.id === id);
  const ids = rules.map(({ meta }) => meta.id);
  if (rule === undefined) throw new UsageError(`there is no rule '${id}'${nearest(id, ids)} (iommu-review rules lists them)`);
  const severity =
    rule.severity === rule.severityWithWitness
      ? rule.severity
      : `${rule.severity}, ${rule.severityWithWitness} where the whole path is shown`;
  const facts = `${rule.category}; ${severity}; confidence ${rule.confidence}; evidence ${rule.evidence}; needs depth ${rule.needs}; since ${rule.since}`;
  await writeResult(`# ${rule.id}\n\n${rule.title}\n\n${facts}\n\n${manuals[id] ?? ''}\n`, null);
  return Exit.ok;
}
