import type { Outside } from '../base/outside.ts';
import { eraByName, eraOfPatch, eraOfTree, type EraGuess } from '../kernel/eras.ts';
import type { Message, Patch } from '../patch/types.ts';

/** The era of a review: as the user set it, else the tree's, else what the patch and the date of its mail tell. */
export function eraOf(wanted: string, outside: Outside, words: ReadonlySet<string>, dateEpoch: number | null): EraGuess {
  const named = eraByName(wanted);
  if (named !== null) return { id: named, certain: true, beyondTables: false, reason: 'set by the user' };
  return eraOfTree(outside) ?? eraOfPatch(words, dateEpoch);
}

/** All identifiers of a patch and of its message. */
export function wordsOf(message: Message, patch: Patch | null): Set<string> {
  const words = new Set<string>();
  const add = (text: string): void => {
    for (const match of text.matchAll(/[A-Za-z_]\w*/g)) words.add(match[0]);
  };
  for (const change of patch?.files ?? []) for (const hunk of change.hunks) for (const line of hunk.lines) add(line.text);
  for (const line of patch?.commitMessage ?? message.body) add(line.text);
  return words;
}
