import type { Span } from '../../base/text.ts';
import type { MacroWords } from '../../kernel/macro-words.ts';
import type { Annotation, FlattenedBranch, Masked } from '../types.ts';
import { blankAnnotations } from './annotations.ts';
import { settleDirectives, type FlattenChoice } from './directives.ts';
import { Draft } from './draft.ts';
import { DIRECTIVE, IDENTIFIER, STRING, tokenize, type Tokens } from './lexer.ts';
import { Rewriting } from './rewriting.ts';
import { allRulesBut, type RuleSwitches } from './rules.ts';
import { replaceTypeof } from './typeof.ts';
import { walk } from './walk.ts';
import { wordClassifier } from './word-classes.ts';

interface RewriteOptions {
  readonly rules?: RuleSwitches;
  readonly flatten?: FlattenChoice;
}

export interface Rewritten {
  /** As long as the original text; what the parser gets. */
  readonly text: string;
  readonly annotations: readonly Annotation[];
  readonly masked: readonly Masked[];
  readonly flattened: readonly FlattenedBranch[];
  readonly comments: readonly Span[];
  /** Set where brackets nest so deeply that only directives and comments were rewritten. */
  readonly tooDeep: boolean;
}

/** Deepest nesting of brackets that is rewritten. Kernel code stays below 30; some rules take time in proportion to it. */
const MAX_DEPTH = 200;

const allRules = allRulesBut();
const noFlattening: FlattenChoice = { all: false, second: false };

/** Makes kernel C readable for a parser of standard C, without moving any character. */
export function rewrite(text: string, macros: MacroWords, options: RewriteOptions = {}): Rewritten {
  const rules = options.rules ?? allRules;
  const draft = new Draft(text);
  const tokens = tokenize(text);
  if (rules.R14) {
    for (const comment of tokens.comments) draft.blank(comment.start, comment.end);
    for (const at of tokens.strayContinuations) draft.put(at, ' ');
  }
  const { words, classes } = readWords(text, tokens, macros);
  const { stream, depth } = settleDirectives(draft, tokens, words, classes, rules, options.flatten ?? noFlattening);
  if (depth <= MAX_DEPTH) {
    const rewriting = new Rewriting(draft, stream, rules);
    if (rules.R1) blankAnnotations(rewriting);
    if (rules.R7) replaceTypeof(rewriting);
    walk(rewriting);
  }
  // Rules find annotations in two passes; readers expect the order of the text.
  draft.annotations.sort((a, b) => a.span.start - b.span.start);
  draft.masked.sort((a, b) => a.span.start - b.span.start);
  return {
    text: draft.text(),
    annotations: draft.annotations,
    masked: draft.masked,
    flattened: draft.flattened,
    comments: tokens.comments,
    tooDeep: depth > MAX_DEPTH,
  };
}

/** The words of all tokens, and what is known of them. */
function readWords(text: string, tokens: Tokens, macros: MacroWords): { words: string[]; classes: Int32Array } {
  const classify = wordClassifier(macros);
  const words = new Array<string>(tokens.count);
  const classes = new Int32Array(tokens.count);
  for (let at = 0; at < tokens.count; at++) {
    const kind = tokens.kinds[at];
    if (kind === DIRECTIVE) words[at] = '#';
    else if (kind === STRING) words[at] = '"';
    else {
      const word = text.slice(tokens.starts[at], tokens.ends[at]);
      words[at] = word;
      if (kind === IDENTIFIER) classes[at] = classify(word);
    }
  }
  return { words, classes };
}
