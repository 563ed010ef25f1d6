// Recognises a value that is the only member of a list.

import type { Row, Tree } from '../../syntax/tree.ts';
import type { CFile, CFunction } from '../../syntax/types.ts';
import { folded, unwrapped, type Assignment } from './calls.ts';
import { factsOf } from './fileFacts.ts';

/**
 * Where an argument of a call is found by walking a list of `root` that was tested to have one member: the path of the list from
 * the root (`->devices`); else null. `call` is the row of the call, `root` the folded text of the other argument.
 */
export function onlyMember(file: CFile, caller: CFunction, call: Row, argument: Row, root: string): string | null {
  const { tree } = file;
  if (tree.kind(unwrapped(tree, argument)) !== 'identifier' || root.startsWith('&')) return null;
  const name = folded(tree, argument);
  for (const walk of walksOf(file, caller)) {
    if (walk.end > tree.start(call) || !walk.list.startsWith(`&${root}->`)) continue;
    const holds = walk.cursor === name || walk.sets.includes(name);
    if (holds && isTestedSingle(tree, caller, call, root, walk.list)) return walk.list.slice(1 + root.length);
  }
  return null;
}

interface Walk {
  /** Offset behind the walk. */
  readonly end: number;
  readonly cursor: string;
  /** The list's head as written, folded: `&group->devices`. */
  readonly list: string;
  /** Variables that are set from the cursor in the body. */
  readonly sets: readonly string[];
}

const walksMade = new WeakMap<CFunction, readonly Walk[]>();

/** Walks with a `list_for_each_entry` macro or the core's own macro for members, and `list_first_entry` look-ups. */
function walksOf(file: CFile, caller: CFunction): readonly Walk[] {
  const made = walksMade.get(caller);
  if (made !== undefined) return made;
  const { tree } = file;
  const { calls, loops, assignments: writes } = factsOf(file).body(caller);
  const walks: Walk[] = [];
  for (const loop of loops) {
    const [first, second] = loop.args.map((arg) => folded(tree, arg));
    if (first === undefined || second === undefined) continue;
    const ofMembers = loop.name === 'for_each_group_device';
    if (!ofMembers && !/^list_for_each_entry\w*$/u.test(loop.name)) continue;
    const cursor = ofMembers ? second : first;
    const list = ofMembers ? `&${first}->devices` : second;
    walks.push({ end: tree.end(loop.row), cursor, list, sets: setFrom(tree, writes, cursor, tree.start(loop.row), tree.end(loop.row)) });
  }
  for (const site of calls) {
    const [list] = site.args;
    if (list === undefined || !/^list_first_entry(?:_or_null)?$/u.test(site.name)) continue;
    const holder = writes.find(
      (write) => write.value >= 0 && tree.start(write.value) <= tree.start(site.row) && tree.end(write.value) >= tree.end(site.row),
    );
    if (holder === undefined) continue;
    const sets = setFrom(tree, writes, holder.target, tree.start(site.row), caller.body.end);
    walks.push({ end: tree.end(holder.row), cursor: holder.target, list: folded(tree, list), sets });
  }
  walksMade.set(caller, walks);
  return walks;
}

function setFrom(tree: Tree, writes: readonly Assignment[], cursor: string, start: number, end: number): string[] {
  return writes
    .filter((write) => tree.start(write.row) >= start && tree.end(write.row) <= end && write.value >= 0)
    .filter((write) => folded(tree, write.value).startsWith(`${cursor}->`))
    .map((write) => write.target);
}

/** A test before the call compares a number that is asked of the root, or of the list, with one. */
function isTestedSingle(tree: Tree, caller: CFunction, call: Row, root: string, list: string): boolean {
  for (let at = caller.bodyRow; at < tree.subtreeEnd(caller.bodyRow); at++) {
    if (tree.start(at) >= tree.start(call)) return false;
    if (tree.kind(at) === 'call_expression') {
      const callee = tree.childByField(at, 'function');
      const args = tree.childByField(at, 'arguments');
      if (callee >= 0 && args >= 0 && tree.textOf(callee) === 'list_is_singular' && folded(tree, args).includes(list)) return true;
    }
    if (tree.kind(at) !== 'binary_expression') continue;
    const [left, right] = [tree.childByField(at, 'left'), tree.childByField(at, 'right')];
    const operator = tree.childByField(at, 'operator');
    if (left < 0 || right < 0 || operator < 0 || !/^(?:[!=]=|>)$/u.test(tree.textOf(operator))) continue;
    if (folded(tree, right) === '1' && asksFor(tree, left, root, list)) return true;
  }
  return false;
}

function asksFor(tree: Tree, row: Row, root: string, list: string): boolean {
  const inner = unwrapped(tree, row);
  if (tree.kind(inner) === 'call_expression') {
    const args = tree.childByField(inner, 'arguments');
    return args >= 0 && tree.namedChildren(args).some((arg) => [root, list].includes(folded(tree, arg)));
  }
  return folded(tree, inner).startsWith(`${root}->`) && /count|cnt|num|nr/u.test(folded(tree, inner));
}
