// A state of the machine: cells of the world, and where each thread stands. All plain numbers, in canonical order.

export interface Frame {
  /** Number of the procedure. */
  readonly procedure: number;
  readonly at: number;
  readonly locals: readonly number[];
  /** Number of the frame in its table, where equal frames are stored once; `moving` while a step works on it. */
  readonly id: number;
}

/** A frame that belongs to the step that is being run, and may change. */
export interface MovingFrame extends Frame {
  at: number;
  locals: number[];
}

/** Id of a frame that is not in the table. */
export const moving = -1;

/** The innermost frame of a stack, made changeable; undefined where the stack is empty. */
export function movingTop(frames: Frame[]): MovingFrame | undefined {
  const top = frames[frames.length - 1];
  if (top === undefined || top.id === moving) return top as MovingFrame | undefined;
  const own: MovingFrame = { procedure: top.procedure, at: top.at, locals: [...top.locals], id: moving };
  frames[frames.length - 1] = own;
  return own;
}

export interface ThreadState {
  readonly frames: readonly Frame[];
  /** Cells of the locks held, in the order they were taken. */
  readonly held: readonly number[];
}

/** Value ids by cell id; cells beyond the end hold nothing. A plain array while a step runs, a small one where many are kept. */
export type Cells = readonly number[] | Uint16Array | Uint32Array;

export interface MachineState {
  readonly cells: Cells;
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
  private readonly frames: Frame[] = [];
  private readonly frameIds = new Map<string, number>();
  private readonly points: number[] = [];
  private readonly pointIds = new Map<string, number>();
  /** For each point, a thread state that stands there. */
  private readonly standing: number[] = [];

  /** The number of a thread state. The frames that were moving are stored, and the stack holds the stored ones afterwards. */
  intern(frames: Frame[], held: readonly number[]): number {
    let key = held.join();
    frames.forEach((frame, index) => {
      const stored = frame.id === moving ? this.store(frame) : frame;
      frames[index] = stored;
      key += `;${stored.id}`;
    });
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = this.states.length;
    this.ids.set(key, id);
    this.states.push({ frames, held });
    const place = frames.map((frame) => `${frame.procedure}.${frame.at}`).join(';');
    let point = this.pointIds.get(place);
    if (point === undefined) {
      point = this.pointIds.size;
      this.pointIds.set(place, point);
      this.standing.push(id);
    }
    this.points.push(point);
    return id;
  }

  /** Locals that hold nothing at the end of the list do not count. */
  private store(frame: Frame): Frame {
    let length = frame.locals.length;
    while (length > 0 && frame.locals[length - 1] === 0) length--;
    const locals = length === frame.locals.length ? frame.locals : frame.locals.slice(0, length);
    const key = `${frame.procedure}.${frame.at}:${locals.join()}`;
    const known = this.frames[this.frameIds.get(key) ?? moving];
    if (known !== undefined) return known;
    const stored: Frame = { procedure: frame.procedure, at: frame.at, locals, id: this.frames.length };
    this.frameIds.set(key, stored.id);
    this.frames.push(stored);
    return stored;
  }

  get(id: number): ThreadState {
    const state = this.states[id];
    if (state === undefined) throw new RangeError(`no thread state ${id}`);
    return state;
  }

  point(id: number): number {
    return this.points[id] ?? -1;
  }

  /** Some thread state that stands at a point. */
  standingAt(point: number): number {
    return this.standing[point] ?? -1;
  }
}

const LARGEST_SMALL = 0xffff;

/** Cells in as few bytes as their values allow. */
export function packCells(cells: Cells): { readonly cells: Cells; readonly bytes: number } {
  let largest = 0;
  for (const value of cells) largest = Math.max(largest, value);
  const packed = largest <= LARGEST_SMALL ? Uint16Array.from(cells) : Uint32Array.from(cells);
  return { cells: packed, bytes: packed.byteLength };
}

export function sameState(left: MachineState, right: MachineState): boolean {
  for (let i = 0; i < left.threads.length; i++) if (left.threads[i] !== right.threads[i]) return false;
  const length = Math.max(left.cells.length, right.cells.length);
  for (let i = 0; i < length; i++) if ((left.cells[i] ?? 0) !== (right.cells[i] ?? 0)) return false;
  return true;
}
