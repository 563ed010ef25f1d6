// Patterns over text that strangers send take time in proportion to the text: ten times the text, at most twelve times the time.

import { describe, expect, test } from 'vitest';
import { bytesOf } from '../../server/src/core/patch/bytes.ts';
import { plainLines } from '../../server/src/core/patch/byteLine.ts';
import { parseDiff } from '../../server/src/core/patch/diff/diff.ts';
import { readGitDate } from '../../server/src/core/patch/mail/gitDate.ts';
import { parseMessage } from '../../server/src/core/patch/message.ts';
import { pathFault } from '../../server/src/core/patch/diff/paths.ts';
import { readSubject } from '../../server/src/core/patch/mail/tag.ts';
import { cpuOf } from './measure.ts';
import { outside } from './probes/report.ts';

/** What is pumped up, alone and as a line of its own. */
const PUMPS = [
  ' ',
  '\t',
  '-- ',
  '> ',
  '>',
  '[PATCH',
  '[PATCH] ',
  '[',
  ']',
  '=?',
  '?=',
  ',',
  '<',
  '<a@b> ',
  '"',
  '\\',
  '(',
  ')',
  '@',
  ':',
  '/',
  '../',
  '.',
  '-',
  '+',
  '0',
  '1,',
  'a b/',
  '@@ -1 ',
  'diff --git ',
  'Re: ',
  '..',
  '=20',
  '*',
  '%41',
  ' wrote:',
  'On ',
  '\u00a0',
  '...',
  'http://a.b/c?d=',
  'xn--a.',
];

const DOORS: Readonly<Record<string, (text: string) => unknown>> = {
  'a subject': (text) => parse(`Subject: ${text}x\n\nbody\n`),
  'a sender': (text) => parse(`From: ${text}x\n\nbody\n`),
  'a content type': (text) => parse(`Content-Type: multipart/mixed; boundary=${text}x\n\nbody\n`),
  references: (text) => parse(`References: ${text}x\n\nbody\n`),
  'a line of the body': (text) => parse(`Subject: Re: x\n\n> quoted\n${text}x\n> +\tcode\nfine\n`),
  'many lines of the body': (text) =>
    parse(`Subject: Re: x\n\n> quoted\n${`${text.slice(0, 50)}\n`.repeat(Math.floor(text.length / 50))}x\n`),
  'a quoted line': (text) => parse(`Subject: Re: x\n\n> diff --git a/x b/x\n> ${text}x\nfine\n`),
  'the top of an archive page': (text) => parse(`${text}x\n\nFrom: ${text}x\nDate: ${text}x\n\nbody\n`),
  'a trailer': (text) => parse(`Subject: x\n\nbody\n\nSigned-off-by: ${text}x\n---\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n`),
  'a git header': (text) => parseDiff(plainLines(`diff --git a/${text}x b/y\nold mode 1\nnew mode 2\n`), { repair: true }),
  'a name with a stamp': (text) => parseDiff(plainLines(`--- ${text}x\n+++ ${text}y\n@@ -1 +1 @@\n-a\n+b\n`), { repair: true }),
  'a hunk header': (text) => parseDiff(plainLines(`--- a/x\n+++ b/x\n@@ -${text}x\n-a\n+b\n`), { repair: true }),
  'a line of a hunk': (text) => parseDiff(plainLines(`--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+${text}\n`), { repair: true }),
  'text that is no diff': (text) => parseDiff(plainLines(`${text}x\n${'1d\n'.repeat(3)}`)),
  'a date': (text) => readGitDate(text),
  'a path': (text) => pathFault(text),
  'a tag': (text) => readSubject(text),
};

function parse(text: string): unknown {
  return parseMessage(bytesOf(text), { path: 'x', startLine: 1 }, outside);
}

describe.each(Object.entries(DOORS))('%s', (_door, read) => {
  test.each(PUMPS.map((pump) => [JSON.stringify(pump), pump]))('of %s', (_shown, pump) => {
    const of = (length: number): string => pump.repeat(Math.ceil(length / pump.length));
    const [small, large] = [of(10_000), of(100_000)];
    read(small);
    const short = cpuOf(() => read(small));
    const long = cpuOf(() => read(large));
    // Below a few milliseconds the clock is too coarse for a ratio.
    if (long > 40) expect(long / short).toBeLessThan(12 * 1.5);
    expect(long).toBeLessThan(300);
  });
});
