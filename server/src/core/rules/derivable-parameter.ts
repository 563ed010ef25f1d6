// # derivable-parameter
//
// A static function takes a parameter that it could read from another one.
//
// ## What it reports
//
// A parameter of a static function for which every call passes a field of another argument (`f(group, group->default_domain)`,
// also through a local variable that holds the field), or the only member of a list in another argument: the caller has tested
// that the list has one member, walks it, and passes what it found.
// All calls must be visible: the function is new in the patch, or the whole file is at hand; and its address is not taken.
//
// ## Why it matters
//
// Two arguments that must agree can disagree: the next caller passes the device of one group and another group, and nothing
// notices. The function then needs a check that a single argument does not.
//
// ## Known misses
//
// Fields that a caller copies through more than one variable, values computed by a call, and calls through macros.
//
// ## Known false alarms
//
// A parameter that is a snapshot on purpose: the function compares it with the current value (that form is recognised), or the
// caller read it under a lock that it has dropped since.
//
// ## Example that triggers
//
// ```c
// static int demo_switch(struct demo_group *group, struct demo_domain *old)
// {
// 	group->domain = old;
// 	return 0;
// }
//
// int demo_reset(struct demo_group *group)
// {
// 	return demo_switch(group, group->default_domain);
// }
// ```
//
// ## Example that does not
//
// ```c
// static int demo_switch(struct demo_group *group, struct demo_domain *old)
// {
// 	if (group->default_domain != old)
// 		return -EBUSY;
// 	return 0;
// }
//
// int demo_reset(struct demo_group *group)
// {
// 	return demo_switch(group, group->default_domain);
// }
// ```
//
// ## Fix
//
// None offered: drop the parameter, or compare it with the field where it is meant as a snapshot.
//
// ## Sources
//
// - Review of "iommu: Add support to change default domain of an iommu group", May 2020: both the device and the previous domain
//   were dropped from the helper's parameters.

import { throwIfCancelled } from '../base/cancel.ts';
import type { Row, Tree } from '../syntax/tree.ts';
import type { CFunction, CParameter } from '../syntax/types.ts';
import { folded, unwrapped, type CallSite } from './reading/calls.ts';
import { parameterComment } from './reading/comments.ts';
import { factsOf } from './reading/fileFacts.ts';
import { onlyMember } from './reading/onlyMember.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'derivable-parameter',
  title: 'A parameter that every caller fills from another argument',
  category: 'style',
  level: 'low',
  confidence: 'high',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [
    {
      title: 'Review of "iommu: Add support to change default domain of an iommu group"',
      url: 'https://lore.kernel.org/linux-iommu/f7a5d302-2dbe-29bd-0d1b-4560c6ae4688@linux.intel.com/',
    },
  ],
  refute: 'A call that passes something else, or a reason to pass the value as it was at an earlier time.',
};

const messages: Messages = {
  field: '{name} is always {value}: {function}() can read it from {other}',
  member: '{name} is always the only member of {value}: {function}() can find it from {other}',
};

/** Most arguments of one function that are compared. */
const pairLimit = 2000;

/** How one call's argument follows from another argument. */
interface Derivation {
  /** Index of the other argument. */
  readonly from: number;
  readonly kind: 'field' | 'member';
  /** C path from the other parameter: `->default_domain`. */
  readonly path: string;
}

interface Call {
  readonly site: CallSite;
  readonly caller: CFunction;
}

function check(context: RuleContext): void {
  for (const file of context.files) {
    if (!file.path.endsWith('.c')) continue;
    for (const fn of file.c.functions) {
      throwIfCancelled(context.cancel);
      if (!fn.isStatic || fn.parameters.length < 2 || !fn.clean || !allCallsVisible(file, fn)) continue;
      const calls = callsOf(file, fn);
      if (calls === null || calls.length === 0) continue;
      if (calls.length * fn.parameters.length > pairLimit) {
        context.unknown('limit', `${fn.name}() has ${String(calls.length)} calls: its parameters are not compared`, null, fn.name);
      } else checkFunction(context, file, fn, calls);
    }
  }
}

/** With hunks alone, only a heading that the patch writes makes sure that no caller stands elsewhere. */
function allCallsVisible(file: SideFile, fn: CFunction): boolean {
  return file.depth === 'file' || file.depth === 'tree' || file.isChanged(fn.nameSpan.start);
}

/** All calls of the function; null where its name is used in another way (its address is taken, a macro names it). */
function callsOf(file: SideFile, fn: CFunction): Call[] | null {
  const { tree } = file.c;
  const calls: Call[] = [];
  const facts = factsOf(file.c);
  for (const use of facts.usesOf(fn.name)) {
    const parent = tree.parent(use);
    if (tree.kind(parent) === 'function_declarator' || tree.kind(parent) === 'pointer_declarator') continue;
    const caller = facts.functionAround(tree.start(use));
    if (tree.kind(parent) !== 'call_expression' || tree.field(use) !== 'function' || caller === null) return null;
    const list = tree.childByField(parent, 'arguments');
    const args = list < 0 ? [] : tree.namedChildren(list);
    if (args.length !== fn.parameters.length || tree.hasError(parent)) return null;
    calls.push({ site: { row: parent, name: fn.name, args }, caller });
  }
  return calls;
}

function checkFunction(context: RuleContext, file: SideFile, fn: CFunction, calls: readonly Call[]): void {
  for (const [index, parameter] of fn.parameters.entries()) {
    if (parameter.name === null || isSnapshot(file.c.tree, fn, parameter.name)) continue;
    let common: Derivation | null = null;
    for (const call of calls) {
      const derivation = derive(file, fn, call, index);
      const same: boolean =
        derivation !== null && (common === null || (derivation.from === common.from && derivation.path === common.path));
      common = same ? derivation : null;
      if (common === null) break;
    }
    const other = common === null ? undefined : fn.parameters[common.from]?.name;
    if (common === null || other === undefined || other === null) continue;
    report(context, file, fn, parameter, other, common, calls, index);
  }
}

function report(
  context: RuleContext,
  file: SideFile,
  fn: CFunction,
  parameter: CParameter,
  other: string,
  derivation: Derivation,
  calls: readonly Call[],
  index: number,
): void {
  const { tree } = file.c;
  const name = parameter.name ?? '';
  const value = `${other}${derivation.path}`;
  const documented = parameterComment(file.c, fn, index);
  context.report({
    message: derivation.kind,
    data: { name, value, other, function: fn.name },
    at: { file, span: nameSpan(file, parameter) },
    function: fn.name,
    fact: name,
    why: `Two arguments that must agree can disagree. Read ${derivation.kind === 'field' ? value : `the member of ${value}`} in ${fn.name}(), or check there that it is still the same.`,
    evidence: [
      ...calls.map((call) => ({
        at: { file, span: tree.span(call.site.args[index] ?? call.site.row) },
        message: `${call.caller.name}() passes ${folded(tree, call.site.args[index] ?? call.site.row)}`,
      })),
      ...(documented === null ? [] : [{ at: { file, span: documented }, message: 'the comment describes the parameter here' }]),
    ],
    fixes: [],
  });
}

/** The parameter's name in its declaration: the last word of that text. */
function nameSpan(file: SideFile, parameter: CParameter): { start: number; end: number } {
  const text = file.c.text.slice(parameter.span.start, parameter.span.end);
  const at = text.lastIndexOf(parameter.name ?? '');
  const start = parameter.span.start + Math.max(0, at);
  return { start, end: start + (parameter.name ?? '').length };
}

/** The function compares the parameter with something that is no constant: the value is passed to be compared. */
function isSnapshot(tree: Tree, fn: CFunction, name: string): boolean {
  for (let at = fn.bodyRow; at < tree.subtreeEnd(fn.bodyRow); at++) {
    if (tree.kind(at) !== 'binary_expression') continue;
    const operator = tree.childByField(at, 'operator');
    if (operator < 0 || !/^[!=]=$/u.test(tree.textOf(operator))) continue;
    const sides = [tree.childByField(at, 'left'), tree.childByField(at, 'right')].map((side) => (side < 0 ? '' : folded(tree, side)));
    if (sides.includes(name) && sides.some((side) => side !== name && !/^(?:NULL|[A-Z0-9_]+|-?\d\w*)$/u.test(side))) return true;
  }
  return false;
}

/** How the argument of one call follows from another argument of it, or null. */
function derive(file: SideFile, fn: CFunction, call: Call, index: number): Derivation | null {
  const { tree } = file.c;
  const argument = call.site.args[index];
  if (argument === undefined) return null;
  for (const [from, base] of call.site.args.entries()) {
    if (from === index || !canBeRead(fn.parameters[from])) continue;
    const root = folded(tree, base);
    if (!/^&?[A-Za-z_][\w.>-]*$/u.test(root)) continue;
    const path = fieldPath(root, valueOf(file, call, argument, root));
    if (path !== null) return { from, kind: 'field', path };
    const list = onlyMember(file.c, call.caller, call.site.row, argument, root);
    if (list !== null) return { from, kind: 'member', path: list };
  }
  return null;
}

/** A field can be read through a pointer to a structure, not through `void *` or a number. */
function canBeRead(parameter: CParameter | undefined): boolean {
  return parameter !== undefined && /\bstruct\b|\bunion\b|_t \*/u.test(parameter.type) && !/\*\s*\*/u.test(parameter.type);
}

/** `->default_domain` for `group` and `group->default_domain`; null where the value is no field of the root. */
function fieldPath(root: string, value: string): string | null {
  const bases = root.startsWith('&') ? [`${root.slice(1)}.`] : [`${root}->`];
  for (const base of bases) {
    if (!value.startsWith(base)) continue;
    const rest = value.slice(base.length);
    if (/^[A-Za-z_]\w*(?:(?:->|\.)[A-Za-z_]\w*)*$/u.test(rest)) return `->${rest}`;
  }
  return null;
}

/**
 * The argument's text, or the field that its variable holds: a local that is written once, before the call, while neither
 * the field nor the root is written behind that.
 */
function valueOf(file: SideFile, call: Call, argument: Row, root: string): string {
  const { tree } = file.c;
  const text = folded(tree, argument);
  const isParameter = call.caller.parameters.some((parameter) => parameter.name === text);
  if (isParameter || tree.kind(unwrapped(tree, argument)) !== 'identifier') return text;
  const { writesTo, addresses } = factsOf(file.c).body(call.caller);
  const [write, ...others] = writesTo.get(text) ?? [];
  if (write === undefined || others.length > 0 || write.value < 0 || tree.start(write.row) > tree.start(call.site.row)) return text;
  const value = folded(tree, write.value);
  const isStale = [value, root.replace(/^&/u, '')]
    .flatMap((place) => writesTo.get(place) ?? [])
    .some((other) => tree.start(other.row) > tree.start(write.row) && tree.start(other.row) < tree.start(call.site.row));
  return isStale || addresses.has(`&${text}`) ? text : value;
}

export const rule = defineRule({ meta, messages, check });
