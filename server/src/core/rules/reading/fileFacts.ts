// What rules ask of a file again and again, worked out once: names, calls, assignments and loops by function.

import type { Row } from '../../syntax/tree.ts';
import type { CFile, CFunction } from '../../syntax/types.ts';
import { assignmentsIn, callsIn, folded, macroLoopsIn, type Assignment, type CallSite, type MacroLoop } from './calls.ts';

/** Forms of one function's body. */
export interface BodyFacts {
  readonly calls: readonly CallSite[];
  readonly loops: readonly MacroLoop[];
  readonly assignments: readonly Assignment[];
  /** Assignments by the place that they write, in the order of the text. */
  readonly writesTo: ReadonlyMap<string, readonly Assignment[]>;
  /** Arguments of calls that begin with `&`, white space folded. */
  readonly addresses: ReadonlySet<string>;
}

export class FileFacts {
  private names: Map<string, Row[]> | null = null;
  private readonly bodies = new Map<CFunction, BodyFacts>();
  private readonly byName = new Map<string, CFunction>();

  constructor(private readonly file: CFile) {
    for (const fn of file.functions) if (!this.byName.has(fn.name)) this.byName.set(fn.name, fn);
  }

  /** The function of a name; the first one where the file has several (branches of an `#if`). */
  functionNamed(name: string): CFunction | null {
    return this.byName.get(name) ?? null;
  }

  /** The function whose body holds an offset, or null. */
  functionAround(offset: number): CFunction | null {
    const { functions } = this.file;
    let low = 0;
    let high = functions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((functions[middle]?.body.start ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    const found = functions[low - 1];
    return found !== undefined && offset < found.body.end ? found : null;
  }

  /** Rows of the plain identifiers of a name, in the order of the text. */
  usesOf(name: string): readonly Row[] {
    return this.identifiers().get(name) ?? [];
  }

  body(fn: CFunction): BodyFacts {
    const known = this.bodies.get(fn);
    if (known !== undefined) return known;
    const { tree } = this.file;
    const calls = callsIn(tree, fn.bodyRow);
    const assignments = assignmentsIn(tree, fn.bodyRow);
    const writesTo = new Map<string, Assignment[]>();
    for (const write of assignments) {
      const list = writesTo.get(write.target);
      if (list === undefined) writesTo.set(write.target, [write]);
      else list.push(write);
    }
    const addresses = new Set(calls.flatMap((call) => call.args.map((arg) => folded(tree, arg)).filter((text) => text.startsWith('&'))));
    const facts = { calls, loops: macroLoopsIn(tree, fn.bodyRow), assignments, writesTo, addresses };
    this.bodies.set(fn, facts);
    return facts;
  }

  private identifiers(): Map<string, Row[]> {
    if (this.names !== null) return this.names;
    const { tree } = this.file;
    const names = new Map<string, Row[]>();
    for (let row = 0; row < tree.count; row++) {
      if (tree.kind(row) !== 'identifier') continue;
      const name = tree.textOf(row);
      const rows = names.get(name);
      if (rows === undefined) names.set(name, [row]);
      else rows.push(row);
    }
    this.names = names;
    return names;
  }
}

const made = new WeakMap<CFile, FileFacts>();

/** Facts of a file, made once and shared by the rules. */
export function factsOf(file: CFile): FileFacts {
  const known = made.get(file);
  if (known !== undefined) return known;
  const facts = new FileFacts(file);
  made.set(file, facts);
  return facts;
}
