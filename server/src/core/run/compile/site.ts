// One call while it is compiled.

import type { Instruction } from '../../flow/ir.ts';
import { store } from './assign.ts';
import type { Emitter } from './emitter.ts';
import type { Evaluate } from './expressions.ts';

export type Call = Extract<Instruction, { op: 'call' }>;

/** Its arguments are read, in a step of their own where others may write them. */
export interface Site {
  readonly emitter: Emitter;
  readonly call: Call;
  readonly name: string;
  readonly text: string;
  readonly args: readonly Evaluate[];
}

/** Stores the result of a call, if it is wanted. */
export function finish(site: Site, value: Evaluate): void {
  const { emitter, call } = site;
  if (call.result === null) return;
  store(emitter, { kind: 'variable', variable: call.result, start: call.span.start, end: call.span.end }, value, site.text);
}
