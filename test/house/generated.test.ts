import { expect, it } from 'vitest';
import { generate } from '../../scripts/gen.mjs';

it('keeps the generated files current', async () => {
  expect(await generate({ check: true })).toEqual([]);
}, 60000);
