import { NODE_ERROR, NODE_EXTRA, NODE_HAS_ERROR, NODE_MISSING, NODE_NAMED, ROW_SIZE } from '../../core/base/outside.ts';
import { nodesWithFields, symbolIsNamed, symbolNames, tokensWithField } from './grammar.ts';

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

// A call into a binding costs more than all the rest, so the symbol and the text save those whose answer they know.
const HAS_CHILDREN = 1;
const HAS_FIELD = 2;
/** The node's children may stand under fields. */
const GIVES_FIELDS = 4;
/** A single word: its end can be read from the text. */
const IS_WORD = 8;
/** The node begins and ends with its first and last child. */
const SPANS_CHILDREN = 16;

/** The grammar numbers its tokens before its rules, and the first rule is translation_unit. */
const firstRule = symbolNames.indexOf('translation_unit');
const wordAliases = ['type_identifier', 'field_identifier', 'statement_identifier'];
const wordSymbols = new Set([...wordAliases, 'identifier', 'primitive_type']);
/** The root covers white space, and directives their line end, which is a token that the tree does not show. */
const widerThanChildren = /^(?:translation_unit|preproc_.*|ERROR)$/;

const symbolTraits = Uint8Array.from(symbolNames, (name, id) => {
  const isRule = id >= firstRule && !wordAliases.includes(name);
  const hasField = symbolIsNamed[id] === '1' || tokensWithField.includes(name) ? HAS_FIELD : 0;
  const givesFields = nodesWithFields.includes(name) || name === 'ERROR' ? GIVES_FIELDS : 0;
  const spans = isRule && !widerThanChildren.test(name) ? SPANS_CHILDREN : 0;
  return (isRule ? HAS_CHILDREN : 0) | hasField | givesFields | (wordSymbols.has(name) ? IS_WORD : 0) | spans;
});

/** Length of punctuation and keywords, whose name is their text; 0 for all other symbols. `#if` may be written `#  if`. */
const tokenLengths = Uint8Array.from(symbolNames, (name, id) =>
  id > 0 && id < firstRule && symbolIsNamed[id] === '0' && /^(?:[a-z]+|[^\w#\s]+)$/.test(name) ? name.length : 0,
);

const wordCodes = Uint8Array.from({ length: 128 }, (_, code) => (/[\w$]/.test(String.fromCharCode(code)) ? 1 : 0));

/** End of an ASCII word; -1 where the text has other characters, on which only the parser's own rules decide. */
function wordEnd(text: string, start: number): number {
  for (let at = start; ; at++) {
    const code = text.charCodeAt(at);
    if (code > 127 || code === 92) return -1;
    if (!wordCodes[code]) return at > start ? at : -1;
  }
}

const UNKNOWN = -1;

/**
 * Copies the tree under a cursor that stands on the root into one table (see SyntaxTable), in pre-order, without recursion.
 * `hasError` says whether the tree of `text` has errors at all: then tokens can be missing and children cut off, and every number
 * is asked for.
 */
export function copyTree(cursor: NumberCursor, hasError: boolean, text: string): Int32Array {
  const trusted = hasError ? HAS_CHILDREN | HAS_FIELD | GIVES_FIELDS : 0xff;
  let rows = new Int32Array(Math.max(16, text.length >> 2) * ROW_SIZE);
  let count = 0;
  let parent = -1;
  let parentTraits = GIVES_FIELDS;
  let lastEnd = 0;

  const close = (row: number): void => {
    const at = row * ROW_SIZE;
    rows[at + 4] = count;
    if (rows[at + 2] === UNKNOWN) rows[at + 2] = lastEnd;
    else lastEnd = rows[at + 2] ?? 0;
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
    const traits = (symbolTraits[symbol] ?? 0) & trusted;
    let flags = symbolFlags[symbol] ?? 0;
    // In a tree with errors the field of a child is asked for everywhere.
    const field = traits & HAS_FIELD && (hasError || parentTraits & GIVES_FIELDS) ? cursor.currentFieldId : 0;
    rows[at + 3] = parent;

    let hasChildren = false;
    if (traits & SPANS_CHILDREN) {
      hasChildren = cursor.gotoFirstChild();
      rows[at + 1] = hasChildren ? UNKNOWN : cursor.startIndex;
      rows[at + 2] = hasChildren ? UNKNOWN : cursor.endIndex;
    } else {
      const start = cursor.startIndex;
      const length = hasError ? 0 : (tokenLengths[symbol] ?? 0);
      let end = length > 0 ? start + length : traits & IS_WORD ? wordEnd(text, start) : -1;
      if (end < 0) end = cursor.endIndex;
      if (hasError && start === end && cursor.nodeIsMissing) flags |= NODE_MISSING | NODE_HAS_ERROR;
      rows[at + 1] = start;
      rows[at + 2] = end;
      hasChildren = (traits & HAS_CHILDREN) !== 0 && cursor.gotoFirstChild();
    }
    rows[at] = symbol | (flags << 16) | (field << 24);
    // The first token of a node is where all nodes begin that begin with it.
    for (let above = parent; above >= 0 && rows[at + 1] !== UNKNOWN && rows[above * ROW_SIZE + 1] === UNKNOWN;) {
      rows[above * ROW_SIZE + 1] = rows[at + 1] ?? 0;
      above = rows[above * ROW_SIZE + 3] ?? -1;
    }

    if (hasChildren) {
      parent = row;
      parentTraits = traits;
      continue;
    }
    close(row);
    while (!cursor.gotoNextSibling()) {
      if (parent < 0) return rows.slice(0, count * ROW_SIZE);
      cursor.gotoParent();
      close(parent);
      parent = rows[parent * ROW_SIZE + 3] ?? -1;
      parentTraits = parent < 0 ? GIVES_FIELDS : (symbolTraits[(rows[parent * ROW_SIZE] ?? 0) & 0xffff] ?? 0);
    }
  }
}
