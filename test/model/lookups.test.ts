import { describe, expect, it } from 'vitest';
import { lastResult, runSteps } from './worlds.ts';

describe('small functions of the core, by their names', () => {
  for (const era of ['defdom-2020-v3', 'defdom-merged', 'v6.1', 'v6.12']) {
    it(`count and look up in ${era}`, () => {
      expect(lastResult(runSteps(era, { members: 2 }, ['iommu_group_device_count(G): any']))).toBe('2');
      expect(lastResult(runSteps(era, {}, ['iommu_get_dma_domain(A): any']))).toBe('dma1');
      expect(lastResult(runSteps(era, {}, ['device_is_bound(A): any']))).toBe('0');
      expect(lastResult(runSteps(era, { bound: 'nic' }, ['device_is_bound(A): any']))).toBe('1');
    });

    it(`hold references in ${era}: a group that is allocated is gone with the last put, and a leak is told`, () => {
      const all = ['g = iommu_group_alloc(): ok', 'iommu_group_ref_get(g): any', 'iommu_group_put(g): any', 'iommu_group_put(g): any'];
      expect(runSteps(era, {}, all).differences).toEqual([]);
      expect(runSteps(era, {}, all.slice(0, 3)).violations.map((violation) => violation.id)).toEqual(['I32']);
    });
  }

  it('attach what was deferred, and nothing else', () => {
    const steps = ['m = alloc(A): ok', 'iommu_deferred_attach(A, m): 0'];
    expect(runSteps('v6.1', {}, steps).violations).toEqual([]);
    expect(runSteps('v6.12', { device: 'attach_deferred: true' }, steps).violations.map((violation) => violation.id)).toEqual(['I1']);
  });

  it('turn PASIDs on once, in 6.12 only behind redirection', () => {
    const steps = ['pci_enable_pasid(A): any'];
    expect(lastResult(runSteps('v6.1', {}, steps))).toBe('-EINVAL');
    expect(lastResult(runSteps('v6.12', { device: 'max_pasids: 8' }, steps))).toBe('0');
    expect(lastResult(runSteps('v6.12', { device: 'max_pasids: 8' }, [...steps, ...steps]))).toBe('-EBUSY');
    expect(lastResult(runSteps('v6.1', { device: 'max_pasids: 8', members: 2 }, steps))).toBe('0');
    expect(lastResult(runSteps('v6.12', { device: 'max_pasids: 8', members: 2 }, steps))).toBe('-EINVAL');
  });

  it('take and put the context behind a file', () => {
    const put = ['x = iommufd_ctx_from_fd(u1): ok', 'close(u1): 0', 'iommufd_ctx_put(x): any'];
    expect(runSteps('v6.12', {}, put).differences).toEqual([]);
    expect(runSteps('v6.12', {}, put.slice(0, 2)).violations.map((violation) => violation.id)).toEqual(['I32']);
    expect(lastResult(runSteps('v6.12', {}, ['iommufd_ctx_from_fd(7): any']))).toBe('-EBADF');
    expect(lastResult(runSteps('v6.12', {}, ['iommufd_ctx_from_fd(A): any']))).toBe('-EBADFD');
  });
});

describe('what a scenario does in the place of a driver', () => {
  for (const era of ['v6.1', 'v6.12']) {
    it(`${era}: uses of the default domain count like drivers, until they are given back`, () => {
      const run = runSteps(era, { members: 2 }, [
        'use(A): 0',
        'use(B): 0',
        'claim(G, u1): -EPERM',
        'unuse(A): any',
        'unuse(B): any',
        'claim(G, u1): 0',
      ]);
      expect([run.differences, run.violations]).toEqual([[], []]);
      const late = runSteps(era, {}, ['claim(G, u1): 0', 'use(A): -EBUSY', 'release(G): any']);
      expect([late.differences, late.violations]).toEqual([[], []]);
    });

    it(`${era}: the file of a group that was opened by itself stays open when a device is closed`, () => {
      const steps = [
        'open_group(G, u1): 0',
        'set_container(G, u1): 0',
        'set_iommu(u1): 0',
        'get_device_fd(A, u1): 0',
        'unset_container(G, u1): -EBUSY',
      ];
      const after = ['close(A, u1): 0', 'unset_container(G, u1): 0', 'close_group(G, u1): 0', 'claim(G, u2): 0'];
      expect(runSteps(era, { bound: 'vfio' }, [...steps, ...after]).differences).toEqual([]);
    });
  }
});
