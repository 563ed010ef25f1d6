import {
  NODE_ERROR,
  NODE_EXTRA,
  NODE_HAS_ERROR,
  NODE_MISSING,
  NODE_NAMED,
  ROW_SIZE,
  type GrammarNames,
  type SyntaxTable,
} from '../base/outside.ts';
import type { Span } from '../base/text.ts';

/** Row of a node in the table, or -1 for none. */
export type Row = number;

/** Typed reading of a flat syntax table. Names and literals are read from the original text, not from the rewritten one. */
export class Tree {
  readonly rows: Int32Array;
  readonly count: number;

  constructor(
    table: SyntaxTable,
    readonly grammar: GrammarNames,
    readonly text: string,
  ) {
    this.rows = table.rows;
    this.count = this.rows.length / ROW_SIZE;
  }

  private cell(row: Row, column: number): number {
    return this.rows[row * ROW_SIZE + column] ?? 0;
  }

  /** Name of the node's grammar symbol: `call_expression`, `;`. */
  kind(row: Row): string {
    return this.grammar.symbols[this.cell(row, 0) & 0xffff] ?? '';
  }

  /** Name of the field under which the parent holds the node; empty for none. */
  field(row: Row): string {
    return this.grammar.fields[(this.cell(row, 0) >>> 24) & 0xff] ?? '';
  }

  private flags(row: Row): number {
    return (this.cell(row, 0) >>> 16) & 0xff;
  }

  isNamed(row: Row): boolean {
    return (this.flags(row) & NODE_NAMED) !== 0;
  }

  isExtra(row: Row): boolean {
    return (this.flags(row) & NODE_EXTRA) !== 0;
  }

  isMissing(row: Row): boolean {
    return (this.flags(row) & NODE_MISSING) !== 0;
  }

  isError(row: Row): boolean {
    return (this.flags(row) & NODE_ERROR) !== 0;
  }

  hasError(row: Row): boolean {
    return (this.flags(row) & NODE_HAS_ERROR) !== 0;
  }

  start(row: Row): number {
    return this.cell(row, 1);
  }

  end(row: Row): number {
    return this.cell(row, 2);
  }

  span(row: Row): Span {
    return { start: this.start(row), end: this.end(row) };
  }

  /** Parent row; -1 for the root. */
  parent(row: Row): Row {
    return this.cell(row, 3);
  }

  /** First row after the node's subtree. */
  subtreeEnd(row: Row): Row {
    return this.cell(row, 4);
  }

  firstChild(row: Row): Row {
    return this.subtreeEnd(row) > row + 1 ? row + 1 : -1;
  }

  nextSibling(row: Row): Row {
    const next = this.subtreeEnd(row);
    return next < this.count && this.parent(next) === this.parent(row) ? next : -1;
  }

  /** All children in order, punctuation included. */
  children(row: Row): Row[] {
    const found: Row[] = [];
    for (let child = this.firstChild(row); child >= 0; child = this.nextSibling(child)) found.push(child);
    return found;
  }

  /** Named children in order, comments and other extras left out. */
  namedChildren(row: Row): Row[] {
    return this.children(row).filter((child) => this.isNamed(child) && !this.isExtra(child));
  }

  /** The first child held under a field name, or -1. */
  childByField(row: Row, field: string): Row {
    for (let child = this.firstChild(row); child >= 0; child = this.nextSibling(child)) if (this.field(child) === field) return child;
    return -1;
  }

  /** The node's original text. */
  textOf(row: Row): string {
    return this.text.slice(this.start(row), this.end(row));
  }
}
