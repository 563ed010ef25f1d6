// The graph of a function, made once and shared by the rules.

import type { Procedure } from '../../flow/ir.ts';
import type { CFunction } from '../../syntax/types.ts';
import type { RuleContext, SideFile } from '../rule.ts';

/** The control-flow graph of a function of a side's file. */
export function procedureOf(context: RuleContext, file: SideFile, fn: CFunction): Procedure {
  return context.flow(file).functionOf(fn).procedure;
}
