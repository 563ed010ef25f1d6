// Random files with random changes, and the diff between them, well formed by construction.

import fc from 'fast-check';

export interface ChangedFile {
  readonly before: string;
  readonly after: string;
  readonly diff: string;
}

interface Step {
  readonly keep: number;
  readonly remove: number;
  readonly add: number;
}

const CONTEXT = 3;

/** Every line has its own text, so that a change has one place only. */
export const changedFile: fc.Arbitrary<ChangedFile> = fc
  .tuple(
    fc.array(
      fc.record<Step>({
        keep: fc.integer({ min: 1, max: 12 }),
        remove: fc.integer({ min: 0, max: 3 }),
        add: fc.integer({ min: 0, max: 3 }),
      }),
      {
        minLength: 1,
        maxLength: 6,
      },
    ),
    fc.integer({ min: 0, max: 8 }),
    fc.constantFrom('', '\t', ' ', '𝒳', 'ä\r'),
  )
  .filter(([steps]) => steps.some((step) => step.remove + step.add > 0))
  .map(([steps, rest, end]) => {
    const lines: { sign: ' ' | '-' | '+'; text: string }[] = [];
    let next = 0;
    const add = (sign: ' ' | '-' | '+', count: number): void => {
      for (let at = 0; at < count; at++) lines.push({ sign, text: `\tcall_${next++}(&x);${end}` });
    };
    for (const step of steps) {
      add(' ', step.keep);
      add('-', step.remove);
      add('+', step.add);
    }
    add(' ', rest);
    return { before: sideOf(lines, '+'), after: sideOf(lines, '-'), diff: diffOf(lines) };
  });

type Line = Readonly<{ sign: ' ' | '-' | '+'; text: string }>;

/** Byte strings, as the reader wants them. */
function bytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

function sideOf(lines: readonly Line[], without: '-' | '+'): string {
  return bytes(
    lines
      .filter((line) => line.sign !== without)
      .map((line) => `${line.text}\n`)
      .join(''),
  );
}

/** A unified diff with three lines of context. */
function diffOf(lines: readonly Line[]): string {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some((line) => line.sign !== ' '));
  let [old, fresh] = [1, 1];
  let text = '--- a/f.c\n+++ b/f.c\n';
  for (let at = 0; at < lines.length;) {
    let end = at;
    while (end < lines.length && near[end] === true) end++;
    const hunk = lines.slice(at, end);
    const oldCount = hunk.filter((line) => line.sign !== '+').length;
    const newCount = hunk.filter((line) => line.sign !== '-').length;
    if (hunk.length > 0) {
      const start = (first: number, count: number): number => (count === 0 ? first - 1 : first);
      text += `@@ -${start(old, oldCount)},${oldCount} +${start(fresh, newCount)},${newCount} @@\n${hunk.map((line) => `${line.sign}${line.text}\n`).join('')}`;
    } else end++;
    old += hunk.length > 0 ? oldCount : 1;
    fresh += hunk.length > 0 ? newCount : 1;
    at = end;
  }
  return bytes(text);
}

/** Changes of one file, each on top of the one before it; `states` are its lines before the first and behind each. */
export interface ChangedSeries {
  readonly states: readonly (readonly string[])[];
  readonly diffs: readonly string[];
}

/** Every line has its own text. */
export const changedSeries: fc.Arbitrary<ChangedSeries> = fc
  .array(fc.array(fc.tuple(fc.nat(9), fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
  .map((patches) => {
    let next = 0;
    const fresh = (count: number): string[] => Array.from({ length: count }, () => `call_${String(next++)}(&x);`);
    const states = [fresh(40)];
    const diffs = patches.map((steps) => {
      const before = states.at(-1) ?? [];
      const lines: Line[] = [];
      let at = 0;
      const take = (sign: ' ' | '-', count: number): void => {
        for (const text of before.slice(at, at + count)) lines.push({ sign, text });
        at += count;
      };
      for (const [keep, remove, add] of steps) {
        take(' ', keep);
        take('-', remove);
        for (const text of fresh(add)) lines.push({ sign: '+', text });
      }
      take(' ', before.length);
      states.push(lines.flatMap((line) => (line.sign === '-' ? [] : [line.text])));
      return diffOf(lines);
    });
    return { states, diffs };
  });
