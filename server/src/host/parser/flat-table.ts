import { NODE_ERROR, NODE_EXTRA, NODE_HAS_ERROR, NODE_MISSING, NODE_NAMED, ROW_SIZE } from '../../core/base/outside.ts';
import { symbolIsNamed, symbolNames } from './grammar.ts';

/** What both tree-sitter bindings offer on a tree cursor, numbers only: node objects are 5 to 10 times slower to read. */
export interface NumberCursor {
  readonly nodeTypeId: number;
  readonly nodeIsMissing: boolean;
  readonly startIndex: number;
  readonly endIndex: number;
  readonly currentFieldId: number;
  gotoFirstChild(): boolean;
  gotoNextSibling(): boolean;
  gotoParent(): boolean;
}

const ERROR_SYMBOL = 0xffff;
const ERROR_ROW_SYMBOL = symbolNames.length - 1;

/** Flags that follow from the symbol alone. Comments are the only extras of tree-sitter-c, and cursors do not tell extras. */
const symbolFlags = Uint8Array.from(symbolNames, (name, id) => {
  const named = symbolIsNamed[id] === '1' ? NODE_NAMED : 0;
  return named | (name === 'comment' ? NODE_EXTRA : 0) | (id === ERROR_ROW_SYMBOL ? NODE_ERROR | NODE_HAS_ERROR : 0);
});

/**
 * Copies the tree under a cursor that stands on the root into one table (see SyntaxTable), in pre-order, without recursion.
 * `expectedNodes` sizes the first buffer; the result has exactly the rows that the tree has.
 */
export function copyTree(cursor: NumberCursor, expectedNodes: number): Int32Array {
  let rows = new Int32Array(Math.max(16, expectedNodes) * ROW_SIZE);
  let count = 0;
  let parent = -1;

  const close = (row: number): void => {
    const at = row * ROW_SIZE;
    rows[at + 4] = count;
    const above = rows[at + 3] ?? -1;
    if (above >= 0 && ((rows[at] ?? 0) >>> 16) & NODE_HAS_ERROR) {
      rows[above * ROW_SIZE] = (rows[above * ROW_SIZE] ?? 0) | (NODE_HAS_ERROR << 16);
    }
  };

  for (;;) {
    const row = count++;
    const at = row * ROW_SIZE;
    if (at + ROW_SIZE > rows.length) {
      const larger = new Int32Array(rows.length * 2);
      larger.set(rows);
      rows = larger;
    }
    const id = cursor.nodeTypeId;
    const symbol = id === ERROR_SYMBOL ? ERROR_ROW_SYMBOL : id;
    const start = cursor.startIndex;
    const end = cursor.endIndex;
    let flags = symbolFlags[symbol] ?? 0;
    // Only a node without text can be missing.
    if (start === end && cursor.nodeIsMissing) flags |= NODE_MISSING | NODE_HAS_ERROR;
    rows[at] = symbol | (flags << 16) | (cursor.currentFieldId << 24);
    rows[at + 1] = start;
    rows[at + 2] = end;
    rows[at + 3] = parent;

    if (cursor.gotoFirstChild()) {
      parent = row;
      continue;
    }
    close(row);
    while (!cursor.gotoNextSibling()) {
      if (parent < 0) return rows.slice(0, count * ROW_SIZE);
      cursor.gotoParent();
      close(parent);
      parent = rows[parent * ROW_SIZE + 3] ?? -1;
    }
  }
}
