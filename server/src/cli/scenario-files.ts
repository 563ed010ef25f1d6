// Scenarios that a user gives as files.

import { readFileSync, statSync } from 'node:fs';
import { readScenario } from '../core/model/scenario/read.ts';
import type { Scenario } from '../core/model/scenario/scenario.ts';
import { say } from './output.ts';

const MAX_BYTES = 1_000_000;

/** The scenario of a file, with its text; null where it cannot be read, which has been said then. */
export function scenarioOfFile(path: string): { readonly scenario: Scenario; readonly text: string } | null {
  let text: string;
  try {
    if (statSync(path).size > MAX_BYTES) {
      say(`${path}: larger than ${MAX_BYTES} bytes`);
      return null;
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
    say(`${path}: cannot be read${code === undefined ? '' : ` (${code})`}`);
    return null;
  }
  const read = readScenario(text);
  if (read.ok) return { scenario: read.scenario, text };
  for (const problem of read.problems) say(`${path}:${problem.line}: ${problem.message}`);
  return null;
}
