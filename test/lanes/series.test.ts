// Every series of the archive, applied from the first patch to the last and taken back from the last to the first: the start again.
// The start is made from the series itself: lines that its hunks ask for where they ask for them. Run with `npm run lanes`.

import { expect, test } from 'vitest';
import { applyHunks, lineBytes } from '../../server/src/core/patch/diff/applyHunks.ts';
import { parseMessage } from '../../server/src/core/patch/message.ts';
import { findSeries } from '../../server/src/core/patch/threads/series.ts';
import type { FileChange } from '../../server/src/core/patch/types.ts';
import { outside } from './oracle/compare.ts';
import { readMbox } from './oracle/material.ts';

/** A line of a file at the start; its text is not known before a hunk names it. */
interface Cell {
  text: string | null;
}

/** What is known of one file: its lines at the start, and those now. */
interface Sketch {
  readonly start: Cell[];
  readonly now: Cell[];
}

/** Takes a change into the sketch; false where the hunks contradict what is known, as in a series with patches missing. */
function sketchChange(sketch: Sketch, file: FileChange): boolean {
  for (const hunk of file.hunks) {
    let at = hunk.newStart - (hunk.newCount === 0 ? 0 : 1);
    for (const line of hunk.lines) {
      if (line.kind === 'added') {
        sketch.now.splice(at++, 0, { text: lineBytes(line) });
        continue;
      }
      while (sketch.now.length <= at) {
        const cell = { text: null };
        sketch.start.push(cell);
        sketch.now.push(cell);
      }
      const cell = sketch.now[at];
      if (cell === undefined) return false;
      cell.text ??= lineBytes(line);
      if (cell.text !== lineBytes(line)) return false;
      if (line.kind === 'context') at++;
      else sketch.now.splice(at, 1);
    }
  }
  return sketch.now.every((cell, index) => index === sketch.now.length - 1 || cell.text?.endsWith('\n') !== false);
}

/** The tree at the start of a series; null where its patches do not fit together, or do more than change, create and delete files. */
function startOf(patches: readonly (readonly FileChange[])[]): Map<string, string> | null {
  const sketches = new Map<string, Sketch>();
  const there = new Set<string>();
  for (const file of patches.flat()) {
    const path = file.newPath ?? file.oldPath;
    if (path === null || !['modify', 'create', 'delete'].includes(file.kind) || file.binary) return null;
    if (file.oldPath !== null && !sketches.has(path)) there.add(path);
    const sketch = sketches.get(path) ?? { start: [], now: [] };
    sketches.set(path, sketch);
    if (!sketchChange(sketch, file)) return null;
    if (file.kind === 'delete' && sketch.now.length > 0) return null;
  }
  const tree = new Map<string, string>();
  for (const path of there) {
    const lines = sketches.get(path)?.start ?? [];
    tree.set(path, lines.map((cell, index) => cell.text ?? `/* line ${String(index + 1)} is not known */\n`).join(''));
  }
  return tree;
}

/** Applies one patch to the tree, forward or back; says what does not fit. */
function apply(tree: Map<string, string>, files: readonly FileChange[], reverse: boolean): string | null {
  for (const file of reverse ? [...files].reverse() : files) {
    const [from, to] = reverse ? [file.newPath, file.oldPath] : [file.oldPath, file.newPath];
    const result = applyHunks(from === null ? '' : (tree.get(from) ?? ''), file, { reverse });
    if (!result.ok) return `${from ?? to ?? ''} does not fit`;
    if (from !== null) tree.delete(from);
    if (to !== null) tree.set(to, result.text);
    else if (result.text !== '') return `${from ?? ''} is gone, but not empty`;
  }
  return null;
}

const listed = (tree: ReadonlyMap<string, string>): string => JSON.stringify([...tree].sort(([a], [b]) => (a < b ? -1 : 1)));

test('a series that is applied and taken back leaves what was there', () => {
  const messages = ['patches-2019-2020', 'threads/default-domain', 'threads/iommufd-uapi', 'threads/dma-ownership'].flatMap((name) =>
    readMbox(`corpus/${name}.mbox.gz`).map((mail) => parseMessage(mail.bytes, { path: name, startLine: mail.startLine }, outside)),
  );
  const found = findSeries(messages.map((message) => ({ ...message, subject: message.rawSubject }))).filter((one) => one.parts.length > 1);
  const wrong: string[] = [];
  let walked = 0;
  let patchesWalked = 0;
  for (const series of found) {
    const patches = series.parts.map((part) => messages[part]?.git.files ?? []);
    const start = startOf(patches);
    if (start === null) continue;
    walked++;
    patchesWalked += patches.length;
    const tree = new Map(start);
    const states = [listed(tree)];
    for (const files of patches) {
      const fault = apply(tree, files, false);
      if (fault !== null) wrong.push(`${series.title}: ${fault}`);
      states.push(listed(tree));
    }
    for (const files of [...patches].reverse()) {
      const fault = apply(tree, files, true);
      states.pop();
      if (fault !== null) wrong.push(`${series.title}: on the way back ${fault}`);
      else if (listed(tree) !== states.at(-1)) wrong.push(`${series.title}: the way back passes another state`);
    }
  }
  process.stdout.write(`${String(walked)} of ${String(found.length)} series (${String(patchesWalked)} patches) walked there and back\n`);
  expect(wrong).toEqual([]);
  expect(walked).toBeGreaterThan(200);
});
