import { expect, test } from 'vitest';
import { ALLOWANCE, measureProbe } from './measure.ts';

test('10,000 damaged mails leave less than 50 MB behind', async () => {
  const { said } = await measureProbe('mutants', '2000', '10000');
  expect(said['mutants']).toBe(12000);
  expect(Number(said['growthMb'])).toBeLessThan(50 * ALLOWANCE);
});
