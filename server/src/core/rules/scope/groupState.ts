// Whose state a function reads and writes: recognises functions that take a device and work on its group alone.

import { folded, usesOf } from '../reading/calls.ts';
import { factsOf } from '../reading/fileFacts.ts';
import type { Row, Tree } from '../../syntax/tree.ts';
import type { CFunction } from '../../syntax/types.ts';
import type { SideFile } from '../rule.ts';

export interface GroupState {
  /** Where the function gets the group from the device; -1 for a function that takes the group. */
  readonly fetched: Row;
  /** Fields of the group that it writes, with the first place. */
  readonly writes: ReadonlyMap<string, Row>;
  /** Fields of the group that it reads or writes. */
  readonly touches: ReadonlySet<string>;
}

/** Fields that every function of the core uses: they say nothing about what an interface is for. */
const plumbing = new Set(['mutex', 'devices_kobj', 'kobj', 'refcnt', 'id', 'name']);

const groupGetters = new Set(['iommu_group_get', 'iommu_group_get_for_dev']);
const speaking =
  /^(?:dev_(?:emerg|alert|crit|err|warn|notice|info|dbg)|dev_WARN|WARN|WARN_ON|pr_\w+|lockdep_\w+|might_sleep)(?:_ratelimited|_once)?$/u;

/** Name of the first parameter of type `struct NAME *`, or null. */
export function parameterOf(fn: CFunction, struct: string): string | null {
  const found = fn.parameters.find((parameter) => new RegExp(`^(?:const )?struct ${struct} ?\\*$`, 'u').test(parameter.type.trim()));
  return found?.name ?? null;
}

/** State of the group that a function works on through its device, or null where it uses the device for anything else. */
export function stateThroughDevice(file: SideFile, fn: CFunction, device: string): GroupState | null {
  const { tree } = file.c;
  const groups = new Map<string, Row>();
  for (const write of factsOf(file.c).body(fn).assignments) {
    if (write.value >= 0 && fetchesGroup(tree, write.value, device)) groups.set(write.target, write.value);
  }
  for (const use of usesOf(tree, fn.bodyRow, device)) if (!isForGroup(tree, use, device)) return null;
  const state = stateOf(file, fn, new Set([...groups.keys(), `${device}->iommu_group`]));
  const [fetched] = groups.values();
  return { ...state, fetched: fetched ?? fn.row };
}

/** State of the group that a function takes as a parameter. */
export function stateOfGroup(file: SideFile, fn: CFunction, group: string): GroupState {
  return { ...stateOf(file, fn, new Set([group])), fetched: -1 };
}

function fetchesGroup(tree: Tree, row: Row, device: string): boolean {
  const text = folded(tree, row);
  return text === `${device}->iommu_group` || [...groupGetters].some((getter) => text === `${getter}(${device})`);
}

/** A use of the device that only leads to its group, tests it for NULL, or names it in a message. */
function isForGroup(tree: Tree, use: Row, device: string): boolean {
  const parent = tree.parent(use);
  if (tree.kind(parent) === 'field_expression') return tree.textOf(parent).replace(/\s+/gu, '') === `${device}->iommu_group`;
  if (tree.kind(parent) === 'unary_expression' || tree.kind(parent) === 'parenthesized_expression') return true;
  if (tree.kind(parent) === 'binary_expression') return /^(?:&&|\|\||[!=]=)$/u.test(tree.textOf(tree.childByField(parent, 'operator')));
  if (tree.kind(parent) !== 'argument_list') return false;
  const name = tree.textOf(tree.childByField(tree.parent(parent), 'function'));
  return groupGetters.has(name) || speaking.test(name);
}

function stateOf(file: SideFile, fn: CFunction, groups: ReadonlySet<string>): Omit<GroupState, 'fetched'> {
  const { tree } = file.c;
  const writes = new Map<string, Row>();
  const touches = new Set<string>();
  const facts = factsOf(file.c);
  collect(file, fn, groups, writes, touches);
  for (const call of facts.body(fn).calls) {
    const index = call.args.findIndex((arg) => groups.has(folded(tree, arg)));
    const helper = index < 0 ? null : facts.functionNamed(call.name);
    const name = helper?.parameters[index]?.name;
    if (helper?.isStatic !== true || name === undefined || name === null) continue;
    const inner = new Map<string, Row>();
    collect(file, helper, new Set([name]), inner, touches);
    for (const field of inner.keys()) if (!writes.has(field)) writes.set(field, call.row);
  }
  return { writes, touches };
}

function collect(file: SideFile, fn: CFunction, groups: ReadonlySet<string>, writes: Map<string, Row>, touches: Set<string>): void {
  const { tree } = file.c;
  const { assignments, calls } = factsOf(file.c).body(fn);
  const fieldIn = (text: string): string | null => {
    for (const group of groups) {
      const field = text.startsWith(`${group}->`) ? /^\w+/u.exec(text.slice(group.length + 2))?.[0] : undefined;
      if (field !== undefined && !plumbing.has(field)) return field;
    }
    return null;
  };
  for (let at = fn.bodyRow; at < tree.subtreeEnd(fn.bodyRow); at++) {
    const field = tree.kind(at) === 'field_expression' ? fieldIn(folded(tree, at)) : null;
    if (field !== null) touches.add(field);
  }
  const write = (field: string | null, row: Row): void => {
    if (field !== null && !writes.has(field)) writes.set(field, row);
  };
  for (const one of assignments) write(fieldIn(one.target), one.row);
  for (const call of calls) {
    if (!/^(?:refcount|atomic|kref|xa|list|set_bit|clear_bit)/u.test(call.name) || /_(?:read|empty|load)$/u.test(call.name)) continue;
    for (const arg of call.args) {
      const text = folded(tree, arg);
      if (text.startsWith('&')) write(fieldIn(text.slice(1)), call.row);
    }
  }
}
