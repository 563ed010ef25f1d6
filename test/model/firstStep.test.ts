import { describe, expect, it } from 'vitest';
import { eraById } from '../../server/src/core/model/eras/eras.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import type { ScenarioRun } from '../../server/src/core/model/scenario/run.ts';
import { runScenario } from '../../server/src/core/model/scenario/run.ts';

function run(world: string, threads: string, id = 'v6.12'): ScenarioRun {
  const read = readScenario(`id: X\ntitle: x\nworld:\n${world}threads:\n${threads}`);
  const era = eraById(id);
  if (!read.ok || era === null) throw new Error(read.ok ? id : read.problems[0]?.message);
  return runScenario(read.scenario, era);
}
const two = '  devices: { A: {pci: "01:00.0"}, B: {pci: "02:00.0"} }\n  groups: { G: [A], H: [B] }\n  users: [u1]\n';

describe('what a call looks at before its first step', () => {
  it('is looked at when the call is made, not when the scenario begins', () => {
    const opened = run(
      `${two}  bound: { A: vfio }\n`,
      '  T1:\n    - open_group(G, u1)\n    - set_container(G, u1)\n    - set_iommu(u1)\n  T2:\n    - get_device_fd(A, u1)\n',
      'v6.1',
    );
    expect(opened.steps.at(-1)?.got).toEqual(['-EBADF', '-EINVAL', '0']);
  });

  it('is a result of another thread, if that came first', () => {
    const taken = run(two, '  T1:\n    - i = ioas_alloc(u1)\n  T2:\n    - destroy(u1, i)\n');
    expect(taken.steps.at(-1)?.got).toEqual(['-ENOENT', '0']);
  });

  it('can end the schedule', () => {
    expect(run(two, '  T1:\n    - sva_unbind(NULL)\n').violations.map((violation) => violation.id)).toEqual(['panic']);
  });
});

describe('the boot scan', () => {
  it('goes over the groups as they came, whatever their names', () => {
    const renamed = two.replace('G:', 'Z:');
    expect(run(two, '  T1:\n    - get_domain(A)\n').steps[0]?.got).toEqual(['dma1']);
    expect(run(renamed, '  T1:\n    - get_domain(A)\n').steps[0]?.got).toEqual(['dma1']);
  });
});

describe('a device of VFIO in an era without it', () => {
  it('is one of a stub', () => {
    const written = run(two, '  T1:\n    - bind(A, vfio)\n    - write_type(G, identity)\n    - unbind(A)\n', 'defdom-merged');
    expect(written.steps.map((step) => step.got)).toEqual([['0'], ['-EBUSY'], ['0']]);
  });
});
