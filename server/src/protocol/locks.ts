// Which locks are held where, for editors. Types only. Lines count from 1.

/** Where a lock was taken, or where something that is not visible may have changed it. */
export interface LockPlace {
  /** Line of the opened document; null where it does not show the place. */
  readonly line: number | null;
  /** Line of the C file; null for text that stands in no real line. */
  readonly fileLine: number | null;
  /** The called function that did it, or may have; null for a lock primitive at this place. */
  readonly via: string | null;
}

export interface HeldLock {
  /** As C writes it: `group->mutex`. */
  readonly name: string;
  /** `mutex`, `spinlock`, `rcu`, ...; `unknown` where only an annotation or a name tells of it. */
  readonly class: string;
  readonly mode: 'exclusive' | 'shared';
  /** `held`: this function took it; `caller`: its caller holds it; `unknown`: something that is not visible may have changed it. */
  readonly state: 'held' | 'caller' | 'unknown';
  /** Whether it is so on all paths that come here, or on some of them. */
  readonly paths: 'all' | 'some';
  /** Empty for a lock of the caller's. */
  readonly places: readonly LockPlace[];
}

/** The statement that begins on a line of the opened document, and the locks before it runs. */
export interface LockLine {
  readonly line: number;
  /** Its last line. */
  readonly endLine: number;
  readonly locks: readonly HeldLock[];
  /** Some path came through code that is not visible: locks may be held of which nothing is known here. */
  readonly hidden: boolean;
  /** Names of the locks that the statement takes and gives back, itself or by a function that it calls. */
  readonly takes: readonly string[];
  readonly releases: readonly string[];
}

export interface FunctionLocks {
  /** Null where a hunk does not show whose code it is. */
  readonly function: string | null;
  readonly file: string;
  /** `before`: the lines that a patch removes; `after`: those that it adds and leaves; `present`: a C file that is no patch. */
  readonly side: 'before' | 'after' | 'present';
  /** First and last line of the opened document that show code of the function. */
  readonly line: number;
  readonly endLine: number;
  /** In the order of the document; one a line. */
  readonly lines: readonly LockLine[];
  /** Locks that the function's caller must hold. */
  readonly required: readonly string[];
  /** Why not everything here is known, in words; empty where all paths were followed. */
  readonly unknown: readonly string[];
}

/** Lines of the opened document, from 1, the last one included. */
export interface LineSpan {
  readonly first: number;
  readonly last: number;
}

/** The functions that some lines of a mail or a C file show, in the order of the document. */
export interface LockReport {
  readonly functions: readonly FunctionLocks[];
}
