/**
 * I32: every reference that is taken is given back once.
 *
 * What: each get of a group, a device or an iommufd context has exactly one put on every path, except where a success stores the
 * pointer. So when all calls have ended, each object has as many references as it has holders.
 *
 * Source: iommu_group_get, get_device, iommufd_ctx_get and their puts [61, 612].
 * Holds: S003-11: bind, unbind, access, destroy.
 * Broken: a group that is put more often than taken.
 */
import { call } from '../machine/code.ts';
import type { Value } from '../machine/names.ts';
import type { StepInvariant } from './invariant.ts';

/** References that should exist when all calls have ended, checked in the last step of a thread that runs alone. */
export function referenceProblem(read: (object: string, field: string) => Value): string | null {
  const list = (object: string, field: string): readonly string[] => {
    const value = read(object, field);
    return typeof value === 'object' && value !== null ? value : [];
  };
  const number = (object: string, field: string): number => {
    const value = read(object, field);
    return typeof value === 'number' ? value : 0;
  };
  for (const group of list('world', 'groups')) {
    const vfio = number(`${group}.vfio`, 'drivers') > 0 ? 1 : 0;
    const wanted = list(group, 'devices').length + vfio + number(group, 'other_holders') + number(group, 'igroups');
    const refs = number(group, 'refs');
    if (refs !== wanted) return `${group} has ${refs} references and ${wanted} holders`;
  }
  for (const dev of list('world', 'all_devices')) {
    const refs = number(dev, 'refs');
    if (read(dev, 'present') === true && refs !== 1) return `${dev} has ${refs} references and one holder`;
  }
  const groups = list('world', 'groups');
  for (const ctx of list('world', 'users')) {
    const holds = (object: string): boolean => {
      const kind = read(object, 'kind');
      if (kind === 'idev') return read(String(read(object, 'dev')), 'bus') !== 'mock';
      return kind === 'access' || (kind === 'fault' && read(object, 'closed') !== true);
    };
    const wanted = list(ctx, 'objects').filter(holds).length + groups.filter((group) => read(`${group}.vfio`, 'iommufd') === ctx).length;
    if (number(ctx, 'refs') !== wanted) return `${ctx} has ${number(ctx, 'refs')} references and ${wanted} holders`;
  }
  return null;
}

export const I32: StepInvariant = {
  id: 'I32',
  title: 'every reference that is taken is given back once',
  source: 'iommu_group_get, get_device, iommufd_ctx_get and their puts [61, 612]',
  holds: 'S003-11',
  reportedBy: 'the put, and the end of a schedule',
  broken: [call('iommu_group_put', [() => 'G'])],
};
