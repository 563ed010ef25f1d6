// Finds the lines of a mail again in a reply that quotes it, whatever the mailers did to them.

export interface AlignLine {
  readonly text: string;
  readonly depth: number;
}

interface Key {
  readonly index: number;
  readonly text: string;
  readonly depth: number;
  /** The first and last characters, all that pieces are compared by: a line of hostile length must not be compared with every other. */
  readonly head: string;
  readonly tail: string;
  /** Equal for equal texts. */
  readonly identity: number;
}

/** Lines shorter than this (without blanks) are only taken whole. */
const SHORTEST_PART = 8;
/** Above this many pairs only equal lines are compared, in order. */
const MOST_PAIRS = 4_000_000;
/** A very short piece is only taken of a line of at least this length, and only beside another line that is taken. */
const LONGEST_WHOLE = 30;
const WEAK = -0.5;
/** So many characters at each end are compared where one line can be a piece of another. */
const COMPARED = 64;
/** Limits of the search for prose that was filled anew: the text searched, the lines looked for, and both together. */
const SEARCHED = 50_000;
const LOOKED_FOR = 300;
const SEARCH_WORK = 4_000_000;
const NEIGHBOUR_BONUS = 6;
const WRONG_DEPTH = 3;

/**
 * For each quoted line the index of the line in `source` that it quotes, or null. Order is kept: a reply quotes from top to bottom. Lines
 * are compared without white space, so that tabs, stuffing and flowing do not matter; a line that a mailer broke gives its pieces the same
 * source line, and prose that was filled anew gives each line the source line where its last word stands. A quoted line is expected one
 * level deeper than in the source; that decides only between equals. Blank lines are aligned to nothing.
 */
export function alignQuote(quoted: readonly AlignLine[], source: readonly AlignLine[]): readonly (number | null)[] {
  const known = new Map<string, number>();
  const rows = keys(quoted, known);
  const columns = keys(source, known);
  const result: (number | null)[] = quoted.map(() => null);
  if (rows.length === 0 || columns.length === 0) return result;
  const pairs = rows.length * columns.length > MOST_PAIRS ? alignInOrder(rows, columns) : alignBest(rows, columns);
  refill(rows, columns, pairs);
  reachEnds(rows, columns, pairs);
  rows.forEach((row, at) => {
    const column = pairs[at];
    if (column !== undefined && column >= 0) result[row.index] = columns[column]?.index ?? null;
  });
  return result;
}

function keys(lines: readonly AlignLine[], known: Map<string, number>): Key[] {
  const found: Key[] = [];
  lines.forEach((line, index) => {
    const text = line.text.replace(/\s+/g, '');
    if (text === '') return;
    const identity = known.get(text) ?? known.size;
    known.set(text, identity);
    found.push({ index, text, depth: line.depth, head: text.slice(0, COMPARED), tail: text.slice(-COMPARED), identity });
  });
  return found;
}

/** Whether the shorter of two lines begins or ends the longer one. */
function isPiece(a: Key, b: Key): boolean {
  const [short, long] = a.text.length < b.text.length ? [a, b] : [b, a];
  return long.head.startsWith(short.head) || long.tail.endsWith(short.tail);
}

/** The gain of taking `row` for a quote of `column`; 0 where it is none, negative where it is a piece of it. */
function gain(row: Key, column: Key): number {
  const penalty = row.depth === column.depth + 1 ? 0 : WRONG_DEPTH;
  if (row.identity === column.identity) return Math.max(1, 4 + Math.min(row.text.length, 60) - penalty);
  const short = Math.min(row.text.length, column.text.length);
  if (short < SHORTEST_PART) {
    if (row.text.length < 2 || row.text.length >= column.text.length || column.text.length < LONGEST_WHOLE) return 0;
    return isPiece(row, column) ? WEAK : 0;
  }
  return isPiece(row, column) ? -Math.max(1, Math.floor(Math.min(short, 60) * 0.6) - penalty) : 0;
}

// What a cell of the table took: nothing of the row, nothing of the column, or the pair; and what stands before a pair.
const SKIP_ROW = 0;
const SKIP_COLUMN = 1;
const PAIR = 2;
const AFTER_BEST = 0 << 2;
const AFTER_PAIR = 1 << 2;
const AFTER_SAME = 2 << 2;

/** The alignment of greatest gain, by dynamic programming; neighbours that stay neighbours count more. */
function alignBest(rows: readonly Key[], columns: readonly Key[]): Int32Array {
  const width = columns.length + 1;
  const moves = new Uint8Array((rows.length + 1) * width);
  let best = new Int32Array(width);
  let paired = new Int32Array(width).fill(-1);
  for (let i = 1; i <= rows.length; i++) {
    const row = rows[i - 1];
    const nextBest = new Int32Array(width);
    const nextPaired = new Int32Array(width).fill(-1);
    for (let j = 1; j < width; j++) {
      const column = columns[j - 1];
      const value = row && column ? gain(row, column) : 0;
      let move = SKIP_ROW;
      let top = best[j] ?? 0;
      if ((nextBest[j - 1] ?? 0) > top) {
        top = nextBest[j - 1] ?? 0;
        move = SKIP_COLUMN;
      }
      let before = AFTER_BEST;
      if (value !== 0) {
        let base = value === WEAK ? -1 : (best[j - 1] ?? 0);
        const neighbour = (paired[j - 1] ?? -1) < 0 ? -1 : (paired[j - 1] ?? 0) + NEIGHBOUR_BONUS;
        if (neighbour >= base) {
          base = neighbour;
          before = AFTER_PAIR;
        }
        if (value < 0 && (paired[j] ?? -1) > base) {
          base = paired[j] ?? 0;
          before = AFTER_SAME;
        }
        if (base >= 0) {
          const total = base + Math.ceil(Math.abs(value));
          nextPaired[j] = total;
          if (total >= top) {
            top = total;
            move = PAIR;
          }
        }
      }
      nextBest[j] = top;
      moves[i * width + j] = move | before;
    }
    best = nextBest;
    paired = nextPaired;
  }
  return traceBack(moves, rows.length, width);
}

function traceBack(moves: Uint8Array, height: number, width: number): Int32Array {
  const pairs = new Int32Array(height).fill(-1);
  let i = height;
  let j = width - 1;
  let forced = false;
  while (i > 0 && j > 0) {
    const cell = moves[i * width + j] ?? 0;
    const move = forced ? PAIR : cell & 3;
    if (move === SKIP_ROW) i--;
    else if (move === SKIP_COLUMN) j--;
    else {
      pairs[i - 1] = j - 1;
      const before = cell & 12;
      forced = before !== AFTER_BEST;
      i--;
      if (before !== AFTER_SAME) j--;
    }
  }
  return pairs;
}

/** For mails of enormous length: each row takes the next equal column, in order. */
function alignInOrder(rows: readonly Key[], columns: readonly Key[]): Int32Array {
  const places = new Map<string, number[]>();
  columns.forEach((column, index) => {
    const known = places.get(column.text);
    if (known) known.push(index);
    else places.set(column.text, [index]);
  });
  const used = new Map<string, number>();
  const pairs = new Int32Array(rows.length).fill(-1);
  let from = 0;
  rows.forEach((row, at) => {
    const all = places.get(row.text);
    if (!all) return;
    let next = used.get(row.text) ?? 0;
    while (next < all.length && (all[next] ?? 0) < from) next++;
    used.set(row.text, next);
    const found = all[next];
    // A short line far away is more likely another one of its kind.
    if (found === undefined || (row.text.length < SHORTEST_PART && found > from + 20)) return;
    pairs[at] = found;
    from = found + 1;
  });
  return pairs;
}

/** A quoted line that holds more than one source line stands for the one where it ends. */
function reachEnds(rows: readonly Key[], columns: readonly Key[], pairs: Int32Array): void {
  rows.forEach((row, at) => {
    let column = pairs[at] ?? -1;
    const first = columns[column];
    if (first === undefined || row.text.length <= first.text.length || !row.text.startsWith(first.text)) return;
    let rest = row.text.slice(first.text.length);
    for (let next = columns[column + 1]; next !== undefined && rest !== ''; next = columns[column + 1]) {
      if (!rest.startsWith(next.text) && !next.text.startsWith(rest)) return;
      rest = rest.slice(next.text.length);
      column++;
    }
    if (rest === '') pairs[at] = column;
  });
}

/** Prose that a mailer filled anew: its lines are looked for in the text between the neighbours that are known, line ends ignored. */
function refill(rows: readonly Key[], columns: readonly Key[], pairs: Int32Array): void {
  for (let start = 0; start < rows.length;) {
    if ((pairs[start] ?? -1) >= 0) {
      start++;
      continue;
    }
    let end = start;
    while (end < rows.length && (pairs[end] ?? -1) < 0) end++;
    const low = start > 0 ? (pairs[start - 1] ?? 0) : 0;
    const high = end < rows.length ? (pairs[end] ?? columns.length - 1) : columns.length - 1;
    refillRun(rows, columns, pairs, start, end, low, high);
    start = end;
  }
}

function refillRun(
  rows: readonly Key[],
  columns: readonly Key[],
  pairs: Int32Array,
  start: number,
  end: number,
  low: number,
  high: number,
): void {
  const between = columns.slice(low, high + 1);
  const text = between.map((column) => column.text).join('');
  if (text.length > SEARCHED) return;
  let work = SEARCH_WORK;
  let from = 0;
  let column = 0;
  let columnEnd = between[0]?.text.length ?? 0;
  for (let at = start; at < end; at++) {
    const row = rows[at];
    work -= text.length - from;
    if (work < 0) return;
    if (!row || row.text.length < SHORTEST_PART + 4 || row.text.length > LOOKED_FOR) continue;
    const found = text.indexOf(row.text, from);
    if (found < 0) continue;
    from = found + row.text.length;
    while (columnEnd < from && column + 1 < between.length) {
      column++;
      columnEnd += between[column]?.text.length ?? 0;
    }
    pairs[at] = low + column;
  }
}
