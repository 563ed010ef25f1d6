// A trace in the Informal Trace Format of Apalache (ADR 015): one record for each state, all variables in each.

import type { Trace } from '../../../protocol/finding.ts';
import { TraceCursor } from './cursor.ts';

function itfValue(value: unknown): unknown {
  if (typeof value === 'number') return { '#bigint': String(value) };
  if (Array.isArray(value)) return value.map(itfValue);
  if (value === null || value === undefined) return 'NULL';
  return value;
}

/** The trace as a JSON text in ITF. Paths are the variables; `step` says which step led to a state. */
export function traceItf(trace: Trace): string {
  const paths = new Set(Object.keys(trace.initial));
  for (const step of trace.steps) for (const change of step.changes) paths.add(change.path);
  const vars = [...paths].sort();
  const cursor = new TraceCursor(trace);
  const record = (): Record<string, unknown> => ({
    '#meta': { index: cursor.at },
    step: cursor.step === null ? 'init' : `${cursor.step.thread}: ${cursor.step.step}`,
    ...Object.fromEntries(vars.map((path) => [path, itfValue(cursor.value(path))])),
  });
  const states = [record()];
  while (cursor.forward()) states.push(record());
  const meta = { format: 'ITF', description: `${trace.scenario} in ${trace.era}` };
  return `${JSON.stringify({ '#meta': meta, vars: ['step', ...vars], states }, null, 1)}\n`;
}
