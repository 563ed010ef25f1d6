import { describe, expect, it } from 'vitest';
import { eraById } from '../../server/src/core/model/eras/eras.ts';
import { parseArgument } from '../../server/src/core/model/scenario/arguments.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import { runScenario } from '../../server/src/core/model/scenario/run.ts';

const names = new Set(['A', 's']);

describe('an argument of a call', () => {
  const cases: readonly [string, unknown][] = [
    ['A', { kind: 'path', field: null, parts: ['A'] }],
    ['s.idev_id', { kind: 'path', field: null, parts: ['s', 'idev_id'] }],
    ['.dev_id = s.idev_id', { kind: 'path', field: 'dev_id', parts: ['s', 'idev_id'] }],
    ['NULL', { kind: 'value', field: null, value: null }],
    ['0x10', { kind: 'value', field: null, value: 16 }],
    ['2 * PAGE_SIZE + 1', { kind: 'value', field: null, value: 8193 }],
    ['MOCK_APERTURE_START - PAGE_SIZE', { kind: 'value', field: null, value: 16773120 }],
    ['0 - 1', { kind: 'value', field: null, value: '18446744073709551615' }],
    ['UINT64_MAX', { kind: 'value', field: null, value: '18446744073709551615' }],
    ['IOMMU_IOAS_MAP_FIXED_IOVA | READABLE', { kind: 'value', field: null, value: 'FIXED_IOVA|READABLE' }],
    ['~IOMMU_HWPT_ALLOC_NEST_PARENT', { kind: 'value', field: null, value: '~NEST_PARENT' }],
    ['PAGE_SIZE..2 * PAGE_SIZE - 1', { kind: 'value', field: null, value: '4096-8191' }],
    ['ALL:3', { kind: 'value', field: null, value: 'ALL:3' }],
    ['1UL << 31', { kind: 'value', field: null, value: 2147483648 }],
    ['BUFFER_SIZE / PAGE_SIZE', { kind: 'value', field: null, value: 16 }],
    ['-1', { kind: 'value', field: null, value: '18446744073709551615' }],
    ['VFIO_TYPE1v2_IOMMU', { kind: 'value', field: null, value: 'TYPE1v2' }],
  ];
  for (const [text, meaning] of cases) it(`'${text}' is understood`, () => expect(parseArgument(text, names)).toEqual(meaning));

  it('is worked out when the call is made where a result is part of it', () => {
    const late = (text: string, result: number): unknown => {
      const argument = parseArgument(text, names);
      return argument?.kind === 'late' ? argument.value(() => result) : argument;
    };
    expect(late('s + PAGE_SIZE - 50', 100)).toBe(4146);
    expect(late('s..s + 9', 100)).toBe('100-109');
    expect(late('ALL:s + 1', 2)).toBe('ALL:3');
  });

  for (const text of [
    'B',
    '1 +',
    '1 << 2 << 3',
    '3 /',
    '- -1',
    '+',
    'B + 1',
    '* 2',
    '1 2',
    'PAGE_SIZE PAGE_SIZE',
    'FIXED_IOVA|NONSENSE',
    '1..',
    'a:b',
    '',
  ]) {
    it(`'${text}' is nothing`, () => expect(parseArgument(text, names)).toBeNull());
  }
});

describe('a call that is written wrongly', () => {
  const messageOf = (step: string): string => {
    const read = readScenario(`id: X\ntitle: x\nworld:\n  devices: {}\n  users: [f, g]\nthreads:\n  T1:\n    - ${step}\n`);
    const era = eraById('v6.12');
    if (!read.ok || era === null) throw new Error(read.ok ? 'no era' : read.problems[0]?.message);
    return runScenario(read.scenario, era).differences.join('; ');
  };
  it('names the field that a command does not have', () => {
    expect(messageOf('IOMMU_DESTROY(f, .colour=1): 0')).toBe("line 8: IOMMU_DESTROY(f, .colour=1): has no field 'colour'");
  });
  it('says that there are too many arguments', () => {
    expect(messageOf('destroy(f, 0, 0): 0')).toBe('line 8: destroy(f, 0, 0): takes 2 arguments at most');
  });
  it('asks for the user where there are several', () => {
    expect(messageOf('ioas_alloc(): ok')).toBe('line 8: ioas_alloc(): the first argument must be a user (an open file)');
  });
  it('names the call that the era does not have', () => {
    expect(messageOf('iommufd_explode(f): 0')).toBe(
      "line 8: iommufd_explode(f): v6.12 has no call 'iommufd_explode'; did you mean 'iommufd_replace'?",
    );
  });
});
