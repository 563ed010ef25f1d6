// A scenario as data: what the YAML file says, checked, with the lines it stands on.

import type { Value } from '../machine/names.ts';

/** Something that is wrong with a scenario file. `line` counts from 1. */
export interface ScenarioProblem {
  readonly line: number;
  readonly message: string;
}

/** A value that differs by era: the era's own, or `default`. */
export type PerEra<T> = Readonly<Record<string, T>>;

/** `ok` (no error), `any`, `blocks`, an error code, `0`, a number, or a name. Several: each in some schedule, none other in any. */
export type Expected = readonly string[];

export interface Step {
  /** `T1.2`: thread and place, counted from 1. */
  readonly label: string;
  readonly line: number;
  /** The call as written. */
  readonly text: string;
  readonly action: string;
  readonly args: readonly string[];
  /** Name for the result, for later calls. */
  readonly handle: string | null;
  readonly returns: PerEra<Expected> | null;
  /** One planned failure: `site`, `site(object)`, with a variant after a space. */
  readonly fail: string | null;
}

export interface DeviceSpec {
  readonly name: string;
  readonly absent: boolean;
  /** First cells of the device. */
  readonly cells: Readonly<Record<string, Value>>;
  readonly under: string | null;
}

export interface World {
  readonly devices: readonly DeviceSpec[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly drivers: Readonly<Record<string, Readonly<Record<string, Value>>>>;
  readonly bound: Readonly<Record<string, string>>;
  readonly users: readonly string[];
  readonly mms: Readonly<Record<string, Readonly<Record<string, Value>>>>;
  /** Groups of which somebody else holds a reference. */
  readonly held: readonly string[];
  /** Cells of `world`. */
  readonly options: Readonly<Record<string, Value>>;
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** Null: every era that has all its calls. */
  readonly eras: readonly string[] | null;
  readonly variant: string | null;
  readonly sources: readonly string[];
  readonly world: World;
  readonly threads: readonly { readonly name: string; readonly steps: readonly Step[] }[];
  /** The first step ends before the second begins. */
  readonly order: readonly (readonly [string, string])[];
  readonly end: PerEra<readonly { readonly path: string; readonly value: Value }[]>;
  readonly violates: PerEra<readonly string[]>;
}

/** What a per-era table says for an era. */
export function forEra<T>(table: PerEra<T> | null, era: string): T | null {
  if (table === null) return null;
  return table[era] ?? table['default'] ?? null;
}
