// The path of a lock finding as evidence: where the lock was taken, the tests on the way, the jump, the exit.

import { printExpr } from '../../flow/print.ts';
import type { Expr } from '../../flow/ir.ts';
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
      return testText(step.condition, step.holds);
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

const opposite: Readonly<Record<string, string>> = { '==': '!=', '!=': '==', '<': '>=', '<=': '>', '>': '<=', '>=': '<' };

/** How a test went, as C says it; a temporary stands for the call that it holds, which the place shows. */
function testText(condition: Expr, holds: boolean): string {
  const text = printExpr(condition);
  if (text.includes('%')) return holds ? 'this is true' : 'this is false';
  if (condition.kind === 'config') return `${text} is ${holds ? 'set' : 'not set'}`;
  if (condition.kind === 'binary' && opposite[condition.operator] !== undefined)
    return holds ? text : `${printExpr(condition.left)} ${opposite[condition.operator] ?? ''} ${printExpr(condition.right)}`;
  return holds ? `${text} is true` : `${text} is false`;
}
