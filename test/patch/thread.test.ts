import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { findParents, groupThreads, parentsFirst, type Linkable } from '../../server/src/core/patch/threads/thread.ts';

const one = (messageId: string | null, subject: string, over: Partial<Linkable> = {}): Linkable => ({
  messageId,
  inReplyTo: null,
  references: [],
  subject,
  dateEpoch: null,
  ...over,
});

describe('what a mail answers', () => {
  test('In-Reply-To, then the last reference that is at hand', () => {
    const mails = [
      one('a', 'x'),
      one('b', 'Re: x', { inReplyTo: 'a' }),
      one('c', 'Re: x', { inReplyTo: 'gone', references: ['a', 'b', 'gone'] }),
    ];
    expect(findParents(mails)).toEqual([null, 0, 1]);
  });

  test('by subject where no header helps: same title, version and part', () => {
    const mails = [
      one('p1', '[PATCH v2 1/2] crate: open', { dateEpoch: 100 }),
      one('p2', '[PATCH v2 2/2] crate: close', { dateEpoch: 100 }),
      one('q', '[PATCH v3 1/2] crate: open', { dateEpoch: 200 }),
      one('r', 'RE: [PATCH v2 1/2] crate:  open', { dateEpoch: 300 }),
      one('s', 'Re: [PATCH v2 1/2] crate: open', { dateEpoch: 50 }),
    ];
    expect(findParents(mails)).toEqual([null, null, null, 0, null]);
  });

  test('of mails that share a Message-ID, the one whose subject fits, then the newest before', () => {
    const mails = [
      one('same', '[PATCH v5 1/3] crate', { dateEpoch: 100 }),
      one('same', '[PATCH v6 1/3] crate', { dateEpoch: 200 }),
      one('same', '[PATCH v7 1/3] crate', { dateEpoch: 300 }),
      one('r', 'Re: [PATCH v6 1/3] crate', { inReplyTo: 'same', dateEpoch: 400 }),
      one('t', 'Re: crate', { inReplyTo: 'same', dateEpoch: 250 }),
    ];
    expect(findParents(mails).slice(3)).toEqual([1, 1]);
  });

  test('a mail never answers itself, and answers form no circle', () => {
    const mails = [one('a', 'x', { inReplyTo: 'a' }), one('b', 'x', { inReplyTo: 'c' }), one('c', 'x', { inReplyTo: 'b' })];
    const parents = findParents(mails);
    expect(parents[0]).toBeNull();
    expect([parents[1], parents[2]].filter((parent) => parent === null)).toHaveLength(1);
  });
});

test('threads and their order', () => {
  expect(groupThreads([null, 0, null, 1, 2])).toEqual([
    [0, 1, 3],
    [2, 4],
  ]);
  expect(parentsFirst([2, null, 1])).toEqual([1, 2, 0]);
});

test('whatever the headers say, each mail is in one thread and stands behind its parent', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const mail = fc.record({
    messageId: fc.option(id),
    inReplyTo: fc.option(id),
    references: fc.array(id, { maxLength: 3 }),
    subject: fc.constantFrom('x', 'Re: x', '[PATCH 1/2] y', 'Re: [PATCH 1/2] y'),
    dateEpoch: fc.option(fc.integer({ min: 0, max: 50 })),
  });
  fc.assert(
    fc.property(fc.array(mail, { maxLength: 12 }), (mails) => {
      const parents = findParents(mails);
      expect(
        groupThreads(parents)
          .flat()
          .sort((a, b) => a - b),
      ).toEqual(mails.map((_, index) => index));
      const order = parentsFirst(parents);
      parents.forEach((parent, index) => {
        if (parent !== null) expect(order.indexOf(parent)).toBeLessThan(order.indexOf(index));
      });
    }),
  );
});
