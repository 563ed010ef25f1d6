import type { MacroWords } from '../base/tree-index.ts';

export type { MacroWords } from '../base/tree-index.ts';

/** Both tables together; for words of the kernel plus those of one tree or file. */
export function joinMacroWords(base: MacroWords, more: MacroWords): MacroWords {
  return {
    loops: new Set([...base.loops, ...more.loops]),
    annotations: new Set([...base.annotations, ...more.annotations]),
    annotationCalls: new Set([...base.annotationCalls, ...more.annotationCalls]),
  };
}
