// The bindings by era.

import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { defdom2020v3, defdomMerged } from '../../model/eras/defdom.ts';
import type { Era } from '../../model/eras/era.ts';
import { v61 } from '../../model/eras/v6.1.ts';
import { v612 } from '../../model/eras/v6.12.ts';
import { setupDmaOps } from '../../model/calls/typeStore612.ts';
import { adapters61, adapters612, adaptersMerged, adaptersV3 } from './adapters.ts';
import { coreCalls612, coreCallsMerged, coreCallsV3 } from './coreCalls.ts';
import { constants, domainNumbers, globals } from './constants.ts';
import { driverProcedures, driverRows } from './drivers.ts';
import { fieldRows } from './fields.ts';
import { pasidProcedures } from './groupPasids.ts';
import { functionRows, works } from './functions.ts';
import { listRows, lockRows, walks } from './lists.ts';
import { objectOf, structOf } from './objects.ts';
import { pciFields, pciRows } from './pci.ts';
import { BLOCKING_61, standIns61, standIns612 } from './standIns.ts';
import type { Adapter, Binding, FunctionRow } from '../types.ts';
import { xarrayRows } from './xarrays.ts';

const deviceOf = (args: readonly Value[]): string => objectOf(args[0]);

/** Until v6.1 the driver lets go of a device before it leaves its group, and refuses it from then on. */
const releasedFirst: readonly FunctionRow[] = [
  works('release_device', 'callback', 'the driver lets go of the device', (c, args) => {
    for (const field of ['hw_domain', 'dma_iommu']) c.set(deviceOf(args), field, null);
    c.set(deviceOf(args), 'released', true);
    return null;
  }),
  works('iommu_group_device_count', 'list', 'number of members', (c, args) => c.list(objectOf(args[0]), 'devices').length),
];
const rows612: readonly FunctionRow[] = [
  works('release_device', 'callback', 'the driver lets go of the device', (c, args) => {
    c.set(deviceOf(args), 'hw_domain', null);
    return null;
  }),
  works('iommu_setup_dma_ops', 'mutate', 'DMA ops of the device', (c, args) => {
    setupDmaOps(c, deviceOf(args));
    return null;
  }),
];

/** Options of the build that matter here. */
const configs: ReadonlyMap<string, (c: Cpu) => boolean> = new Map([
  ['CONFIG_X86', (c: Cpu): boolean => c.peek('world', 'x86') === true],
  ['CONFIG_IOMMU_DMA', (): boolean => true],
  ['CONFIG_ARM_DMA_USE_IOMMU', (): boolean => false],
  ['CONFIG_FSL_PAMU', (): boolean => false],
  ['CONFIG_IOMMU_DEFAULT_PASSTHROUGH', (): boolean => false],
]);

function binding(era: Era, adapters: readonly Adapter[], own: readonly FunctionRow[], standIns: readonly FunctionRow[]): Binding {
  const kobject = era.procedures.find((one) => one.name === 'iommu_group_put');
  const known = new Set(era.procedures.map((one) => one.name));
  const blocking = v61.procedures.find((one) => one.name === '__iommu_group_alloc_blocking_domain');
  const procedures = [
    ...driverProcedures(),
    ...(known.has('remove_dev_pasid') ? pasidProcedures() : []),
    ...(kobject ? [{ ...kobject, name: 'put_group_kobject' }] : []),
    ...(blocking ? [{ ...blocking, name: BLOCKING_61 }] : []),
  ];
  const callable = new Set([...known, ...procedures.map((one) => one.name)]);
  const rows = [...functionRows, ...xarrayRows, ...driverRows, ...pciRows, ...own].filter(
    (row) => row.how !== 'model' || callable.has(row.procedure),
  );
  return {
    era: era.id,
    structOf,
    gone: new Map([['iommu_group', 'gone']]),
    fields: [...fieldRows, ...pciFields],
    locks: lockRows,
    lists: listRows,
    walks,
    functions: new Map(rows.map((row) => [row.name, row])),
    standIns: new Map(standIns.filter((row) => row.how !== 'model' || callable.has(row.procedure)).map((row) => [row.name, row])),
    constants,
    numbers: domainNumbers,
    globals,
    adapters: adapters.filter((one) => known.has(one.procedure)),
    configs,
    procedures,
  };
}

const bindings: readonly Binding[] = [
  binding(defdom2020v3, adaptersV3, [...coreCallsV3, ...releasedFirst], standIns61),
  binding(defdomMerged, adaptersMerged, [...coreCallsMerged, ...releasedFirst], standIns61),
  binding(v61, adapters61, [...coreCallsMerged, ...releasedFirst], standIns61),
  binding(v612, adapters612, [...coreCalls612, ...rows612], standIns612),
];

/** What the names of C mean in an era; null for an era without tables. */
export function bindingFor(era: string): Binding | null {
  return bindings.find((one) => one.era === era) ?? null;
}
