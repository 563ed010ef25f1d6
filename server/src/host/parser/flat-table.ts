import { NODE_ERROR, NODE_EXTRA, NODE_HAS_ERROR, NODE_MISSING, NODE_NAMED, ROW_SIZE } from '../../core/base/outside.ts';
import { symbolIsNamed, symbolNames, tokensWithField } from './grammar.ts';

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

// A call into a binding costs more than all the rest, so the symbol saves those whose answer it knows.
const HAS_CHILDREN = 1;
const HAS_FIELD = 2;

/** The grammar numbers its tokens before its rules, and the first rule is translation_unit. */
const firstRule = symbolNames.indexOf('translation_unit');
const tokenAliases = new Set(['type_identifier', 'field_identifier', 'statement_identifier']);

const symbolTraits = Uint8Array.from(symbolNames, (name, id) => {
  const hasChildren = id >= firstRule && !tokenAliases.has(name) ? HAS_CHILDREN : 0;
  const hasField = symbolIsNamed[id] === '1' || tokensWithField.includes(name) ? HAS_FIELD : 0;
  return hasChildren | hasField;
});

/** Length of punctuation and keywords, whose name is their text; 0 for all other symbols. `#if` may be written `#  if`. */
const tokenLengths = Uint8Array.from(symbolNames, (name, id) =>
  id > 0 && id < firstRule && symbolIsNamed[id] === '0' && /^(?:[a-z]+|[^\w#\s]+)$/.test(name) ? name.length : 0,
);

/**
 * Copies the tree under a cursor that stands on the root into one table (see SyntaxTable), in pre-order, without recursion.
 * `hasError` says whether the tree has errors at all; `expectedNodes` sizes the first buffer.
 */
export function copyTree(cursor: NumberCursor, hasError: boolean, expectedNodes: number): Int32Array {
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
    const traits = symbolTraits[symbol] ?? 0;
    const start = cursor.startIndex;
    // In a tree with errors a token can be missing, and then has no length.
    const length = hasError ? 0 : (tokenLengths[symbol] ?? 0);
    const end = length > 0 ? start + length : cursor.endIndex;
    let flags = symbolFlags[symbol] ?? 0;
    if (hasError && start === end && cursor.nodeIsMissing) flags |= NODE_MISSING | NODE_HAS_ERROR;
    const field = traits & HAS_FIELD ? cursor.currentFieldId : 0;
    rows[at] = symbol | (flags << 16) | (field << 24);
    rows[at + 1] = start;
    rows[at + 2] = end;
    rows[at + 3] = parent;

    if (traits & HAS_CHILDREN && cursor.gotoFirstChild()) {
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
