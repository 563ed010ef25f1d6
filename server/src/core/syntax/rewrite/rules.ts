// The rules of the rewrite by name. Each can be switched off, so that a test or a measurement shows what it is there for.

/** What each rule does to the text. */
export const rewriteRules = {
  R1: 'annotation words and calls are blanked',
  R2: 'a macro that heads a block or a statement becomes `while` or `if`',
  R3: 'a macro statement without `;` gets one',
  R4: 'a type as argument of a call becomes one identifier',
  R5: 'preprocessor groups that cut through items or statements are flattened; other directives inside code are blanked',
  R6: 'macro items at file level become declarations or functions',
  R7: 'typeof becomes a struct type',
  R8: 'macros between string literals become one identifier',
  R9: 'operators, statements and nothing as arguments are hidden',
  R10: 'macro members of structs, enums and initialisers get the form of a member',
  R11: 'numbers that only token pasting makes valid become identifiers',
  R12: 'case ranges, computed goto, label addresses, alignof, offsetof paths and __label__ get a standard form',
  R13: 'asm with macros among its strings, and asm labels, are emptied',
  R14: 'comments and stray line continuations are blanked',
} as const;

export type RewriteRule = keyof typeof rewriteRules;

/** Which rules are on. */
export type RuleSwitches = Readonly<Record<RewriteRule, boolean>>;

/** All rules but the named ones. */
export function allRulesBut(...off: readonly RewriteRule[]): RuleSwitches {
  const names = Object.keys(rewriteRules) as RewriteRule[];
  return Object.fromEntries(names.map((name) => [name, !off.includes(name)])) as Record<RewriteRule, boolean>;
}
