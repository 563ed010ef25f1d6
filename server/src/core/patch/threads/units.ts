// Deals mails out to units of work: what must be looked at together, and nothing more.

import type { Series, SeriesMail } from './series.ts';
import { findSeries } from './series.ts';
import { findParents } from './thread.ts';

export interface Unit {
  /** Indices of its mails, in input order. Every mail is in exactly one unit. */
  readonly mails: readonly number[];
  /** Index of its series in the plan; null for a discussion without patches. */
  readonly series: number | null;
  /** Index of the unit with the version before, for whoever compares versions; null where there is none. */
  readonly previous: number | null;
}

export interface Plan {
  readonly series: readonly Series[];
  /** In the order of their first mail. */
  readonly units: readonly Unit[];
}

/**
 * Units of mails to review together: a series with its cover letter and all answers to it, or a discussion that belongs to no series.
 * An answer belongs to the series of the nearest mail above it in its thread. The same mails in the same order give the same plan.
 */
export function planUnits(mails: readonly SeriesMail[]): Plan {
  const series = findSeries(mails);
  const parents = findParents(mails);
  const seriesOf = new Map<number, number>();
  series.forEach((one, index) => {
    for (const mail of [...(one.cover === null ? [] : [one.cover]), ...one.parts, ...one.repeats]) seriesOf.set(mail, index);
  });
  // A key a unit: its series, or the mail that began the discussion.
  const keys = new Map<number, string>();
  const keyOf = (start: number): string => {
    const chain: number[] = [];
    let at = start;
    let key = keys.get(at);
    while (key === undefined) {
      chain.push(at);
      const own = seriesOf.get(at);
      const parent = parents[at] ?? null;
      if (own !== undefined) key = `series ${String(own)}`;
      else if (parent === null) key = `mail ${String(at)}`;
      else {
        at = parent;
        key = keys.get(at);
      }
    }
    for (const mail of chain) keys.set(mail, key);
    return key;
  };
  const groups = new Map<string, number[]>();
  mails.forEach((_, index) => {
    const key = keyOf(index);
    const group = groups.get(key);
    if (group) group.push(index);
    else groups.set(key, [index]);
  });
  const dealt = [...groups.values()];
  const unitOfSeries = new Map<number, number>();
  const seriesOfUnit = dealt.map((group, unit) => {
    const own = group.map((mail) => seriesOf.get(mail)).find((one) => one !== undefined) ?? null;
    if (own !== null) unitOfSeries.set(own, unit);
    return own;
  });
  const units = dealt.map((group, unit): Unit => {
    const own = seriesOfUnit[unit] ?? null;
    const before = own === null ? null : (series[own]?.previous ?? null);
    return { mails: group, series: own, previous: before === null ? null : (unitOfSeries.get(before) ?? null) };
  });
  return { series, units };
}
