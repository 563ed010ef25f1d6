import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { modelPage } from '../../scripts/gen-model-docs.mjs';

it('docs/model.md has the eras, invariants, scenarios and results of the model', async () => {
  const page = readFileSync(new URL('../../docs/model.md', import.meta.url), 'utf8');
  expect(page === (await modelPage())).toBe(true);
});
