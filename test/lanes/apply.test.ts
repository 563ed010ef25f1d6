// Every patch of the archive, applied to the judge's synthetic tree by us and by git: the same blobs. Run with `npm run lanes`.

import { expect, test } from 'vitest';
import { applyHunks } from '../../server/src/core/patch/diff/applyHunks.ts';
import { blobId, findBase } from '../../server/src/core/patch/diff/base.ts';
import { bytesOf } from '../../server/src/core/patch/bytes.ts';
import { outside, read } from './oracle/compare.ts';
import { judge } from './oracle/judge.ts';
import { readMbox } from './oracle/material.ts';
import { preImage } from './oracle/syntheticTree.ts';

test('patches give the blobs that git apply gives, and can be taken back', async () => {
  const mails = readMbox('corpus/patches-2019-2020.mbox.gz');
  const verdicts = await judge(mails.map((mail) => mail.bytes));
  const wrong: string[] = [];
  let blobs = 0;
  let created = 0;
  let createdAsGit = 0;
  mails.forEach((mail, index) => {
    const verdict = verdicts[index];
    if (verdict?.ok !== true) return;
    const { message } = read(mail.bytes);
    const id = message.messageId ?? String(mail.startLine);
    for (const made of verdict.new_blobs ?? []) {
      created++;
      const file = message.git.files.find((one) => one.newPath === made.path);
      const found = file === undefined ? null : findBase(file, outside);
      if (found?.afterId === made.blob && made.blob.startsWith(made.index) === made.match) createdAsGit++;
      else wrong.push(`${id} ${made.path}: created as ${String(found?.afterId)}, git ${made.blob}`);
    }
    const { synth } = verdict;
    if (synth?.pre === undefined) return;
    const { pre } = synth;
    const tree = new Map<string, string>();
    for (const file of message.git.files) if (file.oldPath !== null) tree.set(file.oldPath, preImage(file));
    const ids = (): Record<string, string> =>
      Object.fromEntries([...tree].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, text]) => [path, blobId(text, outside.sha1)]));
    const before = ids();
    if (JSON.stringify(before) !== JSON.stringify(pre)) return void wrong.push(`${id}: another pre-image than the judge's`);
    const inside = { ...outside, hasTree: true, readTree: (path: string) => (tree.has(path) ? bytesOf(tree.get(path) ?? '') : null) };
    const results = message.git.files.map((file) => ({ file, found: findBase(file, inside) }));
    if (synth.git_rc !== 0) {
      if (results.every(({ found }) => found.kind === 'tree' || found.kind === 'new'))
        wrong.push(`${id}: git refuses (${synth.git_error ?? ''}), we do not`);
      return;
    }
    for (const { file, found } of results) {
      if (file.oldPath !== null && file.kind !== 'copy') tree.delete(file.oldPath);
      if (found.after !== null && file.newPath !== null) tree.set(file.newPath, found.after);
      if (found.kind !== 'tree' && found.kind !== 'new')
        wrong.push(`${id} ${file.newPath ?? file.oldPath ?? ''}: base ${found.base} (${found.reason})`);
      if (found.kind !== 'tree' || found.after === null || found.before === null) continue;
      const back = applyHunks(found.after, file, { reverse: true });
      if (!back.ok || back.text !== found.before) wrong.push(`${id} ${file.newPath ?? ''}: the way back does not end where it began`);
    }
    const after = ids();
    blobs += Object.keys(after).length;
    if (JSON.stringify(after) !== JSON.stringify(synth.post))
      wrong.push(`${id}: ${JSON.stringify(after)}, git ${JSON.stringify(synth.post)}`.slice(0, 500));
  });
  expect(wrong).toEqual([]);
  expect({ created, createdAsGit }).toEqual({ created, createdAsGit: created });
  expect(blobs).toBeGreaterThan(8000);
  process.stdout.write(`${blobs} blobs and ${created} created files as git makes them\n`);
});
