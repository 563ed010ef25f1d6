import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { shippedTexts } from '../../server/src/core/model/shipped.ts';

const schema = JSON.parse(readFileSync(new URL('../../docs/schema/scenario.schema.json', import.meta.url), 'utf8')) as object;
const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);

describe('the schema of scenarios', () => {
  it('accepts every shipped scenario', () => {
    const refused = shippedTexts.filter(([, text]) => !validate(parse(text))).map(([name]) => name);
    expect(refused).toEqual([]);
  });

  it('refuses an unknown key, a missing world, and a step that is no call', () => {
    const good = { id: 'X', title: 'x', world: {}, threads: { T1: ['unplug(A)'] } };
    expect(validate(good)).toBe(true);
    expect(validate({ ...good, wrold: {} })).toBe(false);
    expect(validate({ id: 'X', title: 'x', threads: good.threads })).toBe(false);
    expect(validate({ ...good, threads: { T1: ['unplug A'] } })).toBe(false);
  });
});
