import { expect, test } from 'vitest';
import { readGitDate } from '../../server/src/core/patch/mail/gitDate.ts';

// Each expected value was checked with `git var GIT_AUTHOR_IDENT` (2.39, TZ=UTC).
test.each([
  ['Tue, 3 Mar 2020 10:20:30 +0200', 1583223630, '+0200'],
  ['Fri, 29 May 2020 02:43:02 GMT', 1590720182, '+0000'],
  ['29 May 2020 02:43 -0330', 1590732780, '-0330'],
  ['Mon Nov 15 2021 - 21:01:27 EST', 1637028087, '-0500'],
  ['2020-03-03T10:20:30+02:00', 1583223630, '+0200'],
  ['2020-03-03 10:20:30', 1583230830, '+0000'],
  ['1583223630 +0200', 1583223630, '+0200'],
  ['@1583223630 -0700', 1583223630, '-0700'],
  ['Sat, 29 Feb 2020 23:59:60 +0000', 1583020800, '+0000'],
  ['3 March 2020 10:20:30 PM PDT', 1583299230, '-0700'],
  ['20200303T102030Z', 1583230830, '+0000'],
])('%s', (text, epoch, zone) => {
  expect(readGitDate(text)).toEqual({ epoch, zone });
});

test.each(['', 'no date', '2020-03-03', '10:20:30', 'Tue, 3 Mar 1960 10:20:30 +0000'])('%s is no date', (text) => {
  expect(readGitDate(text)).toBeNull();
});
