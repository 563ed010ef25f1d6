import { expect, test } from 'vitest';
import { CrashCounter } from '../../client/src/crashCounter.ts';

const minute = 60_000;

test('the fifth crash within three minutes is one too many', () => {
  const counter = new CrashCounter();
  expect([0, 1, 2, 3, 4].map((second) => counter.crashed(second * 1000))).toEqual([true, true, true, true, false]);
});

test('crashes far apart are started again for ever', () => {
  const counter = new CrashCounter();
  expect(Array.from({ length: 20 }, (_, n) => counter.crashed(n * minute))).toEqual(Array.from({ length: 20 }, () => true));
});

test('the user who starts it again starts the count again', () => {
  const counter = new CrashCounter();
  for (let n = 0; n < 5; n++) counter.crashed(n);
  counter.reset();
  expect(counter.crashed(10)).toBe(true);
});
