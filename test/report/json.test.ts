import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { renderJson } from '../../server/src/core/report/json.ts';
import type { ReviewReport } from '../../server/src/protocol/report.ts';
import { hostile, makeFinding, makeInput, makeReport } from './reports.ts';

const schema = JSON.parse(readFileSync(new URL('../../docs/schema/review.schema.json', import.meta.url), 'utf8')) as object;
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

function problemsOf(report: unknown): string[] {
  validate(report);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
}

describe('the JSON form', () => {
  test('follows its schema', () => {
    expect(problemsOf(JSON.parse(renderJson(makeReport())))).toEqual([]);
  });

  test.each<[string, unknown]>([
    ['a severity that does not exist', makeReport({ findings: [{ ...makeFinding(), severity: 'fatal' as 'error' }] })],
    ['a line 0', makeReport({ findings: [makeFinding({ mail: { path: 'a', line: 0, column: 1, endLine: 1, endColumn: 1 } })] })],
    ['a missing field', { ...makeReport(), comments: undefined }],
    ['a field too many', { ...makeReport(), extra: 1 }],
  ])('the schema refuses %s', (_, report) => {
    expect(problemsOf(JSON.parse(JSON.stringify(report)))).not.toEqual([]);
  });

  test.each(hostile)('%j is escaped and comes back as it was', (evil) => {
    const report: ReviewReport = makeReport({
      inputs: [makeInput({ subject: evil, path: evil })],
      findings: [makeFinding({ text: evil, message: evil })],
    });
    const json = renderJson(report);
    expect(json).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800]|\udb40/);
    expect(JSON.parse(json)).toEqual(report);
  });
});
