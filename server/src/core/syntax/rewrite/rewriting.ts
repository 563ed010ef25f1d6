import type { Masked } from '../types.ts';
import type { Draft } from './draft.ts';
import type { RuleSwitches } from './rules.ts';
import type { Stream } from './stream.ts';

/** What every rule works on: tokens to read, a text to change, and the changes that rules need of several tokens at once. */
export class Rewriting {
  /** Tokens behind which a rule has put a `;` or `,`. */
  private readonly terminated: Uint8Array;

  constructor(
    readonly draft: Draft,
    readonly stream: Stream,
    readonly rules: RuleSwitches,
  ) {
    this.terminated = new Uint8Array(stream.count);
  }

  /** Blanks tokens as an annotation and keeps their text in the side table; both ends included. */
  annotate(first: number, last: number): void {
    const { stream, draft } = this;
    const start = stream.start(first);
    const end = stream.end(last);
    const name = stream.word(first);
    const open = first + 1;
    const argument = last > first && stream.word(open) === '(' ? stream.text.slice(stream.end(open), stream.start(last)) : null;
    draft.annotations.push({ name, argument, span: { start, end } });
    draft.blank(start, end);
    stream.consume(first, last);
  }

  /** Makes one identifier of tokens, both ends included; the first stays in the stream. */
  merge(first: number, last: number): void {
    const { stream, draft } = this;
    draft.mangle(stream.start(first), stream.end(last));
    if (last > first) stream.consume(first + 1, last);
  }

  /** As merge, with a row in the side table. */
  mask(kind: Masked['kind'], name: string, first: number, last: number): void {
    this.draft.mask(kind, name, this.stream.start(first), this.stream.end(last));
  }

  blank(first: number, last: number): void {
    this.draft.blank(this.stream.start(first), this.stream.end(last));
  }

  /** Puts a `;` or `,` on the white space behind a token; false where none stands. */
  terminate(at: number, mark: ';' | ','): boolean {
    if (!this.draft.insert(this.stream.end(at), mark)) return false;
    this.terminated[at] = 1;
    return true;
  }

  isTerminated(at: number): boolean {
    return this.terminated[at] === 1;
  }
}
