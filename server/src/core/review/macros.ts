import type { Outside } from '../base/outside.ts';
import { kernelMacros } from '../kernel/macro-tables.ts';
import { joinMacroWords, type MacroWords } from '../kernel/macro-words.ts';
import { loopMacrosFromClangFormat } from '../syntax/harvest.ts';

const known = new WeakMap<Outside, MacroWords>();

/** The macros of Linux, and the loop macros that the opened tree's own .clang-format names. Read once for each outside. */
export function macrosOf(outside: Outside): MacroWords {
  const before = known.get(outside);
  if (before) return before;
  const bytes = outside.hasTree ? outside.readTree('.clang-format') : null;
  const loops = loopMacrosFromClangFormat((bytes && outside.decode(bytes, 'utf-8')) ?? '');
  const macros =
    loops.size > 0 ? joinMacroWords(kernelMacros, { loops, annotations: new Set(), annotationCalls: new Set() }) : kernelMacros;
  known.set(outside, macros);
  return macros;
}
