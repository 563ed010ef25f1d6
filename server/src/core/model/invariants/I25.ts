/**
 * I25: the group file and device files exclude each other.
 *
 * What: a group file is open at most once, and never while a device of the group is bound through its own file.
 *
 * Source: vfio_group_fops_open, vfio_device_block_group [612]
 * Holds: S004-7: the group file is given back after a failed open.
 * Broken: the group file is open and a cdev is bound.
 */
import type { Invariant } from './invariant.ts';
import { count, name } from './invariant.ts';

export const I25: Invariant = {
  id: 'I25',
  title: 'the group file and device files exclude each other',
  source: 'vfio_group_fops_open, vfio_device_block_group [612]',
  holds: 'S004-7',
  fields: ['opened_file', 'cdev_device_open_cnt'],
  scope: 'group',
  section: 'group_lock',
  check: (c, group) =>
    name(c, `${group}.vfio`, 'opened_file') !== null && count(c, `${group}.vfio`, 'cdev_device_open_cnt') > 0
      ? `the file of ${group} is open while a device of it is bound through its own file`
      : null,
  broken: (c) => {
    c.set('G.vfio', 'opened_file', 'u1');
    c.set('G.vfio', 'cdev_device_open_cnt', 1);
  },
};
