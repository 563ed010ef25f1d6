// Functions of C text in the kernel's style, found by its columns alone: a definition's braces stand in column 0. Needs no parser, so
// that an outline is there at once and in half a hunk too; what is written in another style is left out.

/** Lines count from 0, in the list that was given. `end` is the line of the closing brace, or the last line where it is not shown. */
export interface FunctionLines {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Line of the name. */
  readonly nameLine: number;
}

/** How many lines a heading may take. */
const HEADING = 24;
/** Longer lines are no heading. */
const WIDTH = 400;

/** All functions whose opening brace is among the lines, in order. */
export function functionsIn(lines: readonly string[]): FunctionLines[] {
  const found: FunctionLines[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (lines[at]?.trimEnd() !== '{') continue;
    const start = headingStart(lines, at);
    const named = nameIn(lines, start, at);
    if (!named) continue;
    let end = at + 1;
    while (end < lines.length && !lines[end]?.startsWith('}')) end++;
    end = Math.min(end, lines.length - 1);
    found.push({ ...named, start, end });
    at = end;
  }
  return found;
}

/** The function's name in git's text behind the second `@@`, or null. */
export function headingName(heading: string): string | null {
  return nameBefore(heading.slice(0, WIDTH));
}

/** The first line of the declaration that ends before the brace. */
function headingStart(lines: readonly string[], brace: number): number {
  let start = brace;
  while (start > 0 && brace - start < HEADING) {
    const line = lines[start - 1] ?? '';
    if (line.length > WIDTH || line.trim() === '' || /^[#}/]/.test(line) || /(?:[;{}]|\*\/)\s?$/.test(line.slice(-3))) break;
    start--;
  }
  return start;
}

function nameIn(lines: readonly string[], start: number, brace: number): { name: string; nameLine: number } | null {
  for (let line = start; line < brace; line++) {
    const name = nameBefore(lines[line] ?? '');
    if (name !== null) return { name, nameLine: line };
  }
  return null;
}

/** The identifier before the first `(` of a line that does not begin an annotation. */
function nameBefore(line: string): string | null {
  const open = line.indexOf('(');
  if (open <= 0) return null;
  const name = /([A-Za-z_]\w{0,200})$/.exec(line.slice(Math.max(0, open - 201), open))?.[1];
  if (name === undefined || /^(?:if|for|while|switch|return|sizeof|__attribute__|struct|enum|union)$/.test(name)) return null;
  return name;
}
