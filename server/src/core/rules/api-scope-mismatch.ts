// # api-scope-mismatch
//
// An interface takes a device, and what it changes belongs to the whole group.
//
// ## What it reports
//
// Three forms. A new function that takes a device, uses it only to find its group, writes state of the group alone, and is
// documented as the group's, while neither the patch nor its series has a function for the group. Prototypes in the message that
// take a device where the message says that what they set is kept per group. And a call of a per-device function for each member
// of a group, where the core has one for the group (`iommu_attach_device()` refuses groups with more than one member).
// Where the series has the function for the group, the finding is an info: the message should say why both are needed.
//
// ## Why it matters
//
// Two drivers of one group call the interface for their own devices and change the same state: one releases what the other
// claimed, or the second call fails though its device is free. Callers cannot see from the arguments that they share it.
//
// ## Known misses
//
// State that is reached through more than one helper, and interfaces whose message does not mention the group.
//
// ## Known false alarms
//
// Interfaces for device drivers, which know their device and not its group, with a stated rule for who may release.
//
// ## Example that triggers
//
// ```diff
// Subject: [PATCH] iommu: Let drivers claim DMA
//
// The claim is kept per group, since the group is the unit of isolation.
//
// Signed-off-by: A Developer <dev@example.org>
// ---
// diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c
// --- a/drivers/iommu/iommu.c
// +++ b/drivers/iommu/iommu.c
// @@ -1,3 +1,13 @@
// +int iommu_device_take_claim(struct device *dev)
// +{
// +	struct iommu_group *group = iommu_group_get(dev);
// +
// +	mutex_lock(&group->mutex);
// +	group->claim++;
// +	mutex_unlock(&group->mutex);
// +	iommu_group_put(group);
// +	return 0;
// +}
//  int a;
//  int b;
//  int c;
// ```
//
// ## Example that does not
//
// ```diff
// Subject: [PATCH] iommu: Let drivers claim DMA
//
// The claim is kept per group, since the group is the unit of isolation.
//
// Signed-off-by: A Developer <dev@example.org>
// ---
// diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c
// --- a/drivers/iommu/iommu.c
// +++ b/drivers/iommu/iommu.c
// @@ -1,3 +1,9 @@
// +int iommu_group_take_claim(struct iommu_group *group)
// +{
// +	mutex_lock(&group->mutex);
// +	group->claim++;
// +	mutex_unlock(&group->mutex);
// +	return 0;
// +}
//  int a;
//  int b;
//  int c;
// ```
//
// ## Fix
//
// None offered: add the function for the group, or say in the message why a device is the right argument and who may release.
//
// ## Sources
//
// - Review of "iommu: Add device dma ownership set/release interfaces", November 2021.
// - iommu_attach_device(), drivers/iommu/iommu.c, Linux 6.12: -EINVAL for groups with more than one member.

import { throwIfCancelled } from '../base/cancel.ts';
import { contractOf } from '../kernel/contracts/index.ts';
import type { Row } from '../syntax/tree.ts';
import type { CFunction } from '../syntax/types.ts';
import { messageProse } from './prose/messageProse.ts';
import { PlacedText, type Sentence } from './prose/placedText.ts';
import { folded } from './reading/calls.ts';
import { commentBefore } from './reading/comments.ts';
import { factsOf } from './reading/fileFacts.ts';
import { parameterOf, stateOfGroup, stateThroughDevice, type GroupState } from './scope/groupState.ts';
import { GroupSentences, prototypesIn, subjectOf, type Prototype } from './scope/prototypes.ts';
import { defineRule, type EvidenceStep, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'api-scope-mismatch',
  title: 'A per-device interface for state that belongs to the group',
  category: 'iommu',
  level: 'med',
  confidence: 'moderate',
  evidence: 'contract',
  needs: 'text',
  since: '0.1.0',
  sources: [
    {
      title: 'Review of "iommu: Add device dma ownership set/release interfaces"',
      url: 'https://lore.kernel.org/linux-iommu/20211115203848.GA1586192@bhelgaas/',
    },
  ],
  refute: 'A function for the group elsewhere in the series, or a stated reason why callers name a device.',
};

const messages: Messages = {
  code: '{name}() takes a device, and all it changes is {state} of the group',
  prose: '{name}() takes a device, and the message says that {subject} belongs to the group',
  both: '{name}() takes a device for {state} of the group beside {variant}(): the message should say why both are needed',
  loop: '{name}() is called for each member of a group; {variant}() does it for the group',
};

const why =
  'Two drivers of one group that call it for their own devices change the same state: one can release what the other claimed. Take the group, or say in the message who may release and why a device is named.';

function check(context: RuleContext): void {
  for (const file of context.files) {
    for (const fn of file.c.functions) {
      throwIfCancelled(context.cancel);
      checkMemberCalls(context, file, fn);
    }
  }
  if (context.side !== 'after' && context.patch !== null) return;
  const prose = new PlacedText(messageProse(context));
  const said = new GroupSentences(prose);
  const gone = removedNames(context);
  const interfaces = context.files.flatMap((file) => file.c.functions.flatMap((fn) => interfaceOf(file, fn, said, gone) ?? []));
  for (const [index, one] of interfaces.entries()) {
    const siblings = interfaces.filter((other) => other.subject === one.subject);
    if (interfaces.indexOf(siblings[0] ?? one) === index) reportInterface(context, one, siblings.slice(1), prose);
  }
  checkPrototypes(context, prose, said);
}

/** A new function over a device that works on its group alone. */
interface DeviceInterface {
  readonly file: SideFile;
  readonly fn: CFunction;
  readonly state: GroupState;
  readonly subject: string;
  /** The sentence of the message that says whose state it is, where it is not the function's comment. */
  readonly sentence: Sentence | null;
}

function interfaceOf(file: SideFile, fn: CFunction, said: GroupSentences, gone: ReadonlySet<string>): DeviceInterface | null {
  const device = parameterOf(fn, 'device') ?? parameterOf(fn, 'pci_dev');
  if (device === null || fn.isStatic || !fn.clean || parameterOf(fn, 'iommu_group') !== null) return null;
  if (!file.isChanged(fn.nameSpan.start) || gone.has(fn.name)) return null;
  const state = stateThroughDevice(file, fn, device);
  if (state === null || state.writes.size === 0) return null;
  const subject = subjectOf(fn.name);
  const sentence = said.about(subject);
  const comment = commentBefore(file.c, fn);
  const documented = sentence !== null || (comment !== null && /\bgroup\b/iu.test(file.c.text.slice(comment.start, comment.end)));
  return documented ? { file, fn, state, subject: subject.join(' '), sentence } : null;
}

/** Functions for one subject, as claim and release, are one remark. */
function reportInterface(context: RuleContext, one: DeviceInterface, siblings: readonly DeviceInterface[], prose: PlacedText): void {
  const { file, fn, state, sentence } = one;
  const variant = groupVariant(context, file, fn, state);
  const evidence: EvidenceStep[] = [...state.writes.entries()].map(([field, row]) => ({
    at: { file, span: file.c.tree.span(row) },
    message: `${field} of the group is written here`,
  }));
  if (sentence !== null) evidence.push(sentenceStep(prose, sentence.start, sentence.text));
  for (const other of siblings)
    evidence.push({ at: { file: other.file, span: other.fn.nameSpan }, message: `${other.fn.name}() takes a device too` });
  context.report({
    message: variant === null ? 'code' : 'both',
    data: { name: fn.name, state: [...state.writes.keys()].join(', '), variant: variant ?? '' },
    at: { file, span: fn.nameSpan },
    function: fn.name,
    fact: fn.name,
    why,
    evidence,
    fixes: [],
    ...(variant === null ? {} : { level: 'low' as const }),
  });
}

/** Names before a parenthesis on lines that the patch removes: a function whose heading only changes is not new. */
function removedNames(context: RuleContext): Set<string> {
  const lines = (context.patch?.files ?? []).flatMap((change) => change.hunks.flatMap((hunk) => hunk.lines));
  const removed = lines.filter((line) => line.kind === 'removed');
  return new Set(removed.flatMap((line) => [...line.text.matchAll(/\b([A-Za-z_]\w*)\(/gu)].map((match) => match[1] ?? '')));
}

/** A function for the group that works on the same state: in the series or the tree by its name, in these files by what it writes. */
function groupVariant(context: RuleContext, file: SideFile, fn: CFunction, state: GroupState): string | null {
  const named = variantByName(context, fn.name);
  if (named !== null) return named;
  for (const other of context.files) {
    for (const candidate of other.c.functions) {
      const group = candidate.isStatic ? null : parameterOf(candidate, 'iommu_group');
      if (group === null || (other === file && candidate.name === fn.name)) continue;
      const { writes } = stateOfGroup(other, candidate, group);
      if ([...state.writes.keys()].some((field) => writes.has(field))) return candidate.name;
    }
  }
  return null;
}

/** The same name with the group in place of the device, in the series or in the tree. */
function variantByName(context: RuleContext, name: string): string | null {
  const wanted = name.replace(/_(?:device|dev)_/u, '_group_');
  if (wanted === name) return null;
  if (context.files.some((file) => file.c.functions.some((fn) => fn.name === wanted))) return wanted;
  const lines = context.series.flatMap((patch) => patch.files.flatMap((change) => change.hunks.flatMap((hunk) => hunk.lines)));
  if (lines.some((line) => line.kind === 'added' && line.text.includes(`${wanted}(`))) return wanted;
  return context.outside.definitions(wanted).length > 0 || context.outside.declarations(wanted).length > 0 ? wanted : null;
}

/** Prototypes in the prose whose code is not at hand. */
function checkPrototypes(context: RuleContext, prose: PlacedText, said: GroupSentences): void {
  const prototypes = prototypesIn(prose);
  const defined = new Set(context.files.flatMap((file) => file.c.functions.map((fn) => fn.name)));
  const done = new Set<string>();
  for (const prototype of prototypes) {
    const subject = prototype.subject.join(' ');
    if (prototype.takes !== 'device' || defined.has(prototype.name) || done.has(subject)) continue;
    const sentence = said.about(prototype.subject);
    if (sentence === null) continue;
    done.add(subject);
    const variant =
      prototypes.find((other) => other.takes === 'group' && other.subject.join(' ') === subject)?.name ??
      variantByName(context, prototype.name);
    const siblings = prototypes.filter((other) => other !== prototype && other.takes === 'device' && other.subject.join(' ') === subject);
    const contract = contractOf(prototype.name, context.era.id);
    context.report({
      message: variant === null ? 'prose' : 'both',
      data: { name: prototype.name, subject, state: subject, variant: variant ?? '' },
      at: { mail: prose.placeOf(prototype.start), length: prototype.name.length },
      function: null,
      fact: prototype.name,
      why: contract?.stateOf === 'group' ? `${why} The contract of ${prototype.name}() says the same: ${contract.effect}.` : why,
      evidence: [sentenceStep(prose, sentence.start, sentence.text), ...siblings.map((other) => siblingStep(prose, other))],
      fixes: [],
      ...(variant === null ? {} : { level: 'low' as const }),
    });
  }
}

function sentenceStep(prose: PlacedText, start: number, text: string): EvidenceStep {
  return { at: { mail: prose.placeOf(start), length: firstLineLength(prose, start) }, message: `the message says: ${text}` };
}

function siblingStep(prose: PlacedText, other: Prototype): EvidenceStep {
  return { at: { mail: prose.placeOf(other.start), length: other.name.length }, message: `${other.name}() takes a device too` };
}

function firstLineLength(prose: PlacedText, start: number): number {
  const end = prose.text.indexOf('\n', start);
  return (end < 0 ? prose.text.length : end) - start;
}

/** Per-device calls for each member of a group: in a walk over the members, or in a function that such a walk calls. */
function checkMemberCalls(context: RuleContext, file: SideFile, fn: CFunction): void {
  const { tree } = file.c;
  const { calls } = factsOf(file.c).body(fn);
  const perDevice = calls.filter((call) => {
    const contract = contractOf(call.name, context.era.id);
    return contract !== null && contract.groupVariant !== null && contract.stateOf === 'group';
  });
  if (perDevice.length === 0) return;
  const members = memberDevices(file, fn);
  for (const call of perDevice) {
    const member = call.args
      .map((arg) => members.get(folded(tree, arg)))
      .find((from) => from !== undefined && tree.start(from) <= tree.start(call.row) && tree.end(call.row) <= tree.end(from));
    const contract = contractOf(call.name, context.era.id);
    if (member === undefined || contract === null) continue;
    context.report({
      message: 'loop',
      data: { name: call.name, variant: contract.groupVariant ?? '' },
      at: { file, span: tree.span(tree.childByField(call.row, 'function')) },
      function: fn.name,
      fact: call.name,
      why: `${call.name}() changes the whole group: ${contract.effect}. For a group with more than one member it fails, or does the same work again for each.`,
      evidence: [{ at: { file, span: tree.span(member) }, message: 'the device is a member of a group that is walked here' }],
      fixes: [],
    });
  }
}

/** Expressions that are a device of a walked group, with the row of the walk. */
function memberDevices(file: SideFile, fn: CFunction): Map<string, Row> {
  const { tree } = file.c;
  const facts = factsOf(file.c);
  const { loops, assignments } = facts.body(fn);
  const members = new Map<string, Row>();
  for (const loop of loops) {
    const [first, second] = loop.args.map((arg) => folded(tree, arg));
    const cursor = loop.name === 'for_each_group_device' ? second : first;
    const isGroup =
      loop.name === 'for_each_group_device' || (/^list_for_each_entry/u.test(loop.name) && /group->devices$/u.test(second ?? ''));
    if (cursor === undefined || !isGroup) continue;
    members.set(`${cursor}->dev`, loop.row);
    for (const write of assignments) {
      const inside = tree.start(write.row) >= tree.start(loop.row) && tree.end(write.row) <= tree.end(loop.row);
      if (inside && write.value >= 0 && folded(tree, write.value) === `${cursor}->dev`) members.set(write.target, loop.row);
    }
  }
  const device = fn.parameters[0]?.name ?? null;
  if (device !== null && parameterOf(fn, 'device') === device && isMemberCallback(file, fn)) members.set(device, fn.row);
  return members;
}

/** The function is the third argument of an `iommu_group_for_each_dev()`. */
function isMemberCallback(file: SideFile, fn: CFunction): boolean {
  const { tree } = file.c;
  return factsOf(file.c)
    .usesOf(fn.name)
    .some((use) => {
      const list = tree.parent(use);
      const callee = tree.kind(list) === 'argument_list' ? tree.childByField(tree.parent(list), 'function') : -1;
      return callee >= 0 && tree.textOf(callee) === 'iommu_group_for_each_dev' && tree.namedChildren(list)[2] === use;
    });
}

export const rule = defineRule({ meta, messages, check });
