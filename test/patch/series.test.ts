import { describe, expect, test } from 'vitest';
import { findSeries, seriesInfo, type SeriesMail } from '../../server/src/core/patch/threads/series.ts';
import { planUnits } from '../../server/src/core/patch/threads/units.ts';

const DAY = 24 * 3600;
const post = (messageId: string, subject: string, over: Partial<SeriesMail> = {}): SeriesMail => ({
  messageId,
  inReplyTo: null,
  references: [],
  subject,
  author: 'Ann Bee',
  dateEpoch: 1000,
  kind: /\b0+\/\d/.test(subject) ? 'cover' : subject.startsWith('Re:') ? 'reply' : 'patch',
  ...over,
});
const view = (mails: readonly SeriesMail[]) =>
  findSeries(mails).map((one) => ({ version: one.version, cover: one.cover, parts: one.parts, previous: one.previous }));

describe('series', () => {
  test('a cover letter and its patches, whatever their order', () => {
    const mails = [
      post('p2', '[PATCH 2/2] crate: close', { inReplyTo: 'c' }),
      post('c', '[PATCH 0/2] crate: rework'),
      post('r', 'Re: [PATCH 2/2] crate: close', { inReplyTo: 'p2' }),
      post('p1', '[PATCH 1/2] crate: open', { inReplyTo: 'c' }),
    ];
    expect(view(mails)).toEqual([{ version: 1, cover: 1, parts: [3, 0], previous: null }]);
  });

  test('patches without threading belong together by author, version, number and time', () => {
    const mails = [
      post('a1', '[PATCH 1/2] crate: open'),
      post('b1', '[PATCH 1/2] box: open', { author: 'Dan Cee' }),
      post('a2', '[PATCH 2/2] crate: close', { dateEpoch: 1001 }),
      post('b2', '[PATCH 2/2] box: close', { author: 'Dan Cee' }),
      post('a9', '[PATCH 2/2] shelf: close', { dateEpoch: 1000 + 9 * DAY }),
    ];
    expect(view(mails).map((one) => one.parts)).toEqual([[0, 2], [1, 3], [4]]);
  });

  test('each patch in answer to the one before it', () => {
    const mails = [
      post('c', '[PATCH 0/3] crate'),
      post('1', '[PATCH 1/3] a', { inReplyTo: 'c' }),
      post('2', '[PATCH 2/3] b', { inReplyTo: '1' }),
      post('3', '[PATCH 3/3] d', { inReplyTo: '2' }),
    ];
    expect(view(mails)[0]?.parts).toEqual([1, 2, 3]);
  });

  test('versions are linked: RFC, v1, v2 with other parts, resend, in spite of other titles', () => {
    const at = (days: number) => ({ dateEpoch: 1000 + days * DAY });
    const mails = [
      post('r0', '[RFC PATCH 0/1] crate: give the lock back', at(0)),
      post('r1', '[RFC PATCH 1/1] crate: give the lock back early', { inReplyTo: 'r0', ...at(0) }),
      post('a0', '[PATCH 0/1] crate: give the lock back', at(10)),
      post('a1', '[PATCH 1/1] crate: give the lock back early', { inReplyTo: 'a0', ...at(10) }),
      post('b0', '[PATCH V2 0/2] crate: give locks back', at(20)),
      post('b1', '[PATCH V2 1/2] crate: give the lock back early', { inReplyTo: 'b0', ...at(20) }),
      post('b2', '[PATCH V2 2/2] crate: document it', { inReplyTo: 'b0', ...at(20) }),
      post('s0', '[PATCH RESEND v2 0/2] crate: give locks back', at(30)),
      post('s1', '[PATCH RESEND v2 1/2] crate: give the lock back early', { inReplyTo: 's0', ...at(30) }),
      post('s2', '[PATCH RESEND v2 2/2] crate: document it', { inReplyTo: 's0', ...at(30) }),
      post('o', '[PATCH v3] box: paint it', at(40)),
    ];
    expect(view(mails).map((one) => [one.version, one.previous])).toEqual([
      [1, null],
      [1, 0],
      [2, 1],
      [2, 2],
      [3, null],
    ]);
  });

  test('a version that was sent in answer to the last one follows it, whatever it is called', () => {
    const mails = [post('a', '[PATCH] crate: open'), post('b', '[PATCH v2] shelf: shut everything', { inReplyTo: 'a', dateEpoch: 2000 })];
    expect(view(mails).map((one) => one.previous)).toEqual([null, 0]);
  });

  test('versions that share their Message-IDs stay apart, and have ids of their own', () => {
    const version = (n: number) => [
      post('c', `[PATCH v${String(n)} 0/1] crate`, { dateEpoch: n * 20 * DAY }),
      post('p', `[PATCH v${String(n)} 1/1] crate: open`, { inReplyTo: 'c', dateEpoch: n * 20 * DAY }),
    ];
    const mails = [...version(5), ...version(6), ...version(7)];
    const series = findSeries(mails);
    expect(series.map((one) => [one.cover, one.parts, one.previous])).toEqual([
      [0, [1], null],
      [2, [3], 0],
      [4, [5], 1],
    ]);
    const info = seriesInfo(series, mails, ['1', '2', '3', '4', '5', '6']);
    expect(info.map((one) => [one.id, one.previous])).toEqual([
      ['c', null],
      ['c#v6', 'c'],
      ['c#v7', 'c#v6'],
    ]);
    expect(info[1]?.parts).toEqual(['4']);
  });

  test('the same patch twice is one part', () => {
    const mails = [
      post('c', '[PATCH 0/1] crate'),
      post('p', '[PATCH 1/1] a', { inReplyTo: 'c' }),
      post('p', '[PATCH 1/1] a', { inReplyTo: 'c' }),
    ];
    expect(findSeries(mails)).toMatchObject([{ parts: [1], repeats: [2] }]);
  });
});

describe('units of work', () => {
  test('a series with all answers to it; discussions by thread; every mail once, in input order', () => {
    const mails = [
      post('d', 'a question', { kind: 'other' }),
      post('c', '[PATCH 0/1] crate'),
      post('p', '[PATCH 1/1] crate: open', { inReplyTo: 'c' }),
      post('e', 'Re: a question', { inReplyTo: 'd' }),
      post('r', 'Re: [PATCH 1/1] crate: open', { inReplyTo: 'p' }),
      post('c2', '[PATCH v2 0/1] crate', { inReplyTo: 'r', dateEpoch: 1000 + 9 * DAY }),
      post('p2', '[PATCH v2 1/1] crate: open', { inReplyTo: 'c2', dateEpoch: 1000 + 9 * DAY }),
      post('r2', 'Re: [PATCH v2 1/1] crate: open', { inReplyTo: 'p2', dateEpoch: 1000 + 10 * DAY }),
    ];
    expect(planUnits(mails).units).toEqual([
      { mails: [0, 3], series: null, previous: null },
      { mails: [1, 2, 4], series: 0, previous: null },
      { mails: [5, 6, 7], series: 1, previous: 1 },
    ]);
  });
});
