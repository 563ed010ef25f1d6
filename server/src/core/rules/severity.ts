// The one table from a rule's level to what the reader sees.

import type { Category, Severity } from '../../protocol/finding.ts';
import type { Level } from './rule.ts';

/** Severity of a level without and with a witness (a gap-free path or a model trace). */
const severities: Readonly<Record<Level, readonly [plain: Severity, witnessed: Severity]>> = {
  crit: ['warning', 'error'],
  high: ['warning', 'error'],
  med: ['warning', 'warning'],
  low: ['info', 'info'],
  info: ['hint', 'hint'],
  text: ['info', 'info'],
};

/**
 * Severity of a finding. Prose and style are never above info, whatever their level. A finding below the rule's own level
 * (`RawFinding.level`) is passed with that level.
 */
export function severityOf(level: Level, category: Category, witness: boolean): Severity {
  const [plain, witnessed] = severities[level];
  const severity = witness ? witnessed : plain;
  if (category !== 'text' && category !== 'style') return severity;
  return severity === 'hint' ? 'hint' : 'info';
}
