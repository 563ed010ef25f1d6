// One C file over its edits: what an edit of one function leaves as it was is not worked out again.
//
// The text that is analysed has blanks behind each function, on the empty line there. An edit inside a function takes from them or adds
// to them, so that every other function keeps its offsets, and with them its graph and its walks. Lines and columns are those of the
// real text everywhere but behind the blanks of an empty line, where nothing stands.

import type { Outside } from '../base/outside.ts';
import { LineIndex } from '../base/text.ts';
import type { FlowMemory } from '../flow/flow-file.ts';
import { functionExtents } from '../syntax/extents.ts';
import { parseC } from '../syntax/parse.ts';
import type { CFile } from '../syntax/types.ts';
import { updateWithin } from '../syntax/update.ts';
import { ReviewedFile } from './side.ts';

/** Blanks behind a function at the beginning. */
const SLACK = 1024;

/** Texts that would become longer, in UTF-16 units, get no blanks: the parser takes no more than a megabyte. */
const LARGEST = 600_000;

/** More summaries than this were left behind by edits. */
const MOST_SUMMARIES = 20_000;

/** Blanks on one empty line. */
interface Slack {
  /** Offset in the real text of the empty line that they stand on. */
  at: number;
  count: number;
}

export interface EditedFile {
  readonly file: ReviewedFile;
  readonly memory: FlowMemory;
}

/** What a review keeps of a text for the next version of it. Equal results with and without: only the time differs. */
export class EditedSource {
  private real = '';
  private slacks: Slack[] = [];
  private c: CFile | null = null;
  private memory: FlowMemory = newMemory();
  /** What else the kept results rest on. */
  private ground: readonly unknown[] = [];

  constructor(private readonly path: string) {}

  /** A version of the text. `ground` names by identity or value all that results rest on beside the text. */
  open(text: string, outside: Outside, ground: readonly unknown[]): EditedFile {
    const macros = outside.macroWords(this.path);
    const all = [macros, ...ground];
    const isSame = all.length === this.ground.length && all.every((one, at) => one === this.ground[at]);
    if (!isSame || !this.update(text, outside)) this.start(text, outside);
    this.ground = all;
    const c = this.c ?? parseC(text, this.path, outside, { macros });
    const file = new ReviewedFile(this.path, 'file', c, new LineIndex(c.text), (line) => ({ line, changed: false, hunkLine: null }), null);
    return { file, memory: this.memory };
  }

  private start(text: string, outside: Outside): void {
    this.real = text;
    const slacks = slacksIn(text);
    this.slacks = text.length + slacks.length * SLACK > LARGEST ? [] : slacks;
    this.memory = newMemory();
    const options = { macros: outside.macroWords(this.path) };
    this.c = parseC(this.padded(text), this.path, outside, options);
    // How the parser gets over an error depends on how much text it skips: blanks would count.
    if (this.slacks.length === 0 || !this.c.tree.hasError(0)) return;
    this.slacks = [];
    this.c = parseC(text, this.path, outside, options);
  }

  /** Takes over an edit inside one function; false where there is more to it. */
  private update(text: string, outside: Outside): boolean {
    const before = this.c;
    if (before === null || this.memory.summaries.size > MOST_SUMMARIES) return false;
    if (text === this.real) return true;
    const { start, oldEnd, newEnd } = editBetween(this.real, text);
    const grown = newEnd - oldEnd;
    const index = this.slacks.findIndex((slack) => slack.at > oldEnd);
    const slack = this.slacks[index];
    if (slack === undefined || slack.count - grown < 1 || slack.count - grown > 4 * SLACK) return false;
    const shift = this.slacks.slice(0, index).reduce((sum, one) => sum + one.count, 0);
    if ((this.slacks[index - 1]?.at ?? -1) >= start) return false;
    const kept = this.slacks.map((one) => ({ ...one }));
    const absorbedAt = slack.at + shift;
    slack.count -= grown;
    for (const one of this.slacks.slice(index)) one.at += grown;
    const edit = { start: start + shift, oldEnd: oldEnd + shift, newEnd: newEnd + shift, absorbedAt };
    const updated = updateWithin(before, this.padded(text), edit, outside, { macros: outside.macroWords(this.path) });
    if (!updated) {
      this.slacks = kept;
      return false;
    }
    const graphs = new Map(this.memory.graphs);
    for (const old of before.functions) graphs.delete(old);
    for (const [at, fn] of updated.file.functions.entries()) {
      const old = before.functions[at];
      const graph = at === updated.edited || !old ? undefined : this.memory.graphs.get(old);
      if (graph) graphs.set(fn, graph);
    }
    this.memory = { ...this.memory, graphs };
    this.real = text;
    this.c = updated.file;
    return true;
  }

  private padded(text: string): string {
    let out = '';
    let from = 0;
    for (const { at, count } of this.slacks) {
      out += text.slice(from, at) + ' '.repeat(count);
      from = at;
    }
    return out + text.slice(from);
  }
}

function newMemory(): FlowMemory {
  return { graphs: new Map(), walks: new WeakMap(), summaries: new Map() };
}

/** Empty lines behind functions: at once, or behind lines that export the function; the end of the text is one. */
function slacksIn(text: string): Slack[] {
  return functionExtents(text).flatMap(({ end }, index, all) => {
    const limit = all[index + 1]?.start ?? text.length;
    let line = text.indexOf('\n', end) + 1;
    while (line > 0 && line < limit && /^[A-Z_]+\([\w, ]+\);$/.test(text.slice(line, endOfLine(text, line))))
      line = endOfLine(text, line) + 1;
    const isEmpty = line < limit ? text[line] === '\n' : line === text.length;
    return line > 0 && isEmpty ? [{ at: line, count: SLACK }] : [];
  });
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** The one stretch in which two texts differ. */
function editBetween(before: string, after: string): { readonly start: number; readonly oldEnd: number; readonly newEnd: number } {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  let behind = 0;
  while (behind < most - start && before.charCodeAt(before.length - 1 - behind) === after.charCodeAt(after.length - 1 - behind)) behind++;
  return { start, oldEnd: before.length - behind, newEnd: after.length - behind };
}

/** The files that an editor has open, the last ones. */
export class EditedSources {
  private readonly sources = new Map<string, EditedSource>();

  constructor(private readonly most = 4) {}

  of(path: string): EditedSource {
    const known = this.sources.get(path) ?? new EditedSource(path);
    this.sources.delete(path);
    this.sources.set(path, known);
    const [oldest] = this.sources.keys();
    if (this.sources.size > this.most && oldest !== undefined) this.sources.delete(oldest);
    return known;
  }
}
