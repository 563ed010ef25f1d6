// Whether a value from a file has the shape of a unit's report: what a door reads from it must be there.

import type { UnitReport } from '../../protocol/analysis.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** Exactly the named fields have to be there; others may be. */
const shaped =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check((value as Readonly<Record<string, unknown>>)[name]));

const place = { line: isCount, column: isCount, endLine: isCount, endColumn: isCount };
const mailRange = orNull(shaped({ path: isText, ...place }));
const location = orNull(shaped({ file: isText, function: orNull(isText), ...place }));
const problem = shaped({ kind: isText, line: orNull(isCount), message: isText });
const counts = shaped({ total: isCount, analysed: isCount, partly: isCount, failed: isCount });

const edit = shaped({
  target: isText,
  path: isText,
  startLine: isCount,
  startColumn: isCount,
  endLine: isCount,
  endColumn: isCount,
  newText: isText,
});

const finding = shaped({
  rule: isText,
  category: isText,
  severity: isText,
  confidence: isText,
  evidence: isText,
  status: isText,
  introducedIn: orNull(isText),
  fixedIn: orNull(isText),
  input: isText,
  message: isText,
  why: isText,
  refute: orNull(isText),
  assumptions: listOf(isText),
  sources: listOf(shaped({ title: isText, url: isText })),
  location,
  mail: mailRange,
  text: isText,
  related: listOf(shaped({ location, mail: mailRange, message: isText })),
  fixes: listOf(shaped({ title: isText, safety: isText, edits: listOf(edit) })),
  // Reports with a schedule are not kept.
  trace: (value) => value === null,
  suppressed: (value) => value === null,
  fingerprint: isText,
});

const input = shaped({
  id: isText,
  path: isText,
  messageId: orNull(isText),
  kind: isText,
  subject: orNull(isText),
  version: orNull(isCount),
  part: orNull(listOf(isCount)),
  series: orNull(isText),
  depth: isText,
  era: isText,
  files: listOf(shaped({ path: isText, depth: isText, base: isText, problems: listOf(problem) })),
  problems: listOf(problem),
});

const comment = shaped({
  id: isText,
  inReplyTo: orNull(isText),
  author: isText,
  date: orNull(isText),
  anchor: orNull(shaped({ patch: isText, side: isText, file: orNull(isText), line: isCount })),
  mail: shaped({ path: isText, ...place }),
  text: isText,
});

const report = shaped({
  inputs: listOf(input),
  findings: listOf(finding),
  confirmed: listOf(
    shaped({
      rule: isText,
      input: isText,
      location,
      mail: mailRange,
      message: isText,
      evidence: isText,
      states: orNull(isCount),
      trace: (value) => value === null,
      fingerprint: isText,
    }),
  ),
  unknowns: listOf(shaped({ input: isText, rule: orNull(isText), function: orNull(isText), location, reason: isText, detail: isText })),
  comments: listOf(comment),
  suppressions: shaped({ used: isCount, unused: isCount, expired: isCount }),
  stats: shaped({ files: isCount, functions: counts, lines: isCount }),
});

/** The value as a report without schedules; null for anything else. */
export function readReport(value: unknown): UnitReport | null {
  return report(value) ? (value as UnitReport) : null;
}

/** Whether a list of the paths that were read, each with the hash of its text or null, came out of a file. */
export const isReadList = listOf((value) => Array.isArray(value) && value.length === 2 && isText(value[0]) && orNull(isText)(value[1]));

export const isListOfLists = listOf(listOf(isText));
