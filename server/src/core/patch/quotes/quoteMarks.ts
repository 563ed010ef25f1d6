// Reads the marks (`> > text`, `>>text`, `| text`) that a mailer puts before a quoted line.

/** How deep a line is quoted, and the UTF-16 offset in the line where its text begins. */
export interface Marks {
  readonly depth: number;
  readonly start: number;
}

/** Deeper quoting than any thread has; the marks behind it count as text. */
const DEEPEST = 64;
const UNMARKED: Marks = { depth: 0, start: 0 };

/**
 * Reads the `>` marks of one line: with or without blanks between them, one blank behind the last one belongs to the marks,
 * and one blank may stand before the first. A line without marks has depth 0.
 */
function readMarks(text: string): Marks {
  let at = text.startsWith(' >') ? 1 : 0;
  let depth = 0;
  let start = 0;
  while (depth < DEEPEST && text[at] === '>') {
    depth++;
    at++;
    start = at;
    if (text[at] === ' ' && text[at + 1] === '>') at++;
  }
  if (depth === 0) return UNMARKED;
  return { depth, start: text[start] === ' ' ? start + 1 : start };
}

/**
 * The marks of every line of a body. Beyond single lines it knows that `>From ` is what mail folders make of a line that begins
 * with "From " (RFC 4155), and that some mailers quote with `| `: two such lines in a row, where no line is quoted with `>`.
 */
export function markLines(texts: readonly string[]): readonly Marks[] {
  const marks = texts.map(readMarks);
  for (let index = 0; index < marks.length; index++) {
    const own = marks[index];
    const text = texts[index] ?? '';
    if (own === undefined || own.depth === 0 || text[own.start - 1] !== '>' || !text.startsWith('From ', own.start)) continue;
    const around = Math.max(marks[index - 1]?.depth ?? 0, marks[index + 1]?.depth ?? 0);
    if (around < own.depth) marks[index] = { depth: own.depth - 1, start: own.start - 1 };
  }
  // `domain->mm` broken behind its minus looks one level deeper than it is.
  for (let index = 1; index < marks.length; index++) {
    const [above, own] = [marks[index - 1], marks[index]];
    if (!above || !own || own.depth !== above.depth + 1 || !(texts[index - 1] ?? '').endsWith('-')) continue;
    const text = texts[index] ?? '';
    if (text[own.start - 1] === '>' && /^[A-Za-z_]/.test(text.slice(own.start, own.start + 1))) {
      marks[index] = { depth: above.depth, start: own.start - 1 };
    }
  }
  if (marks.every((mark) => mark.depth === 0)) markBars(texts, marks);
  return marks;
}

function markBars(texts: readonly string[], marks: Marks[]): void {
  const barred = texts.map((text) => /^\|(?: |$)/.test(text) && !text.trimEnd().endsWith(' |'));
  for (let index = 0; index < texts.length; index++) {
    if (!barred[index] || !(barred[index - 1] || barred[index + 1])) continue;
    marks[index] = { depth: 1, start: texts[index]?.[1] === ' ' ? 2 : 1 };
  }
}
