// A finding in full, for a hover: message, reason, evidence, what would refute it, sources.

import type { Finding } from '../../protocol/finding.ts';
import { visible } from '../../core/report/terminal.ts';
import { codeSpan, escapeMarkdown, link } from '../markdown.ts';
import { locationOf, type Ground } from './places.ts';

/**
 * Markdown in which all text of the finding is escaped; links lead only to places of files at hand and to https sources.
 * With `reasonsOnly`, message and evidence are left out: the editor shows them itself.
 */
export function explainInMarkdown(finding: Finding, ground: Ground, reasonsOnly: boolean): string {
  const parts = [...(reasonsOnly ? [] : [`**${escapeMarkdown(finding.message)}**`]), escapeMarkdown(finding.why)];
  if (finding.related.length > 0 && !reasonsOnly) {
    const steps = finding.related.map((step) => {
      const place = locationOf(step, ground);
      const text = placeName(step);
      const name = place ? link(text, `${place.uri}#L${place.range.start.line + 1}`, ['file:']) : escapeMarkdown(text);
      return `- ${name === '' ? '' : `${name}: `}${escapeMarkdown(step.message)}`;
    });
    parts.push(`Evidence:\n${steps.join('\n')}`);
  }
  if (finding.assumptions.length > 0) parts.push(`Assumes: ${finding.assumptions.map(escapeMarkdown).join('; ')}`);
  if (finding.refute !== null) parts.push(`Would be refuted by: ${escapeMarkdown(finding.refute)}`);
  if (finding.sources.length > 0) {
    parts.push(`Sources: ${finding.sources.map(({ title, url }) => link(title, url, ['https:'])).join(', ')}`);
  }
  parts.push(`${codeSpan(finding.rule)} · ${standing(finding).map(escapeMarkdown).join(' · ')}`);
  return parts.filter((part) => part !== '').join('\n\n');
}

/** The same as plain text, for clients without Markdown. */
export function explainInText(finding: Finding): string {
  const parts = [finding.message, finding.why];
  if (finding.related.length > 0) {
    parts.push(['Evidence:', ...finding.related.map((step) => `  ${placeName(step)}: ${step.message}`)].join('\n'));
  }
  if (finding.assumptions.length > 0) parts.push(`Assumes: ${finding.assumptions.join('; ')}`);
  if (finding.refute !== null) parts.push(`Would be refuted by: ${finding.refute}`);
  if (finding.sources.length > 0) parts.push(`Sources: ${finding.sources.map(({ title, url }) => `${title} <${url}>`).join(', ')}`);
  parts.push(`${finding.rule} · ${standing(finding).join(' · ')}`);
  return parts.map(visible).join('\n\n');
}

function standing(finding: Finding): string[] {
  const parts: string[] = [finding.severity, `confidence ${finding.confidence}`, `evidence ${finding.evidence}`, finding.status];
  if (finding.introducedIn !== null) parts.push(`introduced in ${finding.introducedIn}`);
  if (finding.fixedIn !== null) parts.push(`fixed in ${finding.fixedIn}`);
  return parts;
}

function placeName({ mail, location }: Finding['related'][number]): string {
  if (location) return `${location.file}:${location.line}`;
  return mail ? `line ${mail.line}` : '';
}
