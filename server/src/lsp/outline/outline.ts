// The outline of a document, whatever its kind.

import type { Snapshot } from '../document.ts';
import { readMails } from '../mails.ts';
import { foldsOfMails, outlineOfMails } from './mail.ts';
import { outlineOfSource } from './source.ts';
import type { Fold, OutlineNode } from './tree.ts';

export interface Outline {
  readonly nodes: readonly OutlineNode[];
  /** What can be folded away besides the nodes. */
  readonly folds: readonly Fold[];
}

const outlines = new WeakMap<Snapshot, Promise<Outline>>();

/** Larger texts get no outline, in UTF-16 units. */
const LARGEST = 8 * 1024 * 1024;

/** The outline of one version, made once. */
export function outlineOf(snapshot: Snapshot): Promise<Outline> {
  const known = outlines.get(snapshot);
  if (known) return known;
  const made = makeOutline(snapshot);
  outlines.set(snapshot, made);
  return made;
}

async function makeOutline(snapshot: Snapshot): Promise<Outline> {
  if (snapshot.text.length > LARGEST || snapshot.kind === 'other') return { nodes: [], folds: [] };
  const lines = snapshot.text.split('\n');
  if (snapshot.kind === 'source') return { nodes: outlineOfSource(lines), folds: [] };
  const mails = await readMails(snapshot.path, snapshot.text, lines.length);
  return { nodes: outlineOfMails(mails), folds: foldsOfMails(mails, lines) };
}
