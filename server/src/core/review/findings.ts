// From what a rule said to the finding that people get.

import type { Finding, Fix, Severity, Status } from '../../protocol/finding.ts';
import type { Confirmation, UnknownResult } from '../../protocol/report.ts';
import type { Outside } from '../base/outside.ts';
import { severityOf } from '../rules/severity.ts';
import type { RawFinding, Rule } from '../rules/rule.ts';
import type { CollectedConfirmation, CollectedUnknown } from './collect.ts';
import type { ComparedFinding } from './compare.ts';
import { resolveFix, type FixContext } from './fixes.ts';
import { toTrace } from './traces.ts';
import { lineText, mailRange, sourceLocation } from './places.ts';

export interface FindingContext extends FixContext {
  readonly input: string;
  /** False for a plain C file, whose findings have no mail place. */
  readonly isMail: boolean;
  /** `2/5` of the patch in its series, or null. */
  readonly part: string | null;
  readonly eraAssumed: string | null;
  readonly outside: Outside;
}

/** The finding in its final shape. Contract rules in an era that is only assumed are never above info. */
export function toFinding(compared: ComparedFinding, context: FindingContext): Finding {
  const { rule, raw, key } = compared.finding;
  const severity = cap(severityOf(raw.level ?? rule.meta.level, rule.meta.category, raw.witness === true), rule, context);
  const assumed =
    rule.meta.evidence === 'contract' && context.eraAssumed !== null ? [`contracts of ${context.eraAssumed}, which is assumed`] : [];
  const text = 'file' in raw.at ? lineText(raw.at) : context.rawLine(raw.at.mail.line);
  return {
    rule: rule.meta.id,
    category: rule.meta.category,
    severity,
    confidence: raw.confidence ?? rule.meta.confidence,
    evidence: raw.trace === undefined ? rule.meta.evidence : 'model',
    status: compared.status,
    introducedIn: compared.status === 'introduced' ? context.part : null,
    fixedIn: null,
    input: context.input,
    message: fill(rule.messages[raw.message] ?? raw.message, raw.data) + otherPlaces(raw.others ?? 0),
    why: raw.why,
    refute: rule.meta.refute,
    assumptions: [...(raw.assumptions ?? []), ...assumed],
    sources: rule.meta.sources,
    location: sourceLocation(raw.at, raw.function),
    mail: context.isMail ? mailRange(raw.at, context.path) : null,
    text,
    related: raw.evidence.map((step) => ({
      location: sourceLocation(step.at, null),
      mail: context.isMail ? mailRange(step.at, context.path) : null,
      message: step.message,
    })),
    fixes: fixesOf(raw, compared, context),
    trace:
      raw.trace === undefined
        ? null
        : toTrace(raw.trace, { path: context.isMail ? context.path : null, side: sideOf(compared.status, context.part) }),
    suppressed: null,
    fingerprint: fingerprintOf(key, context.outside),
  };
}

/** Which code a trace ran: that before the patch for what it mends, else that of the patched tree. */
function sideOf(status: Status, part: string | null): string {
  return status === 'fixed' ? 'before' : (part ?? 'after');
}

/** Stable name of a fact: rule, function, the fact and its occurrence; 20 hex digits. */
export function fingerprintOf(key: string, outside: Outside): string {
  const bytes = new Uint8Array(key.length * 2);
  for (let at = 0; at < key.length; at++) {
    const unit = key.charCodeAt(at);
    bytes[2 * at] = unit >> 8;
    bytes[2 * at + 1] = unit & 0xff;
  }
  return outside.sha1(bytes).slice(0, 20);
}

function fixesOf(raw: RawFinding, compared: ComparedFinding, context: FindingContext): Fix[] {
  if (compared.status === 'fixed') return [];
  return raw.fixes.flatMap((fix) => resolveFix(fix, context) ?? []);
}

function cap(severity: Severity, rule: Rule, context: FindingContext): Severity {
  if (rule.meta.evidence !== 'contract' || context.eraAssumed === null || severity === 'hint') return severity;
  return 'info';
}

function fill(message: string, data: Readonly<Record<string, string>>): string {
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => data[name] ?? whole);
}

/** What a message says of places that were joined to its own. */
function otherPlaces(count: number): string {
  if (count === 0) return '';
  return count === 1 ? '; the same at another place' : `; the same at ${String(count)} other places`;
}

export function toConfirmation(one: CollectedConfirmation, context: FindingContext): Confirmation {
  const trace = one.run?.trace ?? null;
  return {
    rule: one.rule.meta.id,
    input: context.input,
    location: sourceLocation(one.at, one.function),
    mail: context.isMail ? mailRange(one.at, context.path) : null,
    message: one.message,
    evidence: one.run === null ? one.rule.meta.evidence : 'model',
    states: one.run?.states ?? null,
    trace: trace === null ? null : toTrace(trace, { path: context.isMail ? context.path : null, side: context.part ?? 'after' }),
    fingerprint: fingerprintOf(`confirmed\0${one.rule.meta.id}\0${one.function ?? ''}\0${one.message}`, context.outside),
  };
}

export function toUnknown(one: CollectedUnknown, context: FindingContext): UnknownResult {
  return {
    input: context.input,
    rule: one.rule,
    function: one.function,
    location: one.at === null ? null : sourceLocation(one.at, one.function),
    reason: one.reason,
    detail: one.detail,
  };
}

/** As a reader meets them: by line of the opened file, then by line of the source; the order of the rules decides the rest. */
export function inReadingOrder(left: Finding, right: Finding): number {
  const mail = (left.mail?.line ?? Infinity) - (right.mail?.line ?? Infinity);
  if (Number.isFinite(mail) && mail !== 0) return mail;
  if (left.mail === null && right.mail !== null) return 1;
  if (left.mail !== null && right.mail === null) return -1;
  const source = (left.location?.line ?? 0) - (right.location?.line ?? 0);
  return source !== 0 ? source : (left.mail?.column ?? left.location?.column ?? 0) - (right.mail?.column ?? right.location?.column ?? 0);
}
