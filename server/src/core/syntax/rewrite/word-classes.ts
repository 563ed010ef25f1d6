// What the rewrite knows of a word, as bits: one look-up a token instead of one a rule.

import { bareAnnotationPattern, typeNamePattern } from '../../kernel/annotations.ts';
import {
  alignofKeywords,
  asmKeywords,
  controlKeywords,
  keywords,
  primitiveTypes,
  statementKeywords,
  storageWords,
  typeofKeywords,
  typeStarts,
} from '../../kernel/c-words.ts';
import { loopNamePattern } from '../../kernel/loop-macros.ts';
import type { MacroWords } from '../../kernel/macro-words.ts';

export const KEYWORD = 1;
export const CONTROL = 1 << 1;
export const STATEMENT = 1 << 2;
export const PRIMITIVE = 1 << 3;
export const TYPE_START = 1 << 4;
export const STORAGE = 1 << 5;
/** struct, union. */
export const RECORD = 1 << 6;
/** struct, union, enum. */
export const TAG = 1 << 7;
export const ASM = 1 << 8;
export const TYPEOF = 1 << 9;
export const ALIGNOF = 1 << 10;
export const ANNOTATION = 1 << 11;
export const ANNOTATION_CALL = 1 << 12;
export const LOOP = 1 << 13;
/** Looks like an annotation (`__word`) and not like a type or a function. */
export const MAYBE_ANNOTATION = 1 << 14;
/** Only capitals, digits and underscores. */
export const CAPITALS = 1 << 15;
/** Ends in `_t`, as names of types do. */
export const TYPE_SUFFIX = 1 << 16;

const tables: readonly (readonly [ReadonlySet<string>, number])[] = [
  [keywords, KEYWORD],
  [controlKeywords, CONTROL],
  [statementKeywords, STATEMENT],
  [primitiveTypes, PRIMITIVE],
  [typeStarts, TYPE_START],
  [storageWords, STORAGE],
  [new Set(['struct', 'union']), RECORD],
  [new Set(['struct', 'union', 'enum']), TAG],
  [asmKeywords, ASM],
  [typeofKeywords, TYPEOF],
  [alignofKeywords, ALIGNOF],
];

/** Bits of the words that stand in tables; made once for each set of macro words. */
const tabled = new WeakMap<MacroWords, ReadonlyMap<string, number>>();

function tabledClasses(macros: MacroWords): ReadonlyMap<string, number> {
  const known = tabled.get(macros);
  if (known) return known;
  const classes = new Map<string, number>();
  for (const [words, bit] of [
    ...tables,
    [macros.annotations, ANNOTATION] as const,
    [macros.annotationCalls, ANNOTATION_CALL] as const,
    [macros.loops, LOOP] as const,
  ]) {
    for (const word of words) classes.set(word, (classes.get(word) ?? 0) | bit);
  }
  tabled.set(macros, classes);
  return classes;
}

/** Gives the bits of words; remembers what it has seen, for the words of one text. */
export function wordClassifier(macros: MacroWords): (word: string) => number {
  const classes = tabledClasses(macros);
  const seen = new Map<string, number>();
  return (word) => {
    const known = seen.get(word);
    if (known !== undefined) return known;
    let bits = classes.get(word) ?? 0;
    if (loopNamePattern.test(word)) bits |= LOOP;
    if (!(bits & KEYWORD) && bareAnnotationPattern.test(word) && !typeNamePattern.test(word)) bits |= MAYBE_ANNOTATION;
    if (/^[A-Z_][A-Z0-9_]*$/.test(word)) bits |= CAPITALS;
    if (word.endsWith('_t')) bits |= TYPE_SUFFIX;
    seen.set(word, bits);
    return bits;
  };
}
