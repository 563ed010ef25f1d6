// Building syntax tables from parts: shifting them, and setting the functions of one into another.

import { NODE_HAS_ERROR, NODE_NAMED, ROW_SIZE, type GrammarNames } from '../base/outside.ts';

/** A subtree that goes into another table; its first row is its root, all offsets are already those of the other text. */
interface Graft {
  readonly rows: Int32Array;
  readonly start: number;
}

/** A translation unit over a text, with nothing in it. */
export function emptyRoot(grammar: GrammarNames, length: number): Int32Array {
  const rows = new Int32Array(ROW_SIZE);
  rows.set([grammar.symbols.indexOf('translation_unit') | (NODE_NAMED << 16), 0, length, -1, 1]);
  return rows;
}

/** The rows of one subtree as a table of its own, with offsets moved and kept between two bounds. */
export function cutSubtree(rows: Int32Array, row: number, shift: number, from: number, to: number): Int32Array {
  const end = rows[row * ROW_SIZE + 4] ?? row + 1;
  const part = rows.slice(row * ROW_SIZE, end * ROW_SIZE);
  for (let at = 0; at < part.length; at += ROW_SIZE) {
    part[at + 1] = Math.max(from, Math.min((part[at + 1] ?? 0) + shift, to));
    part[at + 2] = Math.max(from, Math.min((part[at + 2] ?? 0) + shift, to));
    part[at + 3] = (part[at + 3] ?? 0) - row;
    part[at + 4] = (part[at + 4] ?? 0) - row;
  }
  part[3] = -1;
  return part;
}

/**
 * Sets subtrees into a table, in the order of their offsets. Each goes into the innermost node that covers its place and that
 * `holds` accepts by its symbol, or into the root; where a node that may not hold it covers the place, it follows that node.
 */
export function graft(base: Int32Array, grafts: readonly Graft[], holds: (symbol: number) => boolean): Int32Array {
  const total = grafts.reduce((sum, one) => sum + one.rows.length, base.length);
  const rows = new Int32Array(total);
  /** Open nodes: row in the base, row in the result. */
  const open: { row: number; placed: number }[] = [];
  let placed = 0;
  let next = 0;

  const setGraftsBefore = (offset: number): void => {
    const into = open[open.length - 1];
    if (!into || (into.row > 0 && !holds((base[into.row * ROW_SIZE] ?? 0) & 0xffff))) return;
    for (let one = grafts[next]; one && one.start < offset; one = grafts[++next]) {
      rows.set(one.rows, placed * ROW_SIZE);
      const end = placed + one.rows.length / ROW_SIZE;
      for (let at = placed * ROW_SIZE; at < end * ROW_SIZE; at += ROW_SIZE) {
        rows[at + 3] = (rows[at + 3] ?? 0) + placed;
        rows[at + 4] = (rows[at + 4] ?? 0) + placed;
      }
      rows[placed * ROW_SIZE + 3] = into.placed;
      if (((rows[placed * ROW_SIZE] ?? 0) >>> 16) & NODE_HAS_ERROR) {
        for (const node of open) rows[node.placed * ROW_SIZE] = (rows[node.placed * ROW_SIZE] ?? 0) | (NODE_HAS_ERROR << 16);
      }
      placed = end;
    }
  };
  const closeNodes = (row: number): void => {
    for (let top = open[open.length - 1]; top && (base[top.row * ROW_SIZE + 4] ?? 0) <= row; top = open[open.length - 1]) {
      setGraftsBefore(top.row === 0 ? Infinity : (base[top.row * ROW_SIZE + 2] ?? 0));
      rows[top.placed * ROW_SIZE + 4] = placed;
      open.pop();
    }
  };

  const count = base.length / ROW_SIZE;
  for (let row = 0; row < count; row++) {
    const at = row * ROW_SIZE;
    closeNodes(row);
    setGraftsBefore(base[at + 1] ?? 0);
    const to = placed * ROW_SIZE;
    rows[to] = base[at] ?? 0;
    rows[to + 1] = base[at + 1] ?? 0;
    rows[to + 2] = base[at + 2] ?? 0;
    rows[to + 3] = open[open.length - 1]?.placed ?? -1;
    open.push({ row, placed });
    placed++;
  }
  closeNodes(count);
  return rows;
}
