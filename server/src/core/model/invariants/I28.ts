/**
 * I28: a bound device or an access keeps its context.
 *
 * What: each holds a reference of the context, so that closing the file finds no live object. The mock devices of the kernel's tests
 * hold none: they are objects of the context itself and go with it.
 *
 * Source: iommufd_ctx_get in iommufd_device_bind and iommufd_access_create [612]
 * Holds: S003-11: bind, unbind, access, destroy.
 * Broken: a bound device, and a context without references.
 */
import type { Invariant } from './invariant.ts';
import { count, list, name } from './invariant.ts';

export const I28: Invariant = {
  id: 'I28',
  title: 'a bound device or an access keeps its context',
  source: 'iommufd_ctx_get in iommufd_device_bind and iommufd_access_create [612]',
  holds: 'S003-11',
  fields: ['idevs'],
  scope: 'group',
  check: (c, group) => {
    const holds = (idev: string): boolean => name(c, name(c, idev, 'dev') ?? '', 'bus') !== 'mock';
    const bad = list(c, group, 'idevs').find((idev) => holds(idev) && count(c, name(c, idev, 'ctx') ?? '', 'refs') === 0);
    return bad === undefined ? null : `${bad} of ${group} is bound and its context has no reference`;
  },
  broken: (c) => {
    c.set('G', 'idevs', ['d1']);
    c.set('d1', 'ctx', 'fd1');
  },
};
