// Classes of refusal: git's words, and our kinds.

import type { RefusalKind } from '../../../server/src/core/patch/types.ts';
import type { Verdict } from './judge.ts';

export type RefusalClass = 'corrupt' | 'no patch' | 'fragment without header' | 'bad header' | 'name mismatch' | 'unsafe path' | 'bad mail';

const WORDS: readonly (readonly [RegExp, RefusalClass])[] = [
  [/^corrupt patch|^corrupt binary patch|^unrecognized binary patch|^inflate:|^invalid base85/, 'corrupt'],
  [/^No valid patches in input|^unrecognized input/, 'no patch'],
  [/^patch fragment without header/, 'fragment without header'],
  [/inconsistent (?:new|old) filename/, 'name mismatch'],
  [
    /lacks filename information|unable to find filename|invalid mode|inconsistent header lines|expected \/dev\/null|still has contents|depends on old contents/,
    'bad header',
  ],
  [/invalid path/, 'unsafe path'],
];

/** The class of git's refusal; null where git takes the mail. */
export function gitClass(verdict: Verdict): RefusalClass | null {
  if (verdict.ok) return null;
  if (verdict.stage === 'mailinfo') return 'bad mail';
  const found = WORDS.find(([words]) => words.test(verdict.reason ?? ''));
  if (found === undefined) throw new Error(`a refusal of git without a class: ${verdict.reason ?? ''}`);
  return found[1];
}

const OURS: Readonly<Record<RefusalKind, RefusalClass>> = {
  corrupt: 'corrupt',
  'no-patch': 'no patch',
  'not-unified': 'no patch',
  'fragment-without-header': 'fragment without header',
  'bad-header': 'bad header',
  'name-mismatch': 'name mismatch',
  'unsafe-path': 'unsafe path',
  'bad-mail': 'bad mail',
};

export function ourClass(kind: RefusalKind | null): RefusalClass | null {
  return kind === null ? null : OURS[kind];
}
