// The outline of a document, whatever its kind.

import type { Snapshot } from '../document.ts';
import { readMails } from '../mails.ts';
import { foldsOfMail, nodeOfMail } from './mail.ts';
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
/** A larger mail gets a node without anything in it, in bytes: reading one is one piece of work. The largest patches of the lists are of this size. */
const LARGEST_MAIL = 1024 * 1024;

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
  const nodes: OutlineNode[] = [];
  const folds: Fold[] = [];
  for await (const mail of readMails(snapshot.path, snapshot.text, lines.length, LARGEST_MAIL)) {
    nodes.push(nodeOfMail(mail));
    folds.push(...foldsOfMail(mail, lines));
  }
  return { nodes, folds };
}
