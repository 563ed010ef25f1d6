// Helpers of the IOMMU core that stand in for their code where that is not at hand, as with a mail alone. With the code, the code runs.

import { defaultType as typeOfGroup } from '../../model/calls/typeStore612.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { domainWord } from './constants.ts';
import { works } from './functions.ts';
import { pasidStandIns } from './groupPasids.ts';
import { IOMMU_OPS, objectOf } from './objects.ts';
import type { FunctionRow } from '../types.ts';

/** The blocking domain as v6.1 allocates it, for eras that have no procedure of their own for it. */
export const BLOCKING_61 = 'alloc_blocking_domain_as_in_v6.1';

const truth = (value: boolean): Value => (value ? 1 : 0);
const dev = (args: readonly Value[]): string => objectOf(args[0]);

/** What the device must have, else what the system has. */
const defaultType = (c: Cpu, args: readonly Value[]): Value => c.peek(objectOf(args[1]), 'def_type') ?? c.peek('world', 'def_domain_type');

const common: readonly FunctionRow[] = [
  works('dev_iommu_ops', null, 'operations of the IOMMU', () => IOMMU_OPS),
  works('dev_has_iommu', 'read', 'behind an IOMMU?', (c, args) => truth(c.flag(dev(args), 'iommu_dev'))),
  works('iommu_is_attach_deferred', null, 'attached later?', (c, args) => truth(c.peek(dev(args), 'attach_deferred') === true)),
  works('iommu_group_first_dev', 'list', 'first member', (c, args) => c.list(objectOf(args[0]), 'devices')[0] ?? null),
  { name: 'iommu_group_create_file', how: 'choice', results: [0], fails: ['-ENOMEM'], why: 'makes a file in sysfs' },
  { name: 'iommu_group_remove_file', how: 'nothing' },
  {
    name: '__iommu_group_for_each_dev',
    how: 'each',
    items: (c, args) => c.list(objectOf(args[0]), 'devices'),
    callback: 2,
    pass: (_, item, args) => [item, args[1] ?? null],
    count: 2,
  },
  { name: 'iommu_group_do_attach_device', how: 'model', procedure: '__iommu_attach_device', args: [1, 0] },
  { name: 'iommu_group_do_detach_device', how: 'model', procedure: '__iommu_detach_device', args: [1, 0] },
];

/** As the core had them up to v6.1. */
export const standIns61: readonly FunctionRow[] = [
  ...common,
  { name: '__iommu_domain_alloc', how: 'model', procedure: 'domain_alloc', args: [1] },
  { name: 'iommu_alloc_default_domain', how: 'model', procedure: 'iommu_group_alloc_default_domain', args: [0, defaultType] },
  works('iommu_is_default_domain', 'check', 'on its default domain?', (c, args) => {
    const group = objectOf(args[0]);
    const [domain, standard] = [c.ref(group, 'domain'), c.ref(group, 'default_domain')];
    const identities =
      domain !== null && standard !== null && c.get(domain, 'type') === 'IDENTITY' && c.get(standard, 'type') === 'IDENTITY';
    return truth(domain === standard || identities);
  }),
];

export const standIns612: readonly FunctionRow[] = [
  ...common,
  {
    name: '__iommu_domain_alloc',
    how: 'model',
    procedure: 'domain_alloc',
    args: [2],
    result: (value) => value ?? '-ENOMEM',
  },
  { name: 'iommu_group_do_detach_device', how: 'model', procedure: 'detach_dev', args: [0] },
  { name: '__iommu_group_alloc_blocking_domain', how: 'model', procedure: BLOCKING_61, args: [0] },
  { name: '__iommu_group_alloc_default_domain', how: 'model', procedure: '__iommu_group_domain_alloc', args: [0, 1] },
  works('iommu_get_default_domain_type', 'list', 'type that the members can have', (c, args) => {
    const [, target] = args;
    const type = typeOfGroup(c, objectOf(args[0]), target === null || target === 0 ? null : domainWord(target));
    return type === -1 ? '-EPERM' : type;
  }),
  ...pasidStandIns,
];
