// Lists of the kernel. A list is a cell with its elements: names of the model where a row binds it, else pointers to the nodes.

import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import type { Location, Memory } from '../memory.ts';
import type { ListRow } from '../types.ts';
import { isNothing } from '../values.ts';

/** Stored in an initialised list without elements, so that it is not taken for one that nobody initialised. */
const emptyList = '!empty';

/** Nodes of a list in order, as pointers. A list that nobody initialised has none. */
export function nodesOf(memory: Memory, c: Cpu, head: Value, text: string): readonly string[] {
  const at = memory.target(c, head, text);
  const row = memory.listRow(c, at);
  if (row !== null) {
    memory.alive(c, at.object, row.struct, row.field);
    return c.list(at.object, row.cell).map((name) => nodeOf(row, name));
  }
  const value = memory.load(c, inside(at), null);
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

/** A node as the nodes of its list are written: memory that the code made has another name there. */
function inList(memory: Memory, c: Cpu, row: ListRow | null, node: string): string {
  return row === null ? node : nodeOf(row, row.toName(c, memory.split(node).object));
}

const nodeOf = (row: ListRow, name: string): string => `&${row.toObject(name)}.${row.node}`;
const inside = (at: Location): Location => ({ object: at.object, path: at.path === '*' ? 'list' : `${at.path}.list` });
const headCell = (at: Location): Location => ({ object: at.object, path: at.path === '*' ? 'head' : `${at.path}.head` });

function write(memory: Memory, c: Cpu, head: Value, nodes: readonly string[], text: string): void {
  const at = memory.target(c, head, text);
  const row = memory.listRow(c, at);
  if (row === null) {
    memory.store(c, inside(at), nodes.length === 0 ? emptyList : nodes, null);
    return;
  }
  memory.alive(c, at.object, row.struct, row.field);
  c.set(
    at.object,
    row.cell,
    nodes.map((node) => row.toName(c, memory.split(node).object)),
  );
}

/** Whether a head has no elements, or a node hangs in no list. */
export function isEmptyList(memory: Memory, c: Cpu, head: Value, text: string): boolean {
  if (nodesOf(memory, c, head, text).length > 0) return false;
  const at = memory.target(c, head, text);
  return memory.listRow(c, at) !== null || typeof head !== 'string' || headOf(memory, c, head) === null;
}

/** Whether a node is the first or the last one of a list. */
export function isAtEnd(memory: Memory, c: Cpu, node: Value, head: Value, end: 'first' | 'last', text: string): boolean {
  const nodes = nodesOf(memory, c, head, text);
  const row = memory.listRow(c, memory.target(c, head, text));
  return nodes.at(end === 'first' ? 0 : -1) === inList(memory, c, row, typeof node === 'string' ? node : '');
}

/** The node behind or before one, as a pointer; its list's head past the last and the first, and null for a node of no list. */
export function besideNode(
  memory: Memory,
  c: Cpu,
  node: string,
  by: 1 | -1,
  text: string,
): { readonly node: string | null; readonly head: string } | null {
  const head = headOf(memory, c, node);
  if (head === null) return null;
  const nodes = nodesOf(memory, c, head, text);
  const own = inList(memory, c, memory.listRow(c, memory.target(c, head, text)), node);
  return { node: nodes[nodes.indexOf(own) + by] ?? null, head };
}

/** The object that holds a node as a member. */
export function entryOf(memory: Memory, node: Value, member: string): Value {
  if (isNothing(node) || typeof node !== 'string') return node;
  const at = memory.split(node);
  if (!node.startsWith('&')) return node;
  if (at.path === member) return at.object;
  return at.path.endsWith(`.${member}`) ? `&${at.object}.${at.path.slice(0, -member.length - 1)}` : `?(${node}-${member})`;
}

/** The head of the list that a node is in, as a pointer; null if it is in none. */
function headOf(memory: Memory, c: Cpu, node: string): string | null {
  const at = memory.split(node);
  const struct = memory.structOf(c, at.object, null);
  for (const row of memory.listRows()) {
    if (row.node !== at.path || (struct !== null && row.element !== struct)) continue;
    const name = row.toName(c, at.object);
    for (const owner of row.owners(c)) if (c.list(owner, row.cell).includes(name)) return `&${owner}.${row.field}`;
  }
  const head = memory.load(c, headCell(at), null);
  return typeof head === 'string' && head.startsWith('&') ? head : null;
}

export function addNode(memory: Memory, c: Cpu, node: Value, head: Value, where: 'first' | 'last', text: string): void {
  const at = memory.target(c, node, text);
  const name = typeof node === 'string' ? node : '';
  // A new node may also go in front of, or behind, one that is in a list.
  const beside = typeof head === 'string' && head.startsWith('&') ? headOf(memory, c, head) : null;
  const whole = beside ?? head;
  const nodes = nodesOf(memory, c, whole, text);
  const row = memory.listRow(c, memory.target(c, whole, text));
  if (nodes.includes(inList(memory, c, row, name))) c.crash('panic', `list corruption: ${text} adds what is in the list`);
  const place =
    beside === null
      ? where === 'first'
        ? 0
        : nodes.length
      : nodes.indexOf(inList(memory, c, row, String(head))) + (where === 'first' ? 1 : 0);
  write(memory, c, whole, [...nodes.slice(0, place), name, ...nodes.slice(place)], text);
  if (row === null) memory.store(c, headCell(at), whole, null);
}

/** Takes a node out of its list. Deleting one that is in none is a corruption, unless it was initialised (`list_del_init`). */
export function removeNode(memory: Memory, c: Cpu, node: Value, text: string): void {
  const at = memory.target(c, node, text);
  const name = typeof node === 'string' ? node : '';
  memory.alive(c, at.object, memory.structOf(c, at.object, null), at.path);
  const head = headOf(memory, c, name);
  if (head === null) return;
  const row = memory.listRow(c, memory.target(c, head, text));
  const own = inList(memory, c, row, name);
  write(
    memory,
    c,
    head,
    nodesOf(memory, c, head, text).filter((other) => other !== own),
    text,
  );
  if (row === null) memory.store(c, headCell(at), null, null);
}

export function initList(memory: Memory, c: Cpu, head: Value, text: string): void {
  const at = memory.target(c, head, text);
  if (memory.listRow(c, at) === null) memory.store(c, inside(at), emptyList, null);
}

/** Moves all nodes of a list behind those of another (or in front), and leaves it empty. */
export function spliceList(memory: Memory, c: Cpu, from: Value, to: Value, where: 'first' | 'last', text: string): void {
  const moved = nodesOf(memory, c, from, text);
  const there = nodesOf(memory, c, to, text);
  write(memory, c, from, [], text);
  write(memory, c, to, where === 'first' ? [...moved, ...there] : [...there, ...moved], text);
  for (const node of moved) memory.store(c, headCell(memory.split(node)), to, null);
}
