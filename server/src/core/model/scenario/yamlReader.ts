// Values of a YAML tree, with the lines of those that are not what they should be. With read.ts, the only place that knows YAML.

import { isMap, isScalar, isSeq } from 'yaml';
import type { Node, YAMLMap } from 'yaml';
import { nearest } from '../../base/nearest.ts';
import { LineIndex } from '../../base/text.ts';
import type { Value } from '../machine/names.ts';
import type { ScenarioProblem } from './scenario.ts';

const NAME = /^[A-Za-z_]\w{0,31}$/;

export class Reader {
  readonly problems: ScenarioProblem[] = [];
  private readonly lines: LineIndex;

  constructor(text: string) {
    this.lines = new LineIndex(text);
  }

  lineOf(node: unknown): number {
    const range = (node as { range?: [number, number, number] | null } | null)?.range;
    return range === undefined || range === null ? 1 : this.lines.lineOf(range[0]);
  }

  lineAt(offset: number): number {
    return this.lines.lineOf(offset);
  }

  problem(node: unknown, message: string): void {
    this.problems.push({ line: this.lineOf(node), message });
  }

  /** A word that is none of the known ones: says which of them is near. */
  unknown(node: unknown, what: string, word: string, known: readonly string[], where = ''): void {
    this.problem(node, `unknown ${what} '${shown(word)}'${where}${nearest(word, known)}`);
  }

  map(node: unknown, what: string): [string, Node | null, Node][] {
    if (node === null || node === undefined) return [];
    if (!isMap(node)) {
      this.problem(node, `${what} must be a map`);
      return [];
    }
    return (node as YAMLMap).items.flatMap((pair): [string, Node | null, Node][] => {
      const key = pair.key as Node;
      if (!isScalar(key)) {
        this.problem(key, `${what}: a key must be plain text`);
        return [];
      }
      return [[String(key.value), pair.value as Node | null, key]];
    });
  }

  seq(node: unknown, what: string): Node[] {
    if (node === null || node === undefined) return [];
    if (!isSeq(node)) {
      this.problem(node, `${what} must be a list`);
      return [];
    }
    return node.items as Node[];
  }

  scalar(node: unknown, what: string): string | number | boolean | null {
    if (isScalar(node)) {
      const { value } = node;
      if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
    }
    this.problem(node, `${what} must be a single value`);
    return null;
  }

  text(node: unknown, what: string): string {
    const value = this.scalar(node, what);
    return value === null ? '' : String(value);
  }

  texts(node: unknown, what: string): string[] {
    return this.seq(node, what).map((item) => this.text(item, what));
  }

  name(text: string, node: unknown, what: string): string {
    if (!NAME.test(text)) this.problem(node, `${what}: '${shown(text)}' is not a name`);
    return text;
  }

  value(node: unknown, what: string): Value {
    if (isSeq(node)) return this.texts(node, what);
    return this.scalar(node, what);
  }
}

/** Text of a file inside a message: short, and without control characters. */
export function shown(text: string): string {
  return text.slice(0, 60).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
}

/** The deepest nesting of a text, by its brackets and its indentation, without parsing it. */
export function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let indent = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth = Math.max(0, depth - 1);
    else if (code === 0x0a) {
      indent = 0;
      while (text.charCodeAt(at + 1 + indent) === 0x20 || text.charCodeAt(at + 1 + indent) === 0x2d) indent++;
      deepest = Math.max(deepest, indent >> 1);
    }
  }
  return deepest;
}
