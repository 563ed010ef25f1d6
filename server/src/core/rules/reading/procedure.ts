// The graph of a function, made once and shared by the rules.

import { lowerFunction } from '../../flow/lower.ts';
import type { Procedure } from '../../flow/ir.ts';
import type { CFunction } from '../../syntax/types.ts';
import type { RuleContext, SideFile } from '../rule.ts';

const made = new WeakMap<CFunction, Procedure>();

/** The control-flow graph of a function of a side's file. */
export function procedureOf(context: RuleContext, file: SideFile, fn: CFunction): Procedure {
  const known = made.get(fn);
  if (known !== undefined) return known;
  const procedure = lowerFunction(file.c, fn, { parser: context.outside, gaps: file.gaps });
  made.set(fn, procedure);
  return procedure;
}
