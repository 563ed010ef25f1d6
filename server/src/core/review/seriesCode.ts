// The code that the patches of a series show together, from the mails alone: behind each of them, and as that one shows it.

import type { CancelToken } from '../base/cancel.ts';
import type { Outside } from '../base/outside.ts';
import { weave, type WovenFile, type WovenLine } from '../patch/diff/weave.ts';
import type { HunkLine } from '../patch/types.ts';
import type { RuleContext, SeriesCode, SeriesState } from '../rules/rule.ts';
import { flowOf } from './collect.ts';
import { isC } from './patchSides.ts';
import { ReviewedFile, type OtherMail, type SideLine } from './side.ts';
import { stretchSide, type Stretch } from './sides.ts';
import type { ReadMail } from './types.ts';

/** The parts of a series in the order in which they apply, as one text; woven and analysed when a rule first asks. */
export class WovenSeries {
  private woven: readonly WovenFile[] | null = null;
  private readonly codes = new Map<string, SeriesCode>();

  constructor(private readonly parts: readonly ReadMail[]) {}

  /** Place of a mail among the parts, from 1; null for one that is no part, or the only one. */
  numberOf(mail: ReadMail): number | null {
    const at = this.parts.indexOf(mail);
    return at < 0 || this.parts.length < 2 ? null : at + 1;
  }

  /** The code as contracts of an era see it; the same object for the same era. `outside` is without a tree. */
  of(era: RuleContext['era'], outside: Outside, cancel: CancelToken): SeriesCode {
    const key = `${era.id} ${String(era.certain)}`;
    const known = this.codes.get(key);
    if (known) return known;
    const states = new Map<number, SeriesState>();
    const code: SeriesCode = {
      count: this.parts.length,
      after: (applied) => {
        const state = states.get(applied) ?? this.state(applied, era, outside, cancel);
        states.set(applied, state);
        return state;
      },
    };
    this.codes.set(key, code);
    return code;
  }

  private state(applied: number, era: RuleContext['era'], outside: Outside, cancel: CancelToken): SeriesState {
    this.woven ??= weave(this.parts.map(({ message }) => message.patch?.files ?? [])).filter((file) => isC(file.path));
    const mails = this.parts.map(({ message }, at): OtherMail | undefined => {
      const part = message.tag.part ?? [at + 1, this.parts.length];
      return at + 1 === applied ? undefined : { path: message.path, positions: message.positions, part: part.join('/') };
    });
    const positions = this.parts[applied - 1]?.message.positions ?? null;
    const files = this.woven.flatMap(({ path, runs }) => {
      const stretches = runs.flatMap(({ heading, lines }): Stretch[] => {
        const there = lines
          .filter((line) => isThere(line, applied))
          .map((line) => ({ text: line.text, ...sideLine(line, applied, mails) }));
        return there.length === 0 ? [] : [{ heading, lines: there }];
      });
      return stretches.length === 0 ? [] : [stretchSide(path, stretches, positions, outside)];
    });
    const unseen = new Set(this.woven.flatMap(({ path, hasUnseenChange }) => (hasUnseenChange ? [path] : [])));
    return {
      files,
      flow: flowOf(files, era, outside, null, cancel),
      partOf: (file, offset) => (file instanceof ReviewedFile ? (file.otherMail(offset)?.part ?? null) : null),
      hasUnseenChange: (path) => unseen.has(path),
    };
  }
}

function isThere({ added, removed }: WovenLine, applied: number): boolean {
  return added <= applied && (removed === null || removed > applied);
}

/** A line as the patch shows it that was applied last; else as the nearest one before it does, else the first after it. */
function sideLine({ added, shown }: WovenLine, applied: number, mails: readonly (OtherMail | undefined)[]): SideLine {
  const by = shown.findLast(({ patch }) => patch <= applied) ?? shown[0];
  if (!by) return { line: null, changed: false, hunkLine: null };
  const mail = mails[by.patch - 1];
  return { line: numberOf(by.line), changed: added === applied, hunkLine: by.line, ...(mail ? { mail } : {}) };
}

/** Number of a line in the file after the patch that shows it, or before it where that one removes it. */
function numberOf(line: HunkLine): number {
  return line.kind === 'removed' ? line.oldLine : line.newLine;
}
