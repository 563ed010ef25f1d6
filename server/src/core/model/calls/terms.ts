// Words that the written-down calls share: locks, error values, faults, new objects.

import type { Cpu } from '../machine/cpu.ts';
import type { Act, Expr, Statement } from '../machine/code.ts';
import { choose, lock, unlock } from '../machine/code.ts';
import type { Value } from '../machine/names.ts';

/** Domain types, by their kernel name. BLOCKED is 0 in the kernel's numbering, which is what a stray "no type" becomes. */
export type DomainType = 'BLOCKED' | 'IDENTITY' | 'UNMANAGED' | 'DMA' | 'DMA_FQ' | 'SVA' | 'PLATFORM' | 'NESTED';

/** Whether a value is an error code (`-EBUSY`) rather than success, a name or a number. */
export function isError(value: Value): boolean {
  return typeof value === 'string' && value.startsWith('-E');
}

/** Whether a call's return value means that it failed. */
export const failed =
  (name: string): Expr<boolean> =>
  (c) =>
    isError(c.v(name));

export const local =
  (name: string): Expr<Value> =>
  (c) =>
    c.v(name);

export const mutexOf = (group: string): string => `${group}.mutex`;

/** `group->mutex` of the group that a local names. */
export const lockGroup = (name = 'group'): Statement => lock((c) => mutexOf(c.o(name)));
export const unlockGroup = (name = 'group'): Statement => unlock((c) => mutexOf(c.o(name)));

/** `device_lock` of the device that a local names; taking the lock of a freed device is a use after free. */
export const lockDevice = (name = 'dev'): Statement =>
  lock((c) => {
    const dev = c.o(name);
    c.get(dev, 'present');
    return `${dev}.device_lock`;
  });
export const unlockDevice = (name = 'dev'): Statement => unlock((c) => `${c.o(name)}.device_lock`);

export const lockNamed = (name: string): Statement => lock(() => name);
export const unlockNamed = (name: string): Statement => unlock(() => name);

/** Members of the group that a local names, in list order. */
export const members =
  (name = 'group'): Expr<readonly string[]> =>
  (c) =>
    c.list(c.o(name), 'devices');

/** A name for a new object that does not depend on what other threads allocated meanwhile. */
export function newName(c: Cpu, prefix: string): string {
  const counter = `made_${prefix}`;
  const n = c.count(`thread ${c.threadName}`, counter) + 1;
  c.set(`thread ${c.threadName}`, counter, n);
  return c.threadName === 'boot' ? `${prefix}${n}` : `${prefix}${n}@${c.threadName}`;
}

/** How a place that can fail does so this time: the planned fault of the scenario, or null. A plan is used up by its first match. */
function planned(c: Cpu, site: string, target: string): string | null {
  const plan = c.peek(`thread ${c.threadName}`, 'fail');
  if (typeof plan !== 'string') return null;
  const [what = '', variant = ''] = plan.split(' ');
  if (what !== site && what !== `${site}(${target})`) return null;
  return variant === '' ? 'fails' : variant;
}

/** Whether a place can fail now because the world says so: any, one of some sites, or any that some procedure leads to (`in NAME`). */
export function failsHere(c: Cpu, site: string): boolean {
  const inject = c.get('world', 'inject');
  if (typeof inject !== 'object' || inject === null) return inject === true;
  return inject.some((one) => one === site || (one.startsWith('in ') && c.isIn(one.slice('in '.length))));
}

/**
 * A step that may fail. `run` gets how: null (it works), or one of `variants`. A scenario plans one failure by naming the site;
 * with `inject` on (or a list of sites), every one of them fails once in some schedule.
 */
export function fallible(
  kind: Act['kind'],
  label: string,
  site: string,
  target: Expr<string>,
  variants: readonly string[],
  run: (c: Cpu, how: string | null) => void,
): Statement {
  return choose(
    kind,
    label,
    (c) => {
      const plan = planned(c, site, target(c));
      if (plan !== null) return [plan];
      return failsHere(c, site) ? ['works', ...variants] : ['works'];
    },
    (c) => {
      if (c.choice === 'works') {
        run(c, null);
        return;
      }
      if (planned(c, site, target(c)) !== null) c.set(`thread ${c.threadName}`, 'fail', null);
      else c.set('world', 'inject', false);
      run(c, variants.includes(c.choice) ? c.choice : (variants[0] ?? 'fails'));
    },
  );
}

/** First argument that is not "nothing" (0, NULL, false): C's `a ?: b`. */
export function orElse(first: Value, second: Value): Value {
  return first === null || first === 0 || first === false ? second : first;
}
