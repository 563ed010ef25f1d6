// What each thread may still touch, learnt while exploring. The partial-order reduction rests on it.
//
// A point is a place in a thread's code. Each executed (or blocked) step adds its accesses to its point, and an edge to the point
// that follows. What a thread may still do is the union over all points that the learnt edges reach. A decision taken on incomplete
// knowledge is revised by the explorer when the table has grown, until nothing changes: at that fixpoint a step that was explored
// alone is independent of everything that the other threads do before it. (The first access of another thread that would conflict is
// executed on both sides of the step, so it cannot stay unobserved.)

interface Guarded {
  /** Locks held at every read (write) of the cell so far; null: no read (write) seen. */
  reads: ReadonlySet<number> | null;
  writes: ReadonlySet<number> | null;
}

function meet(known: ReadonlySet<number> | null, guards: ReadonlySet<number>): ReadonlySet<number> {
  if (known === null) return guards;
  let same = true;
  for (const lock of known) if (!guards.has(lock)) same = false;
  return same ? known : new Set([...known].filter((lock) => guards.has(lock)));
}

export class Footprints {
  private readonly accesses = new Map<number, Map<number, Guarded>>();
  private readonly edges = new Map<number, Set<number>>();
  private futures = new Map<number, Map<number, Guarded>>();
  /** Grows with every new fact; decisions made at an older version must be looked at again. */
  version = 0;
  private frozen = -1;

  record(point: number, path: number, write: boolean, guards: ReadonlySet<number>): void {
    let cells = this.accesses.get(point);
    if (cells === undefined) {
      cells = new Map();
      this.accesses.set(point, cells);
    }
    const old = cells.get(path);
    if (old === undefined) {
      cells.set(path, { reads: write ? null : guards, writes: write ? guards : null });
      this.version++;
      return;
    }
    const before = write ? old.writes : old.reads;
    const after = meet(before, guards);
    if (after === before) return;
    if (write) old.writes = after;
    else old.reads = after;
    this.version++;
  }

  follow(from: number, to: number): void {
    let next = this.edges.get(from);
    if (next === undefined) {
      next = new Set();
      this.edges.set(from, next);
    }
    if (next.has(to)) return;
    next.add(to);
    this.version++;
  }

  /** Brings what `conflicts` answers up to date with everything recorded. */
  freeze(): void {
    if (this.frozen === this.version) return;
    this.frozen = this.version;
    this.futures = new Map();
  }

  /**
   * Whether a thread that stands at `point` may, before the thread that holds `held` moves, touch `path` in a way that does not
   * commute with a read (`write` false) or a write of it. Answers from the last `freeze`.
   */
  conflicts(point: number, path: number, write: boolean, held: readonly number[]): boolean {
    const cell = this.future(point).get(path);
    if (cell === undefined) return false;
    const open = (guards: ReadonlySet<number> | null): boolean => guards !== null && !held.some((lock) => guards.has(lock));
    return open(cell.writes) || (write && open(cell.reads));
  }

  private future(point: number): Map<number, Guarded> {
    const known = this.futures.get(point);
    if (known !== undefined) return known;
    const merged = new Map<number, Guarded>();
    const seen = new Set<number>([point]);
    const work = [point];
    for (let at = work.pop(); at !== undefined; at = work.pop()) {
      for (const [path, cell] of this.accesses.get(at) ?? []) {
        const old = merged.get(path);
        if (old === undefined) merged.set(path, { ...cell });
        else {
          if (cell.reads !== null) old.reads = meet(old.reads, cell.reads);
          if (cell.writes !== null) old.writes = meet(old.writes, cell.writes);
        }
      }
      for (const next of this.edges.get(at) ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        work.push(next);
      }
    }
    this.futures.set(point, merged);
    return merged;
  }
}
