import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { threadComments } from '../../server/src/core/patch/threads/comments.ts';
import type { Message } from '../../server/src/core/patch/types.ts';
import { PATCH, mail, quote } from './mails.ts';

const patch = mail({ id: 'p@x', subject: '[PATCH] crate: give the lock back', text: PATCH });
const reply = (id: string, inReplyTo: string, text: string, from = 'Dan Cee <dan@example.org>'): Message =>
  mail({
    id,
    inReplyTo,
    references: ['p@x', inReplyTo],
    subject: 'Re: [PATCH] crate: give the lock back',
    from,
    text,
    date: 'Tue, 2 Mar 2021 10:00:00 +0000',
  });
const comments = (...messages: Message[]) =>
  threadComments(
    messages,
    messages.map((_, index) => `input ${String(index + 1)}`),
  );
const ON = 'On Mon, Mar 1, 2021 at 10:00:00AM +0000, Ann Bee wrote:\n';

describe('remarks of a thread', () => {
  test('on added, removed, context and message lines of the patch itself, though the quote is trimmed', () => {
    const text = `Hi Ann,

${ON}> The crate keeps its lock too long.

How long?

> -	ret = crate->ops->open(crate);

Keep this.

> +	crate->users++;
> 	mutex_unlock(&crate->lock);

Who counts it down?
    ^^^^

Thanks,
Dan
`.replace('> 	mutex_unlock', '>  	mutex_unlock');
    const found = comments(patch, reply('r@x', 'p@x', text));
    expect(found.map((one) => [one.id, one.anchor?.side, one.anchor?.file, one.anchor?.line, one.text])).toEqual([
      ['r@x#1', 'message', null, 1, 'How long?'],
      ['r@x#2', '-', 'drivers/crate/core.c', 13, 'Keep this.'],
      ['r@x#3', ' ', 'drivers/crate/core.c', 15, 'Who counts it down?\n    ^^^^'],
    ]);
    expect(found[0]).toMatchObject({
      author: 'Dan Cee',
      date: '2021-03-02T10:00:00Z',
      inReplyTo: null,
      anchor: { patch: 'p@x' },
      mail: { path: 'r@x.eml', line: 25, column: 1, endLine: 25, endColumn: 10 },
    });
  });

  test('an answer to a remark has its place and names it, through nested quotes', () => {
    const first = reply('r@x', 'p@x', `${ON}> +	crate->users++;\n\nWho counts it down?\n`);
    const second = reply(
      's@x',
      'r@x',
      `On 2021/3/2 10:00, Dan Cee wrote:\n${quote(first.body.map((line) => line.text).join('\n'))}\n\nThe close does.\n`,
      'Ann Bee <ann@example.org>',
    );
    const third = reply(
      't@x',
      's@x',
      `On 2021/3/2 11:00, Ann Bee wrote:\n> On 2021/3/2 10:00, Dan Cee wrote:\n>> Who counts it down?\n> The close does.\n\nFine.\n`,
    );
    const found = comments(third, second, first, patch);
    expect(found.map((one) => [one.id, one.inReplyTo, one.anchor?.line])).toEqual([
      ['t@x#1', 's@x#1', 14],
      ['s@x#1', 'r@x#1', 14],
      ['r@x#1', null, 14],
    ]);
  });

  test('without the patch: lines as the reply quotes them, and remarks that only the quotes know', () => {
    const inner = `${ON}${quote(PATCH.slice(0, PATCH.indexOf(' 	mutex_unlock')))}\n\nWho counts it down?\n`;
    const found = comments(
      reply('s@x', 'r@x', `On 2021/3/2 10:00, Dan Cee wrote:\n${quote(inner)}\n\nThe close does.\n`, 'Ann Bee <ann@example.org>'),
    );
    expect(found.map((one) => [one.id, one.author, one.date, one.inReplyTo, one.anchor?.side, one.anchor?.line, one.text])).toEqual([
      ['s@x#q1.1', 'Dan Cee', '2021/3/2 10:00', null, '+', 14, 'Who counts it down?'],
      ['s@x#1', 'Ann Bee', '2021-03-02T10:00:00Z', 's@x#q1.1', '+', 14, 'The close does.'],
    ]);
  });

  test('a diff that a reply proposes is commented on as its mail’s', () => {
    const proposal = reply('r@x', 'p@x', `${ON}> +	crate->users++;\n\nSo:\n\n${PATCH.slice(PATCH.indexOf('diff --git'))}`);
    const found = comments(patch, proposal, reply('s@x', 'r@x', `On 2021/3/2 10:00, Dan Cee wrote:\n> +	if (!crate->users)\n\nYes.\n`));
    expect(found.at(-1)).toMatchObject({ id: 's@x#1', anchor: { patch: 'r@x', side: '+', line: 44 } });
  });

  test('a cover letter is commented on by its lines', () => {
    const cover = mail({ id: 'c@x', subject: '[PATCH 0/1] crate', text: '\nCrates are heavy.\nThey need two people.\n' });
    const found = comments(cover, reply('r@x', 'c@x', `${ON}> They need two people.\n\nThree.\n`));
    expect(found).toMatchObject([{ anchor: { patch: 'c@x', side: 'message', file: null, line: 2 } }]);
  });

  test('review tags alone, and words above all quotes, sit on no line', () => {
    const found = comments(
      patch,
      reply('r@x', 'p@x', `Looks good, one question.\n\n${ON}> +	crate->users++;\n\nReviewed-by: Dan Cee <dan@example.org>\n`),
    );
    expect(found.map((one) => [one.text, one.anchor])).toEqual([
      ['Looks good, one question.', null],
      ['Reviewed-by: Dan Cee <dan@example.org>', null],
    ]);
  });

  test('versions that share a Message-ID: the remark is on the version that was answered', () => {
    const again = mail({
      id: 'p@x',
      subject: '[PATCH v2] crate: give the lock back',
      date: 'Tue, 9 Mar 2021 10:00:00 +0000',
      text: PATCH.replace('@@ -10,7 +10,8', '@@ -110,7 +110,8'),
    });
    const answer = mail({
      id: 'r@x',
      inReplyTo: 'p@x',
      subject: 'Re: [PATCH v2] crate: give the lock back',
      from: 'Dan Cee <d@example.org>',
      date: 'Wed, 10 Mar 2021 10:00:00 +0000',
      text: `${ON}> +	crate->users++;\n\nWhy?\n`,
    });
    expect(comments(patch, again, answer)).toMatchObject([{ anchor: { patch: 'input 2', line: 114 } }]);
  });

  test('a section that is quoted once more, out of order, is found again', () => {
    const text = `${ON}> +	crate->users++;\n\nNo.\n\n> Give it back before the callback, and say so.\n\nSee above.\n`;
    expect(comments(patch, reply('r@x', 'p@x', text)).map((one) => [one.anchor?.side, one.anchor?.line])).toEqual([
      ['+', 14],
      ['message', 3],
    ]);
  });
});

test('remarks find their lines through any trimming of the quote', () => {
  const lines = PATCH.split('\n').slice(0, -3);
  // Lines that say where they are: with text, and not standing twice.
  const telling = lines
    .map((line, index) => ({ line, index }))
    .filter(
      ({ line, index }) =>
        index > 12 &&
        line.trim().length > 8 &&
        lines.filter((other) => other.trim() === line.trim()).length === 1 &&
        !line.startsWith('@@'),
    );
  const whole = comments(patch, reply('w@x', 'p@x', ON + telling.map(({ line }) => `> ${line}\n\nhm ${line.trim()}\n`).join('\n')));
  expect(whole.length).toBe(telling.length);
  fc.assert(
    fc.property(
      fc.subarray(telling, { minLength: 1 }),
      fc.constantFrom('> ', '>', '>  '),
      fc.constantFrom('\n', '\n[...]\n', '\n\n'),
      (kept, mark, gap) => {
        const text = ON + kept.map(({ line }) => `${mark}${line}\n\nhm ${line.trim()}\n`).join(gap);
        const found = comments(patch, reply('r@x', 'p@x', text));
        expect(found.map((one) => one.anchor)).toEqual(
          kept.map(({ line }) => whole.find((one) => one.text === `hm ${line.trim()}`)?.anchor),
        );
      },
    ),
    { numRuns: 150 },
  );
});
