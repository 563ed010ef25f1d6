// How a call is written in a scenario: which arguments it takes, in which order, and what stands for those that are left out.

import type { Value } from '../machine/names.ts';

export interface CallForm {
  readonly procedure: string;
  /** Parameters of the procedure in the order of the arguments. */
  readonly parameters: readonly string[];
  /** Values of parameters that the call leaves out; any other is NULL or 0. */
  readonly defaults: Readonly<Record<string, Value>>;
  /** Parameter that takes all arguments from its place on, as a list. */
  readonly rest: string | null;
  /** Other names of parameters, for `.name = value`: the fields of the command's structure. */
  readonly fields: Readonly<Record<string, string>>;
  /** For a command with a structure: bytes of its first version, and bytes now. */
  readonly bytes: { readonly first: number; readonly now: number } | null;
}

export function form(
  procedure: string,
  parameters: readonly string[],
  more: Partial<Omit<CallForm, 'procedure' | 'parameters'>> = {},
): CallForm {
  return { procedure, parameters, defaults: {}, rest: null, fields: {}, bytes: null, ...more };
}
