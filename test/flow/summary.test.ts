import { describe, expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { analyseFile, type FlowFile } from '../../server/src/core/flow/program.ts';
import type { Path } from '../../server/src/core/flow/summary.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { exitsOf, flowOf, functionOf, parser } from './source.ts';

const groupMutex: Path = { kind: 'field', base: { kind: 'parameter', index: 0 }, name: 'mutex' };

function flowIn(era: string, certain: boolean, text: string): FlowFile {
  const c = parseC(text, 'drivers/iommu/demo.c', parser);
  return analyseFile({ c, gaps: [] }, { cancel: neverCancelled, era: { id: era, certain } });
}

function required(text: string): readonly Path[] | undefined {
  return flowOf(text).summaryOf('f')?.requires;
}

describe('a summary asks for the locks', () => {
  it('that the heading says the caller holds', () => {
    for (const word of ['__must_hold', '__releases']) {
      expect(required(`static void f(struct iommu_group *group) ${word}(&group->mutex)\n{\n\tgroup->count++;\n}\n`)).toEqual([groupMutex]);
    }
    expect(required('static void f(void) __must_hold(&demo_lock)\n{\n\twork();\n}\n')).toEqual([{ kind: 'global', name: 'demo_lock' }]);
  });

  it('that it asserts, but not where another way takes the lock itself', () => {
    expect(required('static void f(struct iommu_group *group)\n{\n\tlockdep_assert_held(&group->mutex);\n\twork(group);\n}\n')).toEqual([
      groupMutex,
    ]);
    expect(
      required(
        'static void f(struct iommu_group *group, bool locked)\n{\n\tif (locked)\n\t\tlockdep_assert_held(&group->mutex);\n\telse\n\t\tmutex_lock(&group->mutex);\n\twork(group);\n\tif (!locked)\n\t\tmutex_unlock(&group->mutex);\n}\n',
      ),
    ).toEqual([]);
  });

  it('of its contract only where no code is at hand', () => {
    const other = 'static void f(void)\n{\n\twork();\n}\n';
    const called = flowIn('v6.12', true, other).summaryOf('__iommu_attach_device');
    expect(called?.source).toBe('contract');
    expect(called?.requires).toEqual([
      {
        kind: 'field',
        base: { kind: 'content', address: { kind: 'field', base: { kind: 'parameter', index: 1 }, name: 'iommu_group' } },
        name: 'mutex',
      },
    ]);
    const code = 'int __iommu_attach_device(struct iommu_domain *domain, struct device *dev)\n{\n\treturn 0;\n}\n';
    expect(flowIn('v6.12', true, code).summaryOf('__iommu_attach_device')?.requires).toEqual([]);
    expect(flowOf(other).summaryOf('__iommu_attach_device')).toBeNull();
  });
});

it('a summary names the locks that are taken inside, by callees too', () => {
  const text =
    'static void g(struct iommu_group *group)\n{\n\tmutex_lock(&group->mutex);\n\twork(group);\n\tmutex_unlock(&group->mutex);\n}\n' +
    'static void f(struct demo *demo)\n{\n\tg(demo->group);\n\tmutex_lock(&demo_lock);\n\tmutex_unlock(&demo_lock);\n}\n';
  expect(flowOf(text).summaryOf('f')?.takes).toEqual([
    { kind: 'global', name: 'demo_lock' },
    {
      kind: 'field',
      base: { kind: 'content', address: { kind: 'field', base: { kind: 'parameter', index: 0 }, name: 'group' } },
      name: 'mutex',
    },
  ]);
});

describe('a call by contract', () => {
  const text =
    'static int f(struct device *dev, struct iommu_group *group)\n{\n\tint ret;\n\n\tmutex_lock(&group->mutex);\n\tret = iommu_change_dev_def_domain(dev, group, 0);\n\treturn ret;\n}\n';

  it('gives a lock back where the row of the era says so', () => {
    expect(exitsOf(flowIn('defdom-2020-v3', true, text), 'f')).toEqual(['-']);
    expect(exitsOf(flowIn('v6.1', true, text), 'f')).toEqual(['group->mutex held']);
  });

  it('leaves the state of the lock unknown where the era is only guessed', () => {
    expect(exitsOf(flowIn('defdom-2020-v3', false, text), 'f')).toEqual(['group->mutex unknown']);
  });

  it('tells which locks it asks for, as the caller names them', () => {
    const flow = flowIn('defdom-2020-v3', true, text);
    const locks = flow.locks(functionOf(flow, 'f'));
    expect(locks?.callees.map((one) => one.requires.map((lock) => locks.result.values.printPlace(lock)))).toEqual([['group->mutex']]);
  });
});
