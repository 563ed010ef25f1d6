// A trace as text that can stand in a mail: at most 72 columns, no tabs.

import type { Trace, TraceStep } from '../../../protocol/finding.ts';

const WIDTH = 72;

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 2)}..`;
}

/** A value as a reader of C would write it. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined || value === false) return 'NULL';
  if (Array.isArray(value)) return `[${value.join(', ')}]`;
  return String(value);
}

function wrap(text: string, first: string, rest: string): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + word.length + 1 > WIDTH && line !== first && line !== rest) {
      lines.push(line.trimEnd());
      line = rest;
    }
    line += `${word} `;
  }
  lines.push(line.trimEnd());
  return lines;
}

/** Where a step stands, the longest form first: its function, and its line in the opened mail or in the file. */
function placesOf(step: TraceStep): string[] {
  const name = step.frame[step.frame.length - 1]?.function ?? '';
  const file = step.location === null ? null : `${step.location.file.slice(step.location.file.lastIndexOf('/') + 1)}:${step.location.line}`;
  const line = step.mail === null || step.mail === undefined ? file : `line ${step.mail.line}`;
  if (line !== null) return [`${name} (${line})`, line];
  return name === '' ? [] : [name];
}

/** The trace as lines of text: what is violated, the threads, the steps with what they change, and the locks at the end. */
export function traceText(trace: Trace): string {
  const lines: string[] = [];
  const what =
    trace.violation === null ? 'no violation' : `${trace.violation.invariant ?? trace.violation.kind}: ${trace.violation.message}`;
  lines.push(...wrap(`${trace.scenario} in ${trace.era}: ${what}`, '', '  '));
  for (const thread of trace.threads) lines.push(cut(`  ${thread.id}: ${thread.entry}`, WIDTH));
  lines.push('');
  const digits = String(trace.steps.length).length;
  let call = '';
  for (const step of trace.steps) {
    const title = `${step.thread}: ${step.call}`;
    if (title !== call) lines.push(cut(`  ${title}`, WIDTH));
    call = title;
    const fails = step.choice === null ? '' : ` (${step.choice})`;
    const head = `  ${String(step.n).padStart(digits)} ${step.thread}  ${step.step}${fails}`;
    const where = placesOf(step).find((one) => head.length + one.length + 2 <= WIDTH);
    lines.push(where === undefined ? cut(head, WIDTH) : `${head.padEnd(WIDTH - where.length - 2)}  ${where}`);
    for (const change of step.changes) {
      lines.push(cut(`${' '.repeat(digits + 6)}${change.path}: ${shownValue(change.before)} -> ${shownValue(change.after)}`, WIDTH));
    }
  }
  const last = trace.steps[trace.steps.length - 1];
  const held = last === undefined ? [] : Object.entries(last.locks).filter(([, locks]) => locks.length > 0);
  for (const [thread, locks] of held) lines.push(cut(`  ${thread} holds ${locks.join(', ')}`, WIDTH));
  for (const { text } of trace.assumptions) lines.push(...wrap(text, '', '  '));
  lines.push('', `${trace.steps.length} steps, ${trace.states} states${trace.finished ? '' : ', not finished'}`, '');
  return lines.join('\n');
}
