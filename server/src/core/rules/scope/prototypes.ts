// Prototypes that stand in prose, and what the prose says about whose state they work on.

import { sentencesOf, type PlacedText, type Sentence } from '../prose/placedText.ts';
import { wordsOf } from '../prose/patchWords.ts';

export interface Prototype {
  readonly name: string;
  /** Offset of the name in the prose. */
  readonly start: number;
  readonly takes: 'device' | 'group';
  /** What the function is about: the words of its name without scope and verb (`dma`, `owner`). */
  readonly subject: readonly string[];
}

/** Longest stretch of text that is read as one prototype, longest type in front of a name, and most prototypes of one message. */
const longest = 600;
const longestType = 80;
const most = 200;

/** Prototypes of functions that take a device or a group: a type, a name, and parameters up to a closing parenthesis. */
export function prototypesIn(prose: PlacedText): Prototype[] {
  const found: Prototype[] = [];
  for (const match of prose.text.matchAll(/\b([a-z_]\w{2,60}) ?\((?=(?:const )?struct )/gu)) {
    const name = match[1] ?? '';
    const open = match.index + match[0].length;
    const close = prose.text.slice(open, open + longest).indexOf(')');
    if (close < 0 || !isDeclared(prose.text, match.index)) continue;
    const parameters = prose.text.slice(open, open + close);
    const group = /\bstruct iommu_group \*/u.test(parameters);
    if (found.length >= most) break;
    if (group || /\bstruct (?:device|pci_dev) \*/u.test(parameters)) {
      found.push({ name, start: match.index, takes: group ? 'group' : 'device', subject: subjectOf(name) });
    }
  }
  return found;
}

/** A type stands before the name on its line: it is a declaration, no call. */
function isDeclared(text: string, start: number): boolean {
  const before = text.slice(Math.max(0, start - longestType), start);
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const specifiers = '(?:(?:extern|static|inline) )*';
  const types = '(?:int|void|bool|long|ssize_t|struct \\w+|u32|u64|ioasid_t|unsigned \\w+)';
  return new RegExp(`^[ \\t]*${specifiers}${types}[ \\t*]*$`, 'u').test(line);
}

const scopes = new Set(['iommu', 'vfio', 'iommufd', 'pci', 'device', 'dev', 'devices', 'group', 'to', 'of', 'for', 'is', 'has']);
const verbs = new Set(
  (
    'get set put add remove take drop hold release claim init exit register unregister bind unbind attach detach enable disable ' +
    'use unuse alloc free start stop mark clear'
  ).split(' '),
);

/** What a function's name says that it is about: its words without scope and verbs, or its last word where only verbs are left. */
export function subjectOf(name: string): string[] {
  const words = name.split('_').filter((word) => word.length > 2 && !scopes.has(word));
  const nouns = words.filter((word) => !verbs.has(word));
  return nouns.length > 0 ? nouns : words.slice(-1);
}

const ofGroup = [
  /\bper[- ](?:iommu[- _])?group\b/iu,
  /\b(?:attributes?|property|properties|state) of (?:the |an? |each )?(?:iommu[- _])?group\b/iu,
  /\b(?:same|whole|entire) (?:iommu[- _])?group\b/iu,
  /\btracked (?:per|by|in) (?:the |each )?(?:iommu[- _])?group\b/iu,
];

/** What a message says about groups: finds the sentence for a subject. */
export class GroupSentences {
  private readonly sentences: readonly { readonly sentence: Sentence; readonly words: ReadonlySet<string>; readonly rank: number }[];

  constructor(prose: PlacedText) {
    this.sentences = sentencesOf(prose.text).flatMap((sentence) => {
      const rank = ofGroup.findIndex((form) => form.test(sentence.text));
      if (rank < 0) return [];
      return [{ sentence, words: new Set(wordsOf(sentence.text).flatMap((word) => word.toLowerCase().split('_'))), rank }];
    });
  }

  /** The plainest sentence that says that the subject belongs to the group; it has all words of the subject. Null for none. */
  about(subject: readonly string[]): Sentence | null {
    if (subject.length === 0) return null;
    const speaking = this.sentences.filter(({ words }) => subject.every((word) => words.has(word)));
    return speaking.sort((left, right) => left.rank - right.rank)[0]?.sentence ?? null;
  }
}
