// From places of a report to places of the protocol: a mail's own lines in the opened document, others in files of the kernel tree.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Location, Range } from 'vscode-languageserver/node';
import type { Finding, MailRange, Related, SourceLocation } from '../../protocol/finding.ts';
import { whyUnsafe } from '../../host/tree/tree-path.ts';
import type { Snapshot } from '../document.ts';

/** What is needed to name places: the opened document, and the root of the kernel tree, if any. */
export interface Ground {
  readonly snapshot: Snapshot;
  readonly kernelRoot: string | null;
  /** Path of the document from that root, if it is a C file of the tree. */
  readonly treePath: string | null;
}

/** Where a finding stands, or what was confirmed, in the opened document; its first line where it stands nowhere in it. */
export function rangeOf(finding: Pick<Finding, 'mail' | 'location'>, { snapshot }: Ground): Range {
  if (finding.mail) return snapshot.range(finding.mail);
  if (snapshot.kind === 'source' && finding.location) return snapshot.range(finding.location);
  return snapshot.lineRange(1);
}

/** Where a step of the evidence stands, or null where no file at hand shows it. */
export function locationOf(related: Pick<Related, 'mail' | 'location'>, ground: Ground): Location | null {
  if (related.mail && related.mail.path === ground.snapshot.path) {
    return { uri: ground.snapshot.uri, range: ground.snapshot.range(related.mail) };
  }
  const { location } = related;
  if (!location) return null;
  if (ground.snapshot.kind === 'source' && isSame(location.file, ground)) {
    return { uri: ground.snapshot.uri, range: ground.snapshot.range(location) };
  }
  const path = inTree(location.file, ground.kernelRoot);
  return path === null ? null : { uri: pathToFileURL(path).href, range: plainRange(location) };
}

/** A file of the kernel tree by its path from the root; null without a tree and for a path that our rule refuses. */
function inTree(file: string, root: string | null): string | null {
  return root === null || whyUnsafe(file) !== null ? null : join(root, file);
}

/** Whether a path of the report names the opened document. */
export function isSame(file: string, { snapshot, treePath }: Ground): boolean {
  return file === snapshot.path || file === treePath;
}

function plainRange(place: SourceLocation | MailRange): Range {
  const at = (line: number, character: number) => ({ line: Math.max(0, line - 1), character: Math.max(0, character - 1) });
  return { start: at(place.line, place.column), end: at(place.endLine, place.endColumn) };
}
