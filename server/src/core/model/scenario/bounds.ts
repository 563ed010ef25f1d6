// How large a scenario may be. What a search can finish is bounded by default; a scenario can ask for more, up to a limit.

import type { Node } from 'yaml';
import type { Step, World } from './scenario.ts';
import type { Reader } from './yamlReader.ts';
import { shown } from './yamlReader.ts';

export type Bound = 'devices' | 'groups' | 'users' | 'mms' | 'threads' | 'calls';
export type Bounds = Readonly<Record<Bound, number>>;

/** What suffices for a search over schedules. A scenario of one thread is one schedule: only the limit holds for it. */
export const DEFAULT_BOUNDS: Bounds = { devices: 3, groups: 2, users: 2, mms: 2, threads: 3, calls: 14 };
/** What no scenario can go beyond. */
export const MAX_BOUNDS: Bounds = { devices: 8, groups: 8, users: 8, mms: 8, threads: 3, calls: 256 };

const KEYS = Object.keys(DEFAULT_BOUNDS) as Bound[];

/** The bounds that a scenario raises, by `bounds: { calls: 20 }`. */
export function readBounds(reader: Reader, node: Node | null): Partial<Bounds> {
  const raised: Partial<Record<Bound, number>> = {};
  for (const [key, value, at] of reader.map(node, 'bounds')) {
    const bound = KEYS.find((known) => known === key);
    const number = reader.scalar(value, key);
    if (bound === undefined) reader.problem(at, `there is no bound '${shown(key)}' (there are ${KEYS.join(', ')})`);
    else if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > MAX_BOUNDS[bound])
      reader.problem(value, `the bound of ${bound} is a number from 1 to ${MAX_BOUNDS[bound]}`);
    else raised[bound] = number;
  }
  return raised;
}

/** Reports what a scenario has more of than it may. */
export function checkBounds(
  reader: Reader,
  raised: Partial<Bounds>,
  world: World,
  threads: readonly { readonly steps: readonly Step[] }[],
  top: Node,
): void {
  const has: Bounds = {
    devices: world.devices.length,
    groups: Object.keys(world.groups).length,
    users: world.users.length,
    mms: Object.keys(world.mms).length,
    threads: threads.length,
    calls: threads.reduce((sum, thread) => sum + thread.steps.length, 0),
  };
  for (const bound of KEYS) {
    const limit = MAX_BOUNDS[bound];
    const allowed = raised[bound] ?? (threads.length > 1 ? DEFAULT_BOUNDS[bound] : limit);
    if (has[bound] <= allowed) continue;
    const more = has[bound] <= limit ? `; 'bounds: { ${bound}: ${has[bound]} }' raises it, up to ${limit}` : '';
    reader.problem(top, `${has[bound]} ${bound}, more than the bound of ${allowed}${more}`);
  }
}
