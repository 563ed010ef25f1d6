// What a scenario can call: the rows of docs/model.md and of `model list --calls`.

import type { Era } from './eras/era.ts';
import type { Value } from './machine/names.ts';

export interface CallRow {
  readonly call: string;
  /** In their order; one that takes all arguments from its place on ends in `...`. */
  readonly args: readonly string[];
  /** What stands for arguments that are left out, where it is not NULL or 0. */
  readonly defaults: Readonly<Record<string, Value>>;
  /** The procedure behind it: a function of the kernel, or what stands for several. */
  readonly target: string;
  /** Where that was read. */
  readonly source: string;
  readonly eras: readonly string[];
}

const sorted = (rows: ReadonlyMap<string, CallRow>): CallRow[] =>
  [...rows.values()].sort((a, b) => (a.call < b.call ? -1 : a.call > b.call ? 1 : 0));

function add(rows: Map<string, CallRow>, era: Era, row: Omit<CallRow, 'eras'>): void {
  const key = `${row.call} ${row.target} ${row.args.join()}`;
  const known = rows.get(key);
  rows.set(key, { ...(known ?? row), eras: [...(known?.eras ?? []), era.id] });
}

/** Calls by the names that scenarios use, with the arguments that they take there. */
export function callTable(eras: readonly Era[]): CallRow[] {
  const rows = new Map<string, CallRow>();
  for (const era of eras) {
    const procedures = new Map(era.procedures.map((procedure) => [procedure.name, procedure]));
    for (const call of new Set([...Object.keys(era.actions), ...Object.keys(era.forms ?? {})])) {
      const form = era.forms?.[call];
      const target = form?.procedure ?? era.actions[call] ?? call;
      const args = form?.parameters.map((arg) => (arg === form.rest ? `${arg}...` : arg)) ?? procedures.get(target)?.parameters ?? [];
      add(rows, era, { call, args, defaults: form?.defaults ?? {}, target, source: procedures.get(target)?.source ?? '' });
    }
  }
  return sorted(rows);
}

/** The other functions of the eras, by their own names and with their own arguments. */
export function functionTable(eras: readonly Era[]): CallRow[] {
  const rows = new Map<string, CallRow>();
  for (const era of eras) {
    for (const { name, parameters, source } of era.procedures) {
      if (era.actions[name] !== undefined || era.forms?.[name] !== undefined) continue;
      add(rows, era, { call: name, args: parameters, defaults: {}, target: name, source });
    }
  }
  return sorted(rows);
}
