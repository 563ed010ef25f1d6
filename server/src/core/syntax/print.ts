import { LineIndex } from '../base/text.ts';
import type { Row } from './tree.ts';
import type { CFile, Masked } from './types.ts';

/** One node of a printed tree. Lines and columns count from 1, columns in UTF-16 units. */
interface PrintedNode {
  readonly depth: number;
  readonly kind: string;
  readonly field?: string;
  readonly from: string;
  readonly to: string;
  /** The text of a node without children, or the original word of a macro that the node stands for. */
  readonly text?: string;
  readonly macro?: string;
  readonly error?: 'error' | 'missing';
}

/** Deeper nodes are not indented further: hostile nesting would make the output quadratic. */
const MAX_INDENT = 40;
const MAX_TEXT = 60;

/**
 * Prints the syntax tree of a file, or of its functions of one name: problems first, then the named nodes in pre-order, a line each.
 * The JSON form is one line with `functions`, `problems` and `nodes`. Text of the file is printed as it is: who shows it makes control
 * characters visible. Null if the file has no such function.
 */
export function printTree(file: CFile, functionName: string | null, format: 'text' | 'json'): string | null {
  const roots = functionName === null ? [0] : file.functions.filter((one) => one.name === functionName).map((one) => one.row);
  if (roots.length === 0) return null;
  const printer = new TreePrinter(file);
  const nodes = roots.flatMap((row) => printer.nodes(row));
  const problems = file.problems.map((one) => ({ kind: one.kind, at: printer.place(one.span.start), message: one.message }));
  if (format === 'json') {
    const functions = file.functions.map(({ name, span, clean }) => ({
      name,
      from: printer.place(span.start),
      to: printer.place(span.end),
      clean,
    }));
    return `${JSON.stringify({ functions, problems, nodes })}\n`;
  }
  const lines = [...problems.map(({ kind, at, message }) => `problem ${at}: ${kind}: ${message}`), ...nodes.map(lineOf)];
  return lines.map((line) => `${line}\n`).join('');
}

function lineOf(node: PrintedNode): string {
  const indent = node.depth <= MAX_INDENT ? '  '.repeat(node.depth) : `${'  '.repeat(MAX_INDENT)}(${String(node.depth)}) `;
  const field = node.field ? `${node.field}: ` : '';
  const macro = node.macro ? ` (${node.macro})` : '';
  const error = node.error === 'missing' ? ' MISSING' : '';
  const text = node.text === undefined ? '' : ` ${JSON.stringify(node.text)}`;
  return `${indent}${field}${node.kind}${error}${macro} ${node.from}-${node.to}${text}`;
}

class TreePrinter {
  private readonly lines: LineIndex;
  private readonly macros: ReadonlyMap<number, Masked>;

  constructor(private readonly file: CFile) {
    this.lines = new LineIndex(file.text);
    const heads = file.masked.filter((one) => one.kind !== 'directive');
    this.macros = new Map(heads.map((one) => [one.span.start, one]));
  }

  place(offset: number): string {
    const { line, column } = this.lines.at(offset);
    return `${String(line)}:${String(column)}`;
  }

  /** The named nodes of a subtree in pre-order. */
  nodes(root: Row): PrintedNode[] {
    const { tree } = this.file;
    const printed: PrintedNode[] = [];
    const ends: number[] = [];
    let named = 0;
    for (let row = root; row < tree.subtreeEnd(root); row++) {
      while ((ends[ends.length - 1] ?? Infinity) <= row) {
        ends.pop();
        named--;
      }
      if (!tree.isNamed(row) && !tree.isMissing(row)) continue;
      printed.push(this.node(row, named));
      if (tree.firstChild(row) >= 0) {
        ends.push(tree.subtreeEnd(row));
        named++;
      }
    }
    return printed;
  }

  private node(row: Row, depth: number): PrintedNode {
    const { tree } = this.file;
    const field = tree.field(row);
    const macro = this.macros.get(tree.start(row));
    const text = tree.textOf(row);
    return {
      depth,
      kind: tree.kind(row),
      ...(field ? { field } : {}),
      from: this.place(tree.start(row)),
      to: this.place(tree.end(row)),
      ...(tree.firstChild(row) < 0 ? { text: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text } : {}),
      ...(macro && /_statement$|_definition$|^call_expression$/.test(tree.kind(row)) ? { macro: `${macro.kind} ${macro.name}` } : {}),
      ...(tree.isError(row) ? { error: 'error' as const } : tree.isMissing(row) ? { error: 'missing' as const } : {}),
    };
  }
}
