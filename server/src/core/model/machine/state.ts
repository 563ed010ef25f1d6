// A state of the machine: cells of the world, and where each thread stands. All plain numbers, in canonical order.

export interface Frame {
  /** Number of the procedure. */
  readonly procedure: number;
  readonly at: number;
  readonly locals: readonly number[];
}

export interface ThreadState {
  readonly frames: readonly Frame[];
  /** Cells of the locks held, in the order they were taken. */
  readonly held: readonly number[];
}

export interface MachineState {
  /** Value ids by cell id; cells beyond the end hold nothing. */
  readonly cells: readonly number[];
  /** Ids of thread states. */
  readonly threads: readonly number[];
  readonly hash: number;
}

/** A well-spread 32-bit number for a (place, value) pair; the hash of a state is the XOR over all pairs with a value. */
export function mix(place: number, value: number): number {
  let h = Math.imul(place + 0x9e3779b9, 0x85ebca6b) ^ Math.imul(value + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return h ^ (h >>> 15);
}

/** Thread states by number, each stored once; and the places in code that they stand for. */
export class ThreadTable {
  private readonly ids = new Map<string, number>();
  private readonly states: ThreadState[] = [];
  private readonly points: number[] = [];
  private readonly pointIds = new Map<string, number>();

  intern(state: ThreadState): number {
    let key = state.held.join();
    let place = '';
    for (const frame of state.frames) {
      key += `;${frame.procedure}.${frame.at}:${frame.locals.join()}`;
      place += `;${frame.procedure}.${frame.at}`;
    }
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = this.states.length;
    this.ids.set(key, id);
    this.states.push(state);
    let point = this.pointIds.get(place);
    if (point === undefined) {
      point = this.pointIds.size;
      this.pointIds.set(place, point);
    }
    this.points.push(point);
    return id;
  }

  get(id: number): ThreadState {
    const state = this.states[id];
    if (state === undefined) throw new RangeError(`no thread state ${id}`);
    return state;
  }

  point(id: number): number {
    return this.points[id] ?? -1;
  }
}

export function sameState(left: MachineState, right: MachineState): boolean {
  for (let i = 0; i < left.threads.length; i++) if (left.threads[i] !== right.threads[i]) return false;
  const length = Math.max(left.cells.length, right.cells.length);
  for (let i = 0; i < length; i++) if ((left.cells[i] ?? 0) !== (right.cells[i] ?? 0)) return false;
  return true;
}
