import fc from 'fast-check';
import { expect, it } from 'vitest';
import { complement, contains, intersect, unite, type Intervals } from '../../server/src/core/flow/intervals.ts';

const sets = fc
  .uniqueArray(fc.integer({ min: -20, max: 20 }), { minLength: 2, maxLength: 8 })
  .map((ends): Intervals => [...ends].sort((a, b) => a - b).slice(0, ends.length - (ends.length % 2)));
const points = fc.integer({ min: -25, max: 25 });

it('joins, meets and complements as sets do', () => {
  fc.assert(
    fc.property(sets, sets, points, (left, right, at) => {
      expect(contains(intersect(left, right), at)).toBe(contains(left, at) && contains(right, at));
      expect(contains(unite(left, right), at)).toBe(contains(left, at) || contains(right, at));
      expect(contains(complement(left), at)).toBe(!contains(left, at));
    }),
  );
});
