import { describe, expect, test } from 'vitest';
import { layOutQuotes } from '../../server/src/core/patch/quotes/quoteLayout.ts';
import { body } from './mails.ts';

const lay = (text: string, author: string | null = null) => layOutQuotes(body(text), author);
const shape = (text: string, author: string | null = null) =>
  lay(text, author).lines.map((line) => `${String(line.depth)}${line.joins ? '+' : ''} ${line.role}: ${line.text}`);

describe('what each line of a reply is', () => {
  test('depths with and without blanks between the marks', () => {
    expect(lay('> a\n>> b\n> > c\n>d\n > e\nf').lines.map((line) => [line.depth, line.text, line.place.column])).toEqual([
      [1, 'a', 3],
      [2, 'b', 4],
      [2, 'c', 5],
      [1, 'd', 2],
      [1, 'e', 4],
      [0, 'f', 1],
    ]);
  });

  test('a line that begins with From, as mail folders write it, is not quoted deeper', () => {
    const line = lay('> a door\n> >From now on it is shut\n> b').lines[1];
    expect([line?.depth, line?.text.endsWith('From now on it is shut')]).toEqual([1, true]);
  });

  test('bars quote where no line has the other mark', () => {
    expect(shape('| one\n| two\nmine')).toEqual(['1 text: one', '1 text: two', '0 text: mine']);
    expect(shape('| a | b |\n| c | d |')).toEqual(['0 text: | a | b |', '0 text: | c | d |']);
  });

  test('who is quoted, from an attribution of one and of two lines', () => {
    const layout = lay(
      'On Tue, 2 Mar 2021 10:00:00 +0000\n"Cee, Dan" <dan@example.org> wrote:\n\n> On 2021/3/1 9:30, Ann Bee wrote:\n>> text\n> answer',
    );
    expect(layout.speakers).toEqual([
      { name: 'Cee, Dan', email: 'dan@example.org', date: 'Tue, 2 Mar 2021 10:00:00 +0000' },
      { name: 'Ann Bee', email: null, date: '2021/3/1 9:30' },
    ]);
    expect(layout.lines.map((line) => line.speaker)).toEqual([null, null, null, null, 1, 0]);
  });

  test('a header block at the depth of the text that it introduces', () => {
    const layout = lay('> From: Dan Cee <dan@example.org>\n> Sent: Tuesday, March 2, 2021 1:10 AM\n>\n> a question\n\nan answer');
    expect(layout.lines[3]).toMatchObject({ depth: 1, speaker: 0, role: 'text' });
    expect(layout.speakers[0]).toMatchObject({ name: 'Dan Cee', date: 'Tuesday, March 2, 2021 1:10 AM' });
  });

  test('below the header block of a top-posted answer everything is quoted', () => {
    expect(
      shape('Fine with me.\n\n-----Original Message-----\nFrom: Dan Cee\nSent: Tuesday\nTo: Ann\n\nIs it fine?\n> a patch').slice(-2),
    ).toEqual(['1 text: Is it fine?', '2 text: a patch']);
  });

  test('in-body headers of a patch are no header block', () => {
    expect(
      shape(
        '> yes\n\nFrom: Dan Cee <d@example.org>\nDate: Tue, 2 Mar 2021 10:00:00 +0000\nSubject: [PATCH] crate: shut it\n\nIt was open.',
      ).at(-1),
    ).toBe('0 text: It was open.');
  });

  test('the tail of a broken quoted line joins it', () => {
    const long = 'x'.repeat(40);
    expect(shape(`>> ${long} ${long.slice(0, 30)}\n> tail of it\n>> next`)[1]).toBe('2+ text: tail of it');
    expect(shape(`> ${long} ${long}\ntail\n> next`)[1]).toBe('1+ text: tail');
    expect(shape('> short\nyes\n> next')[1]).toBe('0 text: yes');
  });

  test('greeting, closing words, signature and footer are nobody’s remark', () => {
    const text =
      'Hi Dan,\n\n> a\n\nNo.\n\nBest regards,\nann\n\n_______________________________________________\ncrate mailing list\ncrate@lists.example.org';
    expect(
      lay(text)
        .lines.filter((line) => line.role === 'text')
        .map((line) => line.text),
    ).toEqual(['a', 'No.']);
    expect(shape('> a\n\nNo.\n\nAnn', 'Ann Bee').at(-1)).toBe('0 signature: Ann');
    expect(shape('> a\n\nNo.\n\nAnn', 'Dan Cee').at(-1)).toBe('0 text: Ann');
    expect(shape('> a\n\nThanks for the rework.')).toContain('0 text: Thanks for the rework.');
  });

  test('marks of a cut', () => {
    for (const cut of ['[...]', '[snip]', '<snip>', '(...)', '[ ... 40 lines ]', '---8<---'])
      expect(shape(`> a\n${cut}\n> b`)[1]).toBe(`0 ellipsis: ${cut}`);
    expect(shape('> a\n\nint x;\n[...]\nint y;').slice(-2)[0]).toBe('0 text: [...]');
  });
});

describe('quotes that lost their marks', () => {
  const text = `On 3/2/21 9:00 AM, Dan Cee wrote:
On Mon, Mar 1, 2021 at 10:05:42AM +0000, Ann Bee wrote:
A crate is opened by one user at a time.

Two functions are provided:

int crate_open(struct crate *crate);

Why not a counter? I think that your lock is enough.

Yes. I will change it.


The CRATE_MODE_SHARDE mode is for readers.

s/SHARDE/SHARED/

Sorry for the typo.


The last user empties it.

Best regards,
ann`;

  test('originals, remarks on them and answers are told apart', () => {
    const layout = lay(text);
    expect(layout.marks).toBe('lost');
    const at = (depth: number) => layout.lines.filter((line) => line.depth === depth && line.role === 'text').map((line) => line.text);
    expect(at(2)).toEqual([
      'A crate is opened by one user at a time.',
      'Two functions are provided:',
      'int crate_open(struct crate *crate);',
      'The CRATE_MODE_SHARDE mode is for readers.',
      'The last user empties it.',
    ]);
    expect(at(1)).toEqual(['Why not a counter? I think that your lock is enough.', 's/SHARDE/SHARED/']);
    expect(at(0)).toEqual(['Yes. I will change it.', 'Sorry for the typo.']);
  });
});

test('depth and size of hostile quotes cost no more than their length', () => {
  const deep = `${'>'.repeat(100_000)} x`;
  expect(lay(deep).lines[0]?.depth).toBe(64);
  const long = Array.from({ length: 20_000 }, (_, index) => (index % 2 === 0 ? `> On ${'1'.repeat(50)} a` : 'b')).join('\n');
  expect(lay(long).lines.length).toBe(20_000);
});
