// # text-identifier-typo
//
// An identifier in the commit message or in a comment is a misspelling of one that the patch uses.
//
// ## What it reports
//
// A word of the message's prose, or of a comment on a line that the patch adds, that looks like an identifier (it has an
// underscore, or is all capitals with at least six letters), that stands nowhere in the code of the patch, of its series or of the
// kernel tree at hand, and that becomes a word of the patch by changing at most two letters of one of its parts (between
// underscores); two neighbours in the wrong order count as one change. The part must not be a word of its own: `iommu_map` is no
// misspelling of `iommu_unmap`.
// Where the message has no diff (a reply, a cover letter), the words with an underscore that the same message writes more often serve
// instead.
// A substitution that a reviewer writes (`s/wrong/right/`) is not reported again.
//
// ## Why it matters
//
// Nothing fails at run time. A reader who searches the tree for the word finds nothing, and the message stays in the history for ever.
//
// ## Known misses
//
// Parts of fewer than four letters, and misspellings that differ in digits or in more than one part. A misspelling that is used
// three times or more is taken for a name.
//
// ## Known false alarms
//
// A name from another tree or a later patch that happens to differ by one letter from one in this patch.
//
// ## Example that triggers
//
// ```diff
// Subject: [PATCH] iommu: Count the users of a grant
//
// demo_grant_users() is called with the mutex held; demo_grnat_users() was too vague.
//
// Signed-off-by: A Developer <dev@example.org>
// ---
// diff --git a/drivers/iommu/demo.c b/drivers/iommu/demo.c
// --- a/drivers/iommu/demo.c
// +++ b/drivers/iommu/demo.c
// @@ -1,3 +1,7 @@
// +static int demo_grant_users(struct demo *demo)
// +{
// +	return demo->users;
// +}
//  int a;
//  int b;
//  int c;
// ```
//
// ## Example that does not
//
// ```diff
// Subject: [PATCH] iommu: Count the users of a grant
//
// Like demo_grant_owner(), demo_grant_users() is called with the mutex held.
//
// Signed-off-by: A Developer <dev@example.org>
// ---
// diff --git a/drivers/iommu/demo.c b/drivers/iommu/demo.c
// --- a/drivers/iommu/demo.c
// +++ b/drivers/iommu/demo.c
// @@ -1,3 +1,7 @@
// +static int demo_grant_users(struct demo *demo)
// +{
// +	return demo->users;
// +}
//  int a;
//  int b;
//  int c;
// ```
//
// ## Fix
//
// Replaces the word. Safe: prose and comments only.
//
// ## Sources
//
// - Documentation/process/submitting-patches.rst: the message is written for readers who search the history.

import { throwIfCancelled } from '../base/cancel.ts';
import { identifierWords } from '../kernel/identifier-words.ts';
import { editDistance } from './prose/distance.ts';
import { messageProse } from './prose/messageProse.ts';
import { codeWords, wordsOf } from './prose/patchWords.ts';
import { defineRule, type At, type FixEdit, type Messages, type RuleContext, type RuleMeta } from './rule.ts';

const meta: RuleMeta = {
  id: 'text-identifier-typo',
  title: 'A misspelt identifier in the commit message or in a comment',
  category: 'text',
  level: 'text',
  confidence: 'high',
  evidence: 'text',
  needs: 'text',
  since: '0.1.0',
  sources: [{ title: 'Documentation/process/submitting-patches.rst', url: 'https://docs.kernel.org/process/submitting-patches.html' }],
  refute: 'The word is a name of its own: in another tree, in a later patch, or in a document.',
};

const messages: Messages = {
  prose: '{wrong} is nowhere in the patch: misspelling of {right}?',
  reply: '{wrong} stands only here, {right} elsewhere in the message: a misspelling?',
  comment: 'the comment says {wrong}, the code {right}',
};

/** Longest word that is compared; longer ones are no identifiers of people. */
const longestWord = 80;

/** Most pairs of words that are compared in one message. */
const comparisons = 100_000;

/** A word of the prose or of a comment, and where it stands. */
interface Word {
  readonly text: string;
  readonly at: At;
  readonly edit: (newText: string) => FixEdit;
  readonly message: string;
}

function check(context: RuleContext): void {
  if (context.side === 'before') return;
  const prose = proseWords(context);
  const words = [...prose, ...commentWords(context)];
  if (words.length === 0) return;
  const counts = new Map<string, number>();
  for (const { text } of words) counts.set(text, (counts.get(text) ?? 0) + 1);
  const code = new Set<string>();
  for (const patch of context.patch === null ? context.series : [context.patch, ...context.series])
    for (const one of codeWords(patch)) code.add(one);
  for (const file of context.files) for (const one of wordsOf(codeText(file.c.text, file.c.comments))) code.add(one);
  const references = new References();
  for (const one of code) references.add(one);
  if (!hasDiff(context)) for (const [one, count] of counts) if (count > 1 && one.includes('_')) references.add(one);
  const known = knownParts(code, counts);
  const reported = new Set<string>();
  for (const word of words) {
    throwIfCancelled(context.cancel);
    const wrong = word.text;
    if (reported.has(wrong) || code.has(wrong) || (counts.get(wrong) ?? 0) > 2) continue;
    const right = references.nearest(wrong, (part) => known(part, wrong));
    if (right === null || (counts.get(wrong) ?? 0) >= Math.max(2, counts.get(right) ?? 0) + (code.has(right) ? 1 : 0)) continue;
    if (context.outside.defines(wrong).length > 0 || context.outside.declarations(wrong).length > 0) continue;
    reported.add(wrong);
    context.report({
      message: word.message,
      data: { wrong, right },
      at: word.at,
      function: null,
      fact: wrong,
      why: `Whoever searches the history for ${right} misses this place, and finds nothing for ${wrong}.`,
      evidence: [],
      fixes: [{ title: `Write ${right}`, safety: 'safe', edits: [word.edit(right)] }],
    });
  }
  if (references.exhausted) context.unknown('limit', 'too many identifiers are alike: not all of them were compared', null, null);
}

/** A reply can quote a commit message without its diff. */
function hasDiff(context: RuleContext): boolean {
  return context.patch !== null && context.patch.files.length > 0;
}

/** All capitals with at least six letters, or a part on each side of an underscore. */
function looksLikeIdentifier(word: string): boolean {
  if (word.length > longestWord) return false;
  return /[A-Za-z0-9]_[A-Za-z0-9]/u.test(word) || /^[A-Z]{6,}$/u.test(word);
}

function proseWords(context: RuleContext): Word[] {
  const found: Word[] = [];
  for (const line of messageProse(context)) {
    for (const match of line.text.matchAll(/[A-Za-z_][A-Za-z0-9_]*/gu)) {
      const text = match[0];
      if (!looksLikeIdentifier(text) || isInPath(line.text, match.index, text.length)) continue;
      const mail = { ...line.place, column: line.place.column + match.index };
      found.push({
        text,
        at: { mail, length: text.length },
        edit: (newText) => ({ mail, length: text.length, newText }),
        message: hasDiff(context) ? 'prose' : 'reply',
      });
    }
  }
  return found;
}

/** Parts of paths, addresses and file names are no identifiers. */
function isInPath(line: string, start: number, length: number): boolean {
  const before = line[start - 1] ?? '';
  const behind = line.slice(start + length, start + length + 2);
  return /[/@.\-\\$%]/u.test(before) || /^(?:\/|@|-\w|\.\w)/u.test(behind);
}

function commentWords(context: RuleContext): Word[] {
  const found: Word[] = [];
  for (const file of context.files) {
    for (const comment of file.c.comments) {
      const text = file.c.text.slice(comment.start, comment.end);
      for (const match of text.matchAll(/[A-Za-z_][A-Za-z0-9_]*/gu)) {
        const start = comment.start + match.index;
        const word = match[0];
        if (!looksLikeIdentifier(word) || !file.isChanged(start) || isInPath(text, match.index, word.length)) continue;
        const span = { start, end: start + word.length };
        found.push({ text: word, at: { file, span }, edit: (newText) => ({ file, span, newText }), message: 'comment' });
      }
    }
  }
  return found;
}

/** A C text with its comments blanked. */
function codeText(text: string, comments: readonly { readonly start: number; readonly end: number }[]): string {
  let kept = '';
  let from = 0;
  for (const comment of comments) {
    kept += `${text.slice(from, comment.start)} `;
    from = comment.end;
  }
  return kept + text.slice(from);
}

/**
 * Tells whether a part of an identifier is a word in its own right: kernel names are made of it, or another word of this patch
 * or message has it.
 */
function knownParts(code: ReadonlySet<string>, counts: ReadonlyMap<string, number>): (part: string, inside: string) => boolean {
  const users = new Map<string, Set<string>>();
  for (const word of [...code, ...counts.keys()]) {
    for (const part of word.toLowerCase().split('_')) {
      const set = users.get(part);
      if (set === undefined) users.set(part, new Set([word]));
      else if (set.size < 3) set.add(word);
    }
  }
  return (part, inside) => {
    const lower = part.toLowerCase();
    if (identifierWords.has(lower)) return true;
    const names = users.get(lower);
    return names !== undefined && [...names].some((name) => name !== inside);
  };
}

/** Identifiers that can be meant, found by all of their parts but one. */
class References {
  private readonly byPattern = new Map<string, string[]>();
  private compared = 0;

  /** More words are alike than are compared. */
  get exhausted(): boolean {
    return this.compared > comparisons;
  }

  add(word: string): void {
    if (!looksLikeIdentifier(word)) return;
    for (const { pattern } of patterns(word)) {
      const list = this.byPattern.get(pattern);
      if (list === undefined) this.byPattern.set(pattern, [word]);
      else list.push(word);
    }
  }

  /** The identifier that the word misspells, or null. `isKnown` says that a part is a word in its own right. */
  nearest(word: string, isKnown: (part: string) => boolean): string | null {
    let best: string | null = null;
    let bestDistance = 3;
    for (const { pattern, part, at } of patterns(word)) {
      if (part.length < 4 || /\d/u.test(part) || isKnown(part)) continue;
      const limit = part.length >= 7 ? 2 : 1;
      for (const other of this.byPattern.get(pattern) ?? []) {
        const meant = other.split('_')[at] ?? '';
        if (other === word || !isMisspelling(part, meant)) continue;
        if (++this.compared > comparisons) return null;
        const distance = editDistance(part, meant, limit);
        if (distance > limit || distance >= bestDistance) continue;
        best = other;
        bestDistance = distance;
      }
    }
    return best;
  }
}

/** A plural, another case or a number is a difference that people mean. */
function isMisspelling(part: string, meant: string): boolean {
  if (meant.length < 4 || /\d/u.test(meant)) return false;
  const [left, right] = [part.toLowerCase(), meant.toLowerCase()];
  if (left === right || /^[A-Z]+$/u.test(part) !== /^[A-Z]+$/u.test(meant)) return false;
  return !['s', 'd', 'ed', 'r', 'er', 'es'].some((ending) => left === right + ending || right === left + ending);
}

/** The word with one of its parts left open, for each of its parts. */
function patterns(word: string): { pattern: string; part: string; at: number }[] {
  const parts = word.split('_');
  if (parts.length > 12) return [];
  return parts.map((part, at) => ({ pattern: parts.map((one, index) => (index === at ? '*' : one)).join('_'), part, at }));
}

export const rule = defineRule({ meta, messages, check });
