// Every rule against its Markdown file, and against the examples of its own manual page. Form of the files: cases.ts.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readManual } from '../../scripts/manual-page.mjs';
import { rules } from '../../server/src/core/rules/registry.ts';
import { kinds, readCases, type Block, type Case, type Mark } from './cases.ts';
import { applied, review, type Shown } from './review.ts';

const folder = new URL('.', import.meta.url);
const known = new Set(rules.map((rule) => rule.meta.id));

function asMarked(line: number, rule: string, words: string): string {
  return `line ${String(line)}: ${rule}${words === '' ? '' : ` ${words}`}`;
}

function fits(shown: Shown, mark: Mark): boolean {
  const message = shown.finding.message.replace(/\s+/gu, ' ');
  return shown.line === mark.line && shown.finding.rule === mark.rule && message.includes(mark.words);
}

function hasEvidence(shown: Shown, mark: Mark): boolean {
  if (shown.finding.rule !== mark.rule) return false;
  return shown.finding.related.some((place) => (place.mail ?? place.location)?.line === mark.line && place.message.includes(mark.words));
}

/** What is wrong between the marks of a block and what the review says of it, one line each. */
function differences(block: Block, shown: readonly Shown[], rulesInFile: ReadonlySet<string>): string[] {
  const wrong: string[] = [];
  const left = shown.filter((one) => rulesInFile.has(one.finding.rule));
  for (const mark of block.marks) {
    if (mark.form === 'evidence') {
      if (!shown.some((one) => hasEvidence(one, mark))) wrong.push(`${asMarked(mark.line, mark.rule, mark.words)} is no evidence of a finding`);
      continue;
    }
    const index = left.findIndex((one) => fits(one, mark));
    const found = index < 0 ? undefined : left[index];
    if (mark.form === 'expect' || mark.form === 'todo-ok') {
      if (found === undefined) {
        wrong.push(`${asMarked(mark.line, mark.rule, mark.words)} ${mark.form === 'expect' ? 'is not reported' : 'is a known false alarm and gone: drop the mark'}`);
        continue;
      }
      left.splice(index, 1);
      if (mark.severity !== null && mark.severity !== found.finding.severity) {
        wrong.push(`${asMarked(mark.line, mark.rule, mark.words)} is ${found.finding.severity}, not ${mark.severity}`);
      }
    } else if (mark.form === 'todo-expect' && found !== undefined) {
      left.splice(index, 1);
      wrong.push(`${asMarked(mark.line, mark.rule, mark.words)} is a known miss and found now: mark it expect`);
    }
  }
  return [...wrong, ...left.map((one) => `${asMarked(one.line, one.finding.rule, `"${one.finding.message}"`)} is reported without a mark`)];
}

function checkCase(one: Case, rulesInFile: ReadonlySet<string>): void {
  const shown = review(one.blocks, one.era);
  const wrong = one.blocks.flatMap((block, index) => differences(block, shown.filter((found) => found.block === index), rulesInFile));
  expect(wrong).toEqual([]);
  if (one.fixed === null) return;
  const edits = shown.filter((found) => found.block === 0 && rulesInFile.has(found.finding.rule)).flatMap((found) => found.finding.fixes[0]?.edits ?? []);
  expect(applied(one.blocks[0]?.text ?? '', edits)).toBe(one.fixed);
}

function example(page: { readonly language: string; readonly text: string }): Block {
  if (page.language !== 'c' && page.language !== 'diff' && page.language !== 'mail') throw new Error(`an example is c, diff or mail, not "${page.language}"`);
  return { language: page.language, text: page.text, marks: [], path: null };
}

it('has a Markdown file for each rule and a rule for each Markdown file', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.md'));
  expect(files.map((name) => name.slice(0, -3)).sort()).toEqual([...known].sort());
});

describe.each(rules.map((rule) => [rule.meta.id, rule] as const))('%s', (id, rule) => {
  const path = new URL(`${id}.md`, folder);
  if (!existsSync(path)) return;
  const { cases, without } = readCases(readFileSync(path, 'utf8'));
  const marks = cases.flatMap((one) => one.blocks.flatMap((block) => block.marks));
  const rulesInFile = new Set([id, ...marks.map((mark) => mark.rule)]);

  it.each(cases.map((one) => [one.title, one] as const))('%s', (_title, one) => {
    checkCase(one, rulesInFile);
  });

  it('names only rules that exist', () => {
    expect([...rulesInFile].filter((name) => !known.has(name))).toEqual([]);
  });

  it('has a case of each kind, or says why not', () => {
    const covered = new Set(cases.flatMap((one) => one.kinds));
    expect(kinds.filter((kind) => !covered.has(kind) && !without.has(kind))).toEqual([]);
    expect(kinds.filter((kind) => covered.has(kind) && without.has(kind))).toEqual([]);
    const silent = cases.filter((one) => one.kinds.includes('near-miss'));
    expect(silent.filter((one) => one.blocks.some((block) => block.marks.some((mark) => mark.form === 'expect'))).map((one) => one.title)).toEqual([]);
  });

  it('reports the example of its manual once, and says nothing of the other', () => {
    const page = readManual(id, readFileSync(new URL(`../../server/src/core/rules/${id}.ts`, folder), 'utf8'));
    const own = (text: typeof page.triggers): string[] =>
      review([example(text)], 'auto')
        .filter((one) => one.finding.rule === id)
        .map((one) => one.finding.message);
    expect(own(page.triggers)).toHaveLength(1);
    expect(own(page.silent)).toEqual([]);
  });

  it('fills every placeholder of its messages', () => {
    const messages = cases.flatMap((one) => review(one.blocks, one.era)).filter((one) => one.finding.rule === id);
    expect(messages.filter((one) => /\{\w+\}/u.test(one.finding.message)).map((one) => one.finding.message)).toEqual([]);
    expect(Object.keys(rule.messages).length).toBeGreaterThan(0);
  });
});
