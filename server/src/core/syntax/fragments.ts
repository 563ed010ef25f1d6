import type { Span } from '../base/text.ts';
import { frameFragment, UNSEEN, type Frame, type OpenBrace, type Opener } from './fragment-frame.ts';
import { parseC, type CParser, type ParseOptions } from './parse.ts';
import { joinUnits } from './units.ts';
import type { CFile, Fragment } from './types.ts';

/** A place in a fragment's own text: index of the fragment, UTF-16 offset in its text. */
export interface FragmentPlace {
  readonly fragment: number;
  readonly offset: number;
}

/**
 * Fragments of one file as one C text: their own text at unchanged columns, between made-up lines that frame it. Fragments of one
 * function stand in order in one function body. What cannot be parsed without the rest of the file (the tail of a comment, half a
 * statement) is blanked. In made-up text conditions are names that begin with `__unseen`, and so is the name of a function whose
 * heading is not known.
 */
export interface FragmentFile {
  readonly c: CFile;
  /**
   * Empty statements (`;`) of `c` that stand for code that is not visible: before the first fragment of a function whose
   * opening brace is not seen, between two fragments of it, and behind the last one if the closing brace is not seen; also in
   * every block that a fragment leaves open or did not open, and as the body of a head at its end.
   */
  readonly gaps: readonly Span[];
  /** Where the text at an offset of `c` comes from; null for made-up text (headings, gaps, braces of blocks that are not seen whole). */
  originOf(offset: number): FragmentPlace | null;
}

export { UNSEEN } from './fragment-frame.ts';

interface Part {
  readonly start: number;
  readonly end: number;
  readonly fragment: number;
}

/** Writes fragments and what must stand around them; knows which function is open. */
class FragmentWriter {
  /** Texts that are parsed by themselves: each a run of fragments that belong together. */
  readonly units: string[] = [];
  readonly gaps: Span[] = [];
  readonly parts: Part[] = [];
  private offset = 0;
  private unit = '';
  private open: readonly OpenBrace[] = [];
  private openFunction: string | null = null;
  private unseen = 0;

  add(index: number, frame: Frame, length: number): void {
    if (frame.kind === 'function' && frame.functionName !== null && frame.functionName === this.openFunction) {
      this.leaveBlocks(1);
      this.writeGap();
      this.openBlocks(frame.openers);
    } else {
      this.endUnit();
      this.begin(frame);
    }
    if (this.unit !== '' && !this.unit.endsWith('\n')) this.write('\n');
    this.parts.push({ start: this.at(), end: this.at() + length, fragment: index });
    if (frame.headless >= 0) this.write(this.withCondition(frame));
    else this.write(frame.text);
    if (!this.unit.endsWith('\n')) this.write('\n');
    if (frame.openComment) this.write('*/');
    if (frame.unfinished) this.writeGap();
    this.open = frame.open;
    this.openFunction = frame.openFunction;
  }

  /** Closes what is open, and ends the text that is parsed by itself. */
  endUnit(): void {
    this.leaveBlocks(0);
    if (this.unit !== '' && !this.unit.endsWith('\n')) this.write('\n');
    if (this.unit !== '') this.units.push(this.unit);
    this.offset += this.unit.length;
    this.unit = '';
    this.open = [];
    this.openFunction = null;
  }

  private at(): number {
    return this.offset + this.unit.length;
  }

  private write(text: string): void {
    this.unit += text;
  }

  private writeGap(): void {
    this.gaps.push({ start: this.at(), end: this.at() + 1 });
    this.write(';');
  }

  private condition(): string {
    return `if(${UNSEEN}${String(this.unseen++)})`;
  }

  /** Opens what the first line of a fragment stands in. */
  private begin(frame: Frame): void {
    switch (frame.kind) {
      case 'function':
        this.write(`${frame.heading || `void ${UNSEEN}(void)`}\n{`);
        this.writeGap();
        this.openBlocks(frame.openers);
        break;
      case 'parameters':
        this.write(frame.heading);
        break;
      case 'record':
        this.write(`struct ${UNSEEN} {`);
        this.openBlocks(frame.openers);
        break;
      case 'enumeration':
        this.write(`enum ${UNSEEN} {`);
        break;
      case 'initializer':
        this.write(`struct ${UNSEEN} ${UNSEEN} = {${'{'.repeat(frame.openers.length)}`);
        break;
      case 'top':
        break;
    }
  }

  private openBlocks(openers: readonly Opener[]): void {
    for (const opener of openers) {
      if (opener === 'do') this.write('do{');
      else if (opener === 'members') this.write('struct {');
      else if (opener === 'list') this.write(`struct ${UNSEEN} ${UNSEEN}${String(this.unseen++)}={`);
      else if (opener === 'else') this.write(`${this.condition()};`);
      else this.write(`${this.condition()}{`);
    }
  }

  /** Closes the open braces from the innermost one on; `keep` of the outer ones stay open. A gap stands for the rest of each block. */
  private leaveBlocks(keep: number): void {
    for (let at = this.open.length - 1; at >= keep; at--) {
      const brace = this.open[at];
      if (brace === 'body' || brace === 'block' || brace === 'do') this.writeGap();
      if (brace === 'body') this.write('\n}\n');
      else if (brace === 'do') this.write(`}while(${UNSEEN}${String(this.unseen++)});`);
      else if (brace === 'members' || (brace === 'list' && this.open[at - 1] !== 'list')) this.write('};');
      else this.write('}');
    }
  }

  /** Puts a condition in front of a block whose head is not seen, where the blanked head left room. */
  private withCondition({ text, headless }: Frame): string {
    const condition = this.condition();
    const start = headless - condition.length;
    const room = start >= 0 && text.slice(start, headless).trim() === '' && !text.slice(start, headless).includes('\n');
    return room ? text.slice(0, start) + condition + text.slice(headless) : text;
  }
}

/** Parses the hunks of one side of one file, in order. Never throws; what does not parse is in `c.problems`. */
export function parseFragments(fragments: readonly Fragment[], path: string, parser: CParser, options: ParseOptions = {}): FragmentFile {
  const writer = new FragmentWriter();
  fragments.forEach((fragment, index) => {
    writer.add(index, frameFragment(fragment), fragment.text.length);
  });
  writer.endUnit();
  const { gaps, parts, units } = writer;
  const c = joinUnits(
    units.map((unit) => parseC(unit, path, parser, options)),
    path,
    parser,
  );
  const originOf = (offset: number): FragmentPlace | null => {
    let low = 0;
    let high = parts.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const part = parts[middle];
      if (!part) return null;
      if (offset < part.start) high = middle - 1;
      else if (offset >= part.end) low = middle + 1;
      else return { fragment: part.fragment, offset: offset - part.start };
    }
    return null;
  };
  return { c, gaps, originOf };
}
