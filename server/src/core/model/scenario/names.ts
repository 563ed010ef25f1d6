// The names that calls of a scenario can use.

import type { Step, World } from './scenario.ts';

/** Drivers that every scenario can use without describing them. */
export const BUILT_IN_DRIVERS: readonly string[] = ['nic', 'vfio', 'stub', 'portdrv'];

/** What each name of a world is. A name that stands for two is a problem of the file. */
export function kindsOf(world: World): Map<string, 'device' | 'group' | 'driver' | 'user' | 'mm'> {
  return new Map([
    ...world.devices.map((device) => [device.name, 'device'] as const),
    ...Object.keys(world.groups).map((name) => [name, 'group'] as const),
    ...[...BUILT_IN_DRIVERS, ...Object.keys(world.drivers)].map((name) => [name, 'driver'] as const),
    ...world.users.map((name) => [name, 'user'] as const),
    ...Object.keys(world.mms).map((name) => [name, 'mm'] as const),
  ]);
}

/** Devices, groups, drivers, users, mms and results of a scenario. */
export function namesOf(world: World, threads: readonly { readonly steps: readonly Step[] }[]): ReadonlySet<string> {
  return new Set([
    ...world.devices.flatMap((device) => [device.name, `group_${device.name}`]),
    ...Object.keys(world.groups),
    ...Object.keys(world.drivers),
    ...BUILT_IN_DRIVERS,
    ...world.users,
    ...Object.keys(world.mms),
    ...threads.flatMap((thread) => thread.steps.flatMap((step) => step.handle ?? [])),
  ]);
}
