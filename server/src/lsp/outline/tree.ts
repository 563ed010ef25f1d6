// The outline of a document as plain data: lines count from 1, ends included. Symbols and folds are made from it.

export interface OutlineNode {
  readonly kind: 'mail' | 'patch' | 'file' | 'hunk' | 'function';
  readonly name: string;
  readonly detail: string;
  readonly line: number;
  readonly endLine: number;
  /** Line that names the thing. */
  readonly nameLine: number;
  readonly children: readonly OutlineNode[];
}

/** Lines that can be folded away without being a node: mail headers, quotes. */
export interface Fold {
  readonly line: number;
  readonly endLine: number;
  readonly kind: 'headers' | 'quote';
}
