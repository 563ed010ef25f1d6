// A trusted folder that is a kernel tree and a git repository: its C files are reviewed, and so are its commits.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answer, goToLine, lineAt, openFile, pick, runCommand } from '../lib/actions.mjs';

const rule = 'lock-held-at-return';
const added = '\tif (group->lent)\n\t\treturn -EBUSY;\n';
const before = `int demo_lend(struct iommu_group *group, void *borrower)
{
\tmutex_lock(&group->mutex);
\tgroup->lent = borrower;
\tmutex_unlock(&group->mutex);
\treturn 0;
}
`;
const after = before.replace('\tgroup->lent = borrower;\n', (line) => added + line);

/** Writes the marks of a kernel tree and one driver, whose last commit returns with a mutex held. */
export function makeTree(folder) {
  const git = (...args) => execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-C', folder, ...args]);
  for (const path of ['drivers/iommu', 'include/linux']) mkdirSync(join(folder, path), { recursive: true });
  for (const name of ['MAINTAINERS', 'Kbuild', 'Makefile']) writeFileSync(join(folder, name), '');
  git('init', '-q', '-b', 'main');
  for (const [text, subject] of [
    [before, 'iommu: Lend groups'],
    [after, 'iommu: Lend a group once'],
  ]) {
    writeFileSync(join(folder, 'drivers', 'iommu', 'lend.c'), text);
    git('add', 'drivers', 'MAINTAINERS');
    git('commit', '-q', '-m', subject);
  }
}

export async function treeChecks({ page, check, picture }) {
  const line = after.split('\n').findIndex((text) => text.includes('-EBUSY')) + 1;

  await check('a finding in a C file of the tree stands on its line', async () => {
    await openFile(page, 'lend.c');
    const squiggle = page.locator('.monaco-editor .squiggly-error');
    await squiggle.first().waitFor({ timeout: 60_000 });
    assert.equal(await squiggle.count(), 1);
    await goToLine(page, line);
    assert.equal(await lineAt(page, squiggle.first()), line);
    await runCommand(page, 'Problems: Focus on Problems View');
    const row = page.locator('.markers-panel .monaco-list-row', { hasText: rule });
    await row.first().waitFor();
    assert.equal(await row.count(), 1);
    await picture('1-c-file');
  });

  await check('the command reviews the commits of a git range', async () => {
    await runCommand(page, 'IOMMU Review: Review Patch', { stays: true });
    await pick(page, 'Commits of a git range');
    await answer(page, 'HEAD~1..HEAD');
    await page.locator('.tab.active', { hasText: 'HEAD~1..HEAD.review' }).waitFor({ timeout: 60_000 });
    const lines = page.locator('.editor-group-container.active .view-line');
    await lines.filter({ hasText: rule }).first().waitFor();
    await lines.filter({ hasText: 'iommu: Lend a group once' }).first().waitFor();
    await picture('2-git-range');
  });

  await check('a range that git does not know is answered with its reason', async () => {
    await runCommand(page, 'IOMMU Review: Review Patch', { stays: true });
    await pick(page, 'Commits of a git range');
    await answer(page, 'nowhere..HEAD');
    await page.locator('.notification-toast', { hasText: 'The review did not run: git: fatal' }).waitFor({ timeout: 20_000 });
  });
}
