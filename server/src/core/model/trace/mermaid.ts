// A trace as a Mermaid sequence diagram: threads on top, locks as messages, everything else as notes.

import type { Trace } from '../../../protocol/finding.ts';
import { shownValue } from './text.ts';

/** Characters that end a statement or start a comment or an entity in Mermaid are written as entities. */
function safe(text: string): string {
  return text.replace(/[#;:<>{}%"\\]/g, (character) => `#${character.charCodeAt(0)};`).replace(/\s+/g, ' ');
}

function idOf(name: string): string {
  return name.replace(/\W/g, '_');
}

/** The trace as the text of a `sequenceDiagram`. */
export function traceMermaid(trace: Trace): string {
  const lines = ['sequenceDiagram', `  title ${safe(`${trace.scenario} in ${trace.era}`)}`];
  const locks = new Set<string>();
  for (const step of trace.steps) {
    const lock = /^(?:un)?lock (\S+)$/.exec(step.step);
    if (lock?.[1] !== undefined) locks.add(lock[1]);
  }
  for (const thread of trace.threads) lines.push(`  participant ${idOf(thread.id)} as ${safe(`${thread.id} ${thread.entry}`)}`);
  for (const lock of locks) lines.push(`  participant L_${idOf(lock)} as ${safe(lock)}`);
  for (const step of trace.steps) {
    const lock = /^(un)?lock (\S+)$/.exec(step.step);
    const thread = idOf(step.thread);
    if (lock?.[2] !== undefined) {
      const arrow = lock[1] === undefined ? `${thread}->>L_${idOf(lock[2])}` : `L_${idOf(lock[2])}-->>${thread}`;
      lines.push(`  ${arrow}: ${step.n} ${safe(step.step)}`);
      continue;
    }
    const changes = step.changes.map((change) => `${change.path} = ${shownValue(change.after)}`).join(', ');
    lines.push(`  Note over ${thread}: ${step.n} ${safe(changes === '' ? step.step : `${step.step}, ${changes}`)}`);
  }
  if (trace.violation !== null) {
    const all = trace.threads.map((thread) => idOf(thread.id));
    const over = all.length > 1 ? `${all[0] ?? ''},${all[all.length - 1] ?? ''}` : (all[0] ?? '');
    lines.push(`  Note over ${over}: ${safe(`${trace.violation.invariant ?? trace.violation.kind} ${trace.violation.message}`)}`);
  }
  return `${lines.join('\n')}\n`;
}
