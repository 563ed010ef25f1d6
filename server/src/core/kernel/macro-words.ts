/** Macro names that change how C reads. All sets hold plain identifiers. */
export interface MacroWords {
  /** Macros that head a loop or a scope: `list_for_each_entry`, `scoped_guard`. */
  readonly loops: ReadonlySet<string>;
  /** Annotation words without arguments: `__init`, `__user`. */
  readonly annotations: ReadonlySet<string>;
  /** Annotation words with arguments: `__must_hold(&lock)`. */
  readonly annotationCalls: ReadonlySet<string>;
}

/** Both tables together; for words of the kernel plus those of one tree or file. */
export function joinMacroWords(base: MacroWords, more: MacroWords): MacroWords {
  return {
    loops: new Set([...base.loops, ...more.loops]),
    annotations: new Set([...base.annotations, ...more.annotations]),
    annotationCalls: new Set([...base.annotationCalls, ...more.annotationCalls]),
  };
}
