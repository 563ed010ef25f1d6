/**
 * I26: a container implies ownership, and stays while a device is open.
 *
 * What: SET_CONTAINER claims the group, UNSET_CONTAINER needs all its devices closed. Fake groups never touch ownership.
 *
 * Source: vfio_container_attach_group, vfio_group_ioctl_unset_container [61, 612]
 * Holds: S004-15: unbind waits, the user closes.
 * Broken: a container without owner.
 */
import type { Invariant } from './invariant.ts';
import { list, name } from './invariant.ts';

export const I26: Invariant = {
  id: 'I26',
  title: 'a container implies ownership, and stays while a device is open',
  source: 'vfio_container_attach_group, vfio_group_ioctl_unset_container [61, 612]',
  holds: 'S004-15',
  fields: ['container', 'owner', 'open_by'],
  scope: 'group',
  section: 'group_lock',
  check: (c, group) => {
    const vfio = `${group}.vfio`;
    const inside = name(c, vfio, 'container') !== null;
    if (inside && c.peek(vfio, 'type') === 'IOMMU' && name(c, group, 'owner') === null)
      return `${group} is in a container and has no owner`;
    if (inside || name(c, vfio, 'iommufd') !== null) return null;
    const open = list(c, group, 'devices').filter((dev) => list(c, dev, 'open_by').length > 0);
    return open.length > 0 ? `${open.join(', ')} is open and ${group} is in no container` : null;
  },
  broken: (c) => {
    c.set('G.vfio', 'container', 'container_u1');
    c.set('G.vfio', 'type', 'IOMMU');
  },
};
