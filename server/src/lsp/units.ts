// From documents and settings to what the analysis is given.

import { dirname, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findKernelTree, isKernelTree, pathInTree } from '../host/tree/kernel-tree.ts';
import type { ReviewOptions, UnitInput } from '../protocol/analysis.ts';
import type { Snapshot } from './document.ts';
import { mailInputs } from './mails.ts';
import type { Settings } from './settings.ts';

export function reviewOptions({ era, rulesOn, rulesOff }: Settings): ReviewOptions {
  return { era, rulesOn, rulesOff, model: true };
}

/** The unit of a document, or of a part of it that begins on `startLine`: its mails, or its C text. */
export async function unitOf(
  snapshot: Snapshot,
  kernelRoot: string | null,
  signal: AbortSignal,
  { text, startLine }: { readonly text: string; readonly startLine: number } = { text: snapshot.text, startLine: 1 },
): Promise<readonly UnitInput[]> {
  const { kind, path } = snapshot;
  if (kind !== 'source') return mailInputs(path, text, startLine, signal);
  return [{ kind, path, treePath: treePathOf(snapshot, kernelRoot), bytes: new TextEncoder().encode(text) }];
}

/** The unit of a git range: one mail a commit, from what git printed. */
export async function unitOfRange(range: string, patches: Uint8Array, signal: AbortSignal): Promise<readonly UnitInput[]> {
  return (await mailInputs(range, patches, 1, signal)).map((mail) => ({ ...mail, origin: 'range' }));
}

/** Path of a document's file from the root of the tree; null where it is no file, or stands outside, or there is no tree. */
export function treePathOf(snapshot: Snapshot, kernelRoot: string | null): string | null {
  if (kernelRoot === null || snapshot.kind !== 'source' || !snapshot.uri.startsWith('file:')) return null;
  return pathInTree(kernelRoot, snapshot.path);
}

/** Whether a C file lies in some kernel tree, be it one that may be read or not. */
export function standsInKernelTree(snapshot: Snapshot): boolean {
  return snapshot.uri.startsWith('file:') && findKernelTree(dirname(snapshot.path)) !== null;
}

/** The kernel tree that the user set, or the one around a trusted folder; null if there is none. */
export function kernelRootFor({ kernelPath, trusted }: Settings, folders: readonly string[]): string | null {
  if (kernelPath !== null) return isAbsolute(kernelPath) && isKernelTree(kernelPath) ? findKernelTree(kernelPath) : null;
  if (!trusted) return null;
  for (const uri of folders) {
    if (!uri.startsWith('file:')) continue;
    try {
      const root = findKernelTree(fileURLToPath(uri));
      if (root !== null) return root;
    } catch {
      // A file URI of another host names no folder here.
    }
  }
  return null;
}
