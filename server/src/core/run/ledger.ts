// What the runs of a program took for granted, and which of its code they executed. Append-only; the state keeps the numbers.

import type { CodeRange } from '../model/machine/code.ts';
import type { Cpu } from '../model/machine/cpu.ts';
import type { Machine } from '../model/machine/machine.ts';
import type { MachineState } from '../model/machine/state.ts';
import type { Assumption, FunctionCoverage } from './types.ts';

/** What follows such an assumption may not happen at all: something acted that was not seen. */
const isGrave = (kind: Assumption['kind']): boolean => kind !== 'contract' && kind !== 'value';

/** Instructions of one function by how they were executed: 0 not, 1 after something unknown, 2 with nothing unknown before. */
export interface Marks {
  readonly file: string;
  readonly function: string;
  readonly spans: { readonly start: number; readonly end: number }[];
  readonly executed: number[];
}

export class Ledger {
  private readonly entries: Assumption[] = [];
  private readonly ids = new Map<string, number>();
  private readonly functions: Marks[] = [];

  /** The number of an assumption; the same one for the same words at the same place. */
  idOf(kind: Assumption['kind'], text: string, place: CodeRange | null): number {
    const key = `${kind} ${place === null ? '' : `${place.file}:${place.start}`} ${text}`;
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.entries.length + 1;
      this.ids.set(key, id);
      this.entries.push({ id, kind, text, place });
    }
    return id;
  }

  /** Notes on the thread's path that it rests on something from here on. */
  assume(c: Cpu, kind: Assumption['kind'], text: string, place: CodeRange | null): void {
    c.assume(this.idOf(kind, text, place), isGrave(kind));
  }

  marksOf(file: string, name: string): Marks {
    const marks: Marks = { file, function: name, spans: [], executed: [] };
    this.functions.push(marks);
    return marks;
  }

  assumptions(): readonly Assumption[] {
    return this.entries;
  }

  coverage(): readonly FunctionCoverage[] {
    return this.functions.map((marks) => ({
      file: marks.file,
      function: marks.function,
      statements: marks.spans
        .map((span, at) => ({ span, executed: (['no', 'after-unknown', 'clean'] as const)[marks.executed[at] ?? 0] ?? 'no' }))
        .sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end),
    }));
  }
}

/** Numbers of the assumptions that the path to a state rests on, over all its threads, ascending. */
export function assumptionsOf(machine: Machine, state: MachineState): readonly number[] {
  return machine.assumed(state).all;
}
