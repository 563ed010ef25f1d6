// The path of a lock finding as evidence: where the lock was taken, the tests on the way, the jump, the exit.

import { printExpr } from '../../flow/print.ts';
import type { Step } from '../../flow/trail.ts';
import type { EvidenceStep, SideFile } from '../rule.ts';

const maxSteps = 12;

/** Steps of a path as evidence. Long paths keep their beginning and their end. */
export function evidenceOf(
  file: SideFile,
  steps: readonly Step[],
  nameLock: (step: Extract<Step, { kind: 'acquire' | 'release' }>) => string,
): EvidenceStep[] {
  const all = steps.map((step): EvidenceStep => ({ at: { file, span: step.span }, message: messageOf(step, nameLock) }));
  if (all.length <= maxSteps) return all;
  return [...all.slice(0, maxSteps / 2), ...all.slice(-maxSteps / 2)];
}

function messageOf(step: Step, nameLock: (step: Extract<Step, { kind: 'acquire' | 'release' }>) => string): string {
  switch (step.kind) {
    case 'branch':
      if (step.condition.kind === 'more')
        return step.holds ? `${step.condition.loop}() has another element` : `${step.condition.loop}() is at its end`;
      return `the test of ${testText(step.condition)} is ${step.holds ? 'true' : 'false'}`;
    case 'case':
      return step.label ? `${printExpr(step.value)} is ${printExpr(step.label)}` : `${printExpr(step.value)} is none of the cases`;
    case 'acquire':
      return `${nameLock(step)} is taken here`;
    case 'release':
      return `${nameLock(step)} is given back here`;
    case 'unseen':
      return `${step.name}() is called, whose code is not at hand`;
    case 'goto':
      return `goto ${step.label}`;
    case 'gap':
      return 'code that is not visible';
  }
}

/** A tested expression; a temporary stands for the call that it holds, which the place shows. */
function testText(condition: Extract<Step, { kind: 'branch' }>['condition']): string {
  const text = printExpr(condition);
  return text.includes('%') ? 'this value' : text;
}
