import type { Span } from '../../base/text.ts';
import type { MacroWords } from '../../kernel/macro-words.ts';
import type { Annotation, FlattenedBranch, Masked } from '../types.ts';
import { Draft } from './draft.ts';
import { IDENTIFIER, tokenize } from './lexer.ts';

export interface Rewritten {
  /** As long as the original text; what the parser gets. */
  readonly text: string;
  readonly annotations: readonly Annotation[];
  readonly masked: readonly Masked[];
  readonly flattened: readonly FlattenedBranch[];
  readonly comments: readonly Span[];
}

/** Makes kernel C readable for a parser of standard C, without moving any character. */
export function rewrite(text: string, words: MacroWords): Rewritten {
  const tokens = tokenize(text);
  const draft = new Draft(text);
  for (const comment of tokens.comments) draft.blank(comment.start, comment.end);
  const wordOf = (at: number): string => text.slice(tokens.starts[at], tokens.ends[at]);
  const close = (open: number): number => {
    let depth = 0;
    for (let at = open; at < tokens.count; at++) {
      const word = wordOf(at);
      if (word === '(') depth++;
      else if (word === ')' && --depth === 0) return at;
    }
    return -1;
  };
  for (let at = 0; at < tokens.count; at++) {
    if (tokens.kinds[at] !== IDENTIFIER) continue;
    const word = wordOf(at);
    const start = tokens.starts[at] ?? 0;
    if (words.annotations.has(word)) {
      draft.blank(start, tokens.ends[at] ?? 0);
      draft.annotations.push({ name: word, argument: null, span: { start, end: tokens.ends[at] ?? 0 } });
    } else if (words.annotationCalls.has(word) && wordOf(at + 1) === '(') {
      const last = close(at + 1);
      if (last < 0) continue;
      draft.blank(start, tokens.ends[last] ?? 0);
      draft.annotations.push({
        name: word,
        argument: text.slice(tokens.ends[at + 1], tokens.starts[last]),
        span: { start, end: tokens.ends[last] ?? 0 },
      });
      at = last;
    } else if (wordOf(at + 1) === '(' && word.length >= 5 && (words.loops.has(word) || /for_each|^scoped_/.test(word))) {
      const last = close(at + 1);
      if (last < 0 || wordOf(last + 1) === ';') continue;
      draft.put(start, 'while');
      draft.blank(start + 5, tokens.ends[at] ?? 0);
      draft.mask(word.startsWith('scoped') ? 'scope' : 'loop', word, start, tokens.ends[last] ?? 0);
    }
  }
  return {
    text: draft.text(),
    annotations: draft.annotations,
    masked: draft.masked,
    flattened: draft.flattened,
    comments: tokens.comments,
  };
}
