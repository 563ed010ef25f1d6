// Renamings of threads and of what they work on, for the states of a machine.

import type { Symmetries } from '../explore/symmetries.ts';
import type { Names, Value } from './names.ts';
import type { Frame, MachineState, ThreadTable } from './state.ts';
import { mix, moving } from './state.ts';

export interface Renaming {
  /** The thread that each thread becomes. */
  readonly threads: readonly number[];
  /** Words of letters and digits in names, and what they become: `u1` in `u1`, `T1` in `dma1@T1` and `T1.2`. */
  readonly words: ReadonlyMap<string, string>;
}

/** A word in a name. */
export const WORD = /[A-Za-z0-9]+/g;

/** A text with its words renamed. */
export const renameText = (text: string, words: ReadonlyMap<string, string>): string =>
  text.replace(WORD, (word) => words.get(word) ?? word);

/** Lists that stand for sets: nothing depends on their order, except which of several is named first in a message. */
const SETS: ReadonlySet<string> = new Set(['readers', 'open_by']);
const SETS_OF_WORLD: ReadonlySet<string> = new Set(['users', 'mms', 'groups', 'all_devices', 'bonds']);

/** Lists in order of arrival, never sorted by name: renamed, they are what the renamed threads would have made. */
const BY_ARRIVAL: ReadonlySet<string> = new Set(['sysfs_active', 'warnings', 'device_list', 'hwpts', 'sva_domains', 'deliver', 'response']);

/** What a renaming does to the numbers of cells, values, thread states and places; worked out once for each. */
class NumberTables {
  private readonly cells: number[] = [];
  private readonly values: number[] = [];
  private readonly sets: number[] = [];
  private readonly states: number[] = [];
  private readonly points: number[] = [];

  constructor(
    private readonly names: Names,
    private readonly table: ThreadTable,
    private readonly renaming: Renaming,
  ) {}

  rename(value: Value): Value {
    const { words } = this.renaming;
    if (typeof value === 'string') return renameText(value, words);
    return typeof value === 'object' && value !== null ? value.map((part) => renameText(part, words)) : value;
  }

  /** Fields are the kernel's words, but for the marks of invariants (of a group) and the results that a scenario names. */
  cell(id: number): number {
    const { object, field } = this.names.cellName(id);
    const named = object.startsWith('~') || object === 'handles';
    return (this.cells[id] ??= this.names.cell(this.rename(object) as string, named ? (this.rename(field) as string) : field));
  }

  value(id: number, isSet: boolean): number {
    if (!isSet) return (this.values[id] ??= this.names.valueId(this.rename(this.names.value(id))));
    let known = this.sets[id];
    if (known === undefined) {
      const list = this.names.value(id);
      const renamed = this.rename(list);
      if (typeof list !== 'object' || list === null || typeof renamed !== 'object' || renamed === null) known = this.value(id, false);
      else known = renamed.every((part) => list.includes(part)) ? id : this.names.valueId([...renamed].sort());
      this.sets[id] = known;
    }
    return known;
  }

  threadState(id: number): number {
    const known = this.states[id];
    if (known !== undefined) return known;
    const { frames, held } = this.table.get(id);
    const renamed = frames.map((frame, depth): Frame => ({
      // The outermost procedure of a thread has the thread's number.
      procedure: depth === 0 ? (this.renaming.threads[frame.procedure] ?? frame.procedure) : frame.procedure,
      at: frame.at,
      locals: frame.locals.map((value) => this.value(value, false)),
      id: moving,
    }));
    const image = this.table.intern(
      renamed,
      held.map((cell) => this.cell(cell)),
    );
    this.states[id] = image;
    return image;
  }

  point(id: number): number {
    return (this.points[id] ??= this.table.point(this.threadState(this.table.standingAt(id))));
  }
}

/** The symmetries of a machine by a group of renamings of which the identity is left out. */
export class RenamedMachine implements Symmetries<MachineState> {
  readonly count: number;
  private readonly tables: readonly NumberTables[];
  private readonly isSet: boolean[] = [];
  private readonly isOrdered: boolean[] = [];
  private readonly keepsOrder: boolean[] = [];
  private readonly walks: boolean[] = [];

  constructor(
    private readonly names: Names,
    private readonly table: ThreadTable,
    private readonly renamings: readonly Renaming[],
  ) {
    this.count = renamings.length;
    this.tables = renamings.map((renaming) => new NumberTables(names, table, renaming));
  }

  private tablesOf(renaming: number): NumberTables {
    const tables = this.tables[renaming];
    if (tables === undefined) throw new RangeError(`no renaming ${renaming}`);
    return tables;
  }

  thread(thread: number, renaming: number): number {
    return this.renamings[renaming]?.threads[thread] ?? thread;
  }

  point(point: number, renaming: number): number {
    return this.tablesOf(renaming).point(point);
  }

  path(path: number, renaming: number): number {
    return this.tablesOf(renaming).cell(path);
  }

  image(state: MachineState, renaming: number): MachineState {
    const tables = this.tablesOf(renaming);
    const cells: number[] = [];
    let hash = 0;
    for (let cell = 0; cell < state.cells.length; cell++) {
      const value = state.cells[cell] ?? 0;
      if (value === 0) continue;
      const place = tables.cell(cell);
      const renamed = tables.value(value, this.setAt(cell));
      while (cells.length <= place) cells.push(0);
      cells[place] = renamed;
      hash ^= mix(place, renamed);
    }
    const threads = state.threads.slice();
    state.threads.forEach((id, thread) => (threads[this.thread(thread, renaming)] = tables.threadState(id)));
    threads.forEach((id, thread) => (hash ^= mix(-1 - thread, id)));
    return { cells, threads, hash };
  }

  /** A list that the machine sorts by name and that is no set must stay sorted when it is renamed; so must one that a thread walks. */
  holdsFor(state: MachineState, writes: readonly number[]): boolean {
    return (
      writes.every((cell) => !this.orderedAt(cell) || this.keeps(state.cells[cell] ?? 0)) && state.threads.every((id) => this.walksOn(id))
    );
  }

  private walksOn(threadState: number): boolean {
    return (this.walks[threadState] ??= this.table
      .get(threadState)
      .frames.every((frame) => frame.locals.every((value) => this.keeps(value))));
  }

  /** Whether a cell may hold a list in an order of names. */
  private orderedAt(cell: number): boolean {
    return (this.isOrdered[cell] ??= !this.setAt(cell) && !BY_ARRIVAL.has(this.names.cellName(cell).field));
  }

  private keeps(value: number): boolean {
    let known = this.keepsOrder[value];
    if (known === undefined) {
      const list = this.names.value(value);
      known =
        typeof list !== 'object' ||
        list === null ||
        !isSorted(list) ||
        this.tables.every((tables) => {
          const renamed = tables.rename(list);
          return typeof renamed === 'object' && renamed !== null && isSorted(renamed);
        });
      this.keepsOrder[value] = known;
    }
    return known;
  }

  private setAt(cell: number): boolean {
    let known = this.isSet[cell];
    if (known === undefined) {
      const { object, field } = this.names.cellName(cell);
      known = SETS.has(field) || (object === 'world' && SETS_OF_WORLD.has(field));
      this.isSet[cell] = known;
    }
    return known;
  }
}

function isSorted(list: readonly string[]): boolean {
  return list.every((one, at) => at === 0 || (list[at - 1] ?? '') <= one);
}
