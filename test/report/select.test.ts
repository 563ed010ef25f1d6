import { describe, expect, test } from 'vitest';
import { failsOn, selectFindings } from '../../server/src/core/report/select.ts';
import type { Severity, Status } from '../../server/src/protocol/finding.ts';
import { makeFinding, makeReport } from './reports.ts';

const severities: Severity[] = ['error', 'warning', 'info', 'hint'];
const statuses: Status[] = ['introduced', 'touched', 'pre-existing', 'fixed', 'present'];
const report = makeReport({ findings: statuses.flatMap((status) => severities.map((severity) => makeFinding({ status, severity }))) });
const short = (findings: ReturnType<typeof selectFindings>): string[] => findings.map((finding) => `${finding.status} ${finding.severity}`);

describe('which findings count', () => {
  test('by default what the patch introduces, and everything in a plain C file', () => {
    expect(short(selectFindings(report, { statuses: null, severity: 'warning' }))).toEqual([
      'introduced error',
      'introduced warning',
      'present error',
      'present warning',
    ]);
  });

  test('chosen statuses and severities', () => {
    expect(short(selectFindings(report, { statuses: ['fixed'], severity: 'info' }))).toEqual([
      'fixed error',
      'fixed warning',
      'fixed info',
    ]);
  });

  test.each<[Severity, Severity | 'never', boolean]>([
    ['error', 'error', true],
    ['warning', 'error', false],
    ['warning', 'warning', true],
    ['info', 'warning', false],
    ['info', 'info', true],
    ['hint', 'info', false],
    ['error', 'never', false],
  ])('a new %s with --fail-on %s: %s', (severity, failOn, expected) => {
    expect(failsOn(makeReport({ findings: [makeFinding({ severity })] }), null, failOn)).toBe(expected);
  });

  test('old findings and suppressed ones do not fail a review', () => {
    const old = makeFinding({ severity: 'error', status: 'pre-existing' });
    const known = makeFinding({ severity: 'error', suppressed: { by: 'baseline', reason: 'known', expires: null } });
    expect(failsOn(makeReport({ findings: [old, known] }), null, 'error')).toBe(false);
    expect(failsOn(makeReport({ findings: [old, known] }), ['pre-existing'], 'error')).toBe(true);
  });
});
