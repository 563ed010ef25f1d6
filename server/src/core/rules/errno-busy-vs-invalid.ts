// # errno-busy-vs-invalid
//
// A busy object is answered with -EINVAL, or an impossible request with -EBUSY.
//
// ## What it reports
//
// A test that, by the contract tables, asks whether an object is bound, attached, owned or in use, from which one path leads to a
// return of -EINVAL. And the reverse: a test for a request that can never be right (a NULL argument, a flag that does not exist)
// from which one path leads to -EBUSY. The code can be returned at once, or be set and returned behind a label, or be set before
// the test. The tables name the test, not the wording of the log message beside it.
//
// ## Why it matters
//
// Callers act on the code. -EINVAL says that the request is wrong as it stands, so user space gives up or tries another request;
// -EBUSY says that the same request works once the driver is unbound or the owner is gone.
//
// ## Known misses
//
// Conditions that the tables do not know; a code that reaches the return through a callee, or through a path that splits again;
// one test for several reasons (`if (!group || group->owner)`), since one code cannot fit both.
//
// ## Known false alarms
//
// An interface that user space already depends on: there the old code has to stay. The rule leaves out `attach_dev` callbacks,
// where -EINVAL means that domain and device do not fit and the caller tries another domain, and tests inside WARN_ON().
//
// ## Example that triggers
//
// ```c
// static int demo_set_type(struct iommu_group *group, struct device *dev)
// {
// 	int ret = 0;
//
// 	device_lock(dev);
// 	if (device_is_bound(dev)) {
// 		ret = -EINVAL;
// 		goto unlock;
// 	}
// unlock:
// 	device_unlock(dev);
// 	return ret;
// }
// ```
//
// ## Example that does not
//
// ```c
// static int demo_set_type(struct iommu_group *group, struct device *dev)
// {
// 	int ret = 0;
//
// 	device_lock(dev);
// 	if (device_is_bound(dev)) {
// 		ret = -EBUSY;
// 		goto unlock;
// 	}
// unlock:
// 	device_unlock(dev);
// 	return ret;
// }
// ```
//
// ## Fix
//
// Writes the code that fits. Safe on lines that the patch adds, where no user depends on the code yet; elsewhere it changes what
// user space sees. None is offered where other tests share the assignment.
//
// ## Sources
//
// - Documentation of `attach_dev` in include/linux/iommu.h, Linux 6.12: which code means what.
// - Review of "iommu: Add support to change default domain of an iommu group", May 2020.

import { throwIfCancelled } from '../base/cancel.ts';
import { allEras } from '../kernel/contracts/row.ts';
import type { Procedure } from '../flow/ir.ts';
import type { CFunction } from '../syntax/types.ts';
import { codeBehind, predecessorsOf, type ReturnedCode } from './reading/constants.ts';
import { meaningOf, type ConditionMeaning } from './reading/conditions.ts';
import { procedureOf } from './reading/procedure.ts';
import { reportModelFacts } from './model/reportFacts.ts';
import { defineRule, type Messages, type ProposedFix, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'errno-busy-vs-invalid',
  title: 'A state conflict answered with -EINVAL, or an impossible request with -EBUSY',
  category: 'errno',
  level: 'med',
  confidence: 'high',
  evidence: 'contract',
  needs: 'hunk',
  since: '0.1.0',
  sources: [
    { title: 'struct iommu_domain_ops, include/linux/iommu.h', url: 'https://docs.kernel.org/driver-api/iommu.html' },
    {
      title: 'Review of "iommu: Add support to change default domain of an iommu group"',
      url: 'https://lore.kernel.org/linux-iommu/f7a5d302-2dbe-29bd-0d1b-4560c6ae4688@linux.intel.com/',
    },
  ],
  refute: 'User space already depends on the code, or the test asks for something else than the tables say.',
};

const messages: Messages = {
  conflict: '{code} where {means}: a request that comes at the wrong moment is answered with {answer}',
  never: '{code} where {means}: a request that can never succeed is answered with {answer}',
  model: '{detail}',
};

/** A side of a branch on which a contract says what holds. */
interface Edge {
  readonly from: number;
  readonly to: number;
  readonly meaning: ConditionMeaning;
}

function check(context: RuleContext): void {
  for (const file of context.files) {
    const callbacks = attachCallbacks(file);
    for (const fn of file.c.functions) {
      throwIfCancelled(context.cancel);
      if (callbacks.has(fn.name) || /_(?:attach_dev|set_dev_pasid|attach_device)$/u.test(fn.name)) continue;
      checkFunction(context, file, fn, procedureOf(context, file, fn));
    }
  }
  reportModelFacts(context, meta.id);
}

/** `attach_dev` and its siblings answer -EINVAL where domain and device do not fit; callers rely on it. */
function attachCallbacks(file: SideFile): Set<string> {
  const found = file.c.text.matchAll(/\.(?:attach_dev|set_dev_pasid)[ \t]*=[ \t]*&?(\w+)/gu);
  return new Set([...found].map((match) => match[1] ?? ''));
}

function checkFunction(context: RuleContext, file: SideFile, fn: CFunction, procedure: Procedure): void {
  const edges = conflictEdges(procedure);
  if (edges.length === 0) return;
  const predecessors = predecessorsOf(procedure);
  const reported = new Set<number>();
  for (const edge of edges) {
    const end = codeBehind(procedure, predecessors, edge.from, edge.to);
    const condition = procedure.blocks[edge.from]?.terminator;
    if (condition?.op !== 'branch') continue;
    const span = { start: condition.condition.start, end: condition.condition.end };
    if (end.kind === 'unseen' && file.isChanged(span.start) && edge.meaning.kind === 'conflict') {
      context.unknown('gap', `what ${fn.name}() returns where ${edge.meaning.means} is not visible`, { file, span }, fn.name);
    }
    if (end.kind !== 'code') continue;
    const wrong = edge.meaning.kind === 'conflict' ? '-EINVAL' : '-EBUSY';
    if (end.code.code === wrong && servesOnly(predecessors, edges, edge, end.code)) {
      const place = end.code.before ? span.start : end.code.span.start;
      if (reported.has(place)) continue;
      reported.add(place);
      report(context, file, fn, edge.meaning, end.code, span);
    } else if (edge.meaning.kind === 'conflict' && edge.meaning.answers.includes(end.code.code) && file.isChanged(end.code.span.start)) {
      context.confirm({ file, span: end.code.span }, fn.name, `${end.code.code} fits: ${edge.meaning.means}`);
    }
  }
}

function conflictEdges(procedure: Procedure): Edge[] {
  const edges: Edge[] = [];
  for (const block of procedure.blocks) {
    if (block.terminator.op !== 'branch' || block.terminator.macro !== null) continue;
    const meaning = meaningOf(procedure, block);
    if (meaning !== null) edges.push({ from: block.id, to: meaning.holdsWhen ? block.terminator.then : block.terminator.else, meaning });
  }
  return edges;
}

/** The code is written for tests of the same kind alone; one that was written before the test is judged at the test. */
function servesOnly(predecessors: readonly (readonly number[])[], edges: readonly Edge[], edge: Edge, code: ReturnedCode): boolean {
  if (code.before) return true;
  let at = code.block;
  for (let steps = 0; steps < 50; steps++) {
    const before = predecessors[at] ?? [];
    if (before.every((from) => edges.some((one) => one.from === from && one.to === at && one.meaning.kind === edge.meaning.kind)))
      return true;
    const [only] = before;
    if (before.length !== 1 || only === undefined) return false;
    at = only;
  }
  return false;
}

function report(
  context: RuleContext,
  file: SideFile,
  fn: CFunction,
  meaning: ConditionMeaning,
  code: ReturnedCode,
  condition: { start: number; end: number },
): void {
  const answer = meaning.answers[0] ?? '';
  const holdsAlways = meaning.eras === null || meaning.eras.length === allEras.length;
  if (!holdsAlways && !meaning.eras?.includes(context.era.id)) return;
  const assumed = context.era.certain || holdsAlways ? [] : [`The contract of era ${context.era.id} applies.`];
  const fix: ProposedFix = {
    title: `Answer ${answer}`,
    safety: file.isChanged(code.span.start) ? 'safe' : 'unsafe',
    edits: [{ file, span: code.span, newText: file.c.text.slice(code.span.start, code.span.end).replace(/-\s*E[A-Z0-9]+/u, answer) }],
  };
  const others = meaning.answers.slice(1);
  context.report({
    message: meaning.kind === 'conflict' ? 'conflict' : 'never',
    data: { code: code.code, means: meaning.means, answer },
    at: { file, span: code.before ? condition : code.span },
    function: fn.name,
    fact: `${meaning.means} ${code.code}`,
    why: `${explain(meaning)}${others.length === 0 ? '' : ` (${others.join(' or ')} where the object belongs to somebody else.)`}`,
    evidence: [
      { at: { file, span: condition }, message: `here it is known that ${meaning.means} (${meaning.source})` },
      ...(code.before ? [{ at: { file, span: code.span }, message: `${code.code} is set here` }] : []),
    ],
    fixes: code.before ? [] : [fix],
    ...(assumed.length > 0 ? { level: 'low' as const, assumptions: assumed } : {}),
  });
}

function explain(meaning: ConditionMeaning): string {
  return meaning.kind === 'conflict'
    ? 'The request is right and comes at the wrong moment: -EINVAL makes the caller give it up for good, while it would work once the object is free.'
    : 'No moment makes the request right: -EBUSY makes the caller try it again for ever.';
}

export const rule = defineRule({ meta, messages, check });
