// Lock rules over plain C files as analysers are tested with them: no kernel tree, no headers, a function for each way to be right or
// wrong. A line with `/* expect: RULE */` has exactly that finding; every other line has none from any rule about locks.

import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { review } from '../review.ts';

const folder = new URL('.', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.c'));
const markForm = /\/\* expect: ([a-z-]+) \*\//gu;

/** `LINE RULE` for each mark, in the order of the lines. */
function marksOf(text: string): string[] {
  return text.split('\n').flatMap((line, index) => [...line.matchAll(markForm)].map((match) => `${String(index + 1)} ${match[1] ?? ''}`));
}

function foundIn(name: string, text: string): string[] {
  return review([{ language: 'c', text, marks: [], path: name }], 'auto')
    .filter(({ finding }) => finding.category === 'locking')
    .map(({ finding, line }) => `${String(line)} ${finding.rule}`)
    .sort((a, b) => parseInt(a, 10) - parseInt(b, 10));
}

describe.each(files)('%s', (name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');

  it('has the marked findings and no other', () => {
    expect(foundIn(name, text)).toEqual(marksOf(text));
  });

  it('has none when what is marked is cut out', () => {
    // The functions with marks, from their heading at column 0 to their closing brace, go; what is left is right.
    const functions = text.split(/(?<=^\}[^\n]*\n)/mu);
    const right = functions.filter((one) => !one.includes('expect:'));
    expect(right.length).toBeLessThan(functions.length);
    expect(foundIn(name, right.join(''))).toEqual([]);
  });
});

it('has more right functions than wrong ones', () => {
  const texts = files.map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const functions = texts.flatMap((text) => text.split(/(?<=^\}[^\n]*\n)/mu)).filter((one) => /\n\}[^\n]*\n$/u.test(one));
  const wrong = functions.filter((one) => one.includes('expect:'));
  expect(wrong.length).toBeGreaterThanOrEqual(80);
  expect(functions.length - wrong.length).toBeGreaterThanOrEqual(120);
});
