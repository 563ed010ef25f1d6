// iommufd of v6.12: all its calls, and how scenarios write them.

import type { Procedure } from '../../machine/code.ts';
import { vfioCdev } from '../vfioCdev.ts';
import { accessCalls } from './accesses.ts';
import { deviceCalls } from './devices.ts';
import { faultCalls } from './faults.ts';
import { information } from './hwInfo.ts';
import { mappingCalls } from './mappings.ts';
import { mockDeviceCalls } from './mockDevices.ts';
import { objectCalls } from './objects.ts';
import { pageTableCalls } from './pageTables.ts';
import { optionCalls, rangeCalls } from './ranges.ts';
import { userMemoryCalls } from './userMemory.ts';
import { vfioCompatCalls } from './vfioCompat.ts';

export function iommufd(): Procedure[] {
  return [
    ...objectCalls(),
    ...mappingCalls(),
    ...rangeCalls(),
    ...optionCalls(),
    ...pageTableCalls(),
    ...deviceCalls(),
    information(),
    ...accessCalls(),
    ...faultCalls(),
    ...mockDeviceCalls(),
    ...userMemoryCalls(),
    ...vfioCompatCalls(),
    ...vfioCdev(),
  ];
}
