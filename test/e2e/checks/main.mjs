// The way of a reviewer: open a patch mail, see the finding, read the evidence, take the fix, read the review.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { actUntil, goToLine, lineAt, openFile, openQuickFixes, pick, putCursorOn, runCommand } from '../lib/actions.mjs';
import { applies } from '../lib/patch.mjs';

const mail = 'set-window.patch';
const rule = 'errno-busy-vs-invalid';
const wrong = 'ret = -EINVAL;';

/** 1-based line of the first added line that has `part`. */
const lineOf = (text, part) => text.split('\n').findIndex((line) => line.startsWith('+') && line.includes(part)) + 1;

async function showHover(page) {
  await page.keyboard.press('Control+K');
  await page.keyboard.press('Control+I');
}

export async function mainChecks({ page, folder, check, picture, workbench, readme }) {
  const path = join(folder, mail);
  const original = readFileSync(path, 'utf8');
  const line = lineOf(original, wrong);
  const squiggle = page.locator('.monaco-editor .squiggly-warning');

  await check('a patch mail gets its language', async () => {
    await openFile(page, mail);
    await page.locator('.statusbar-item', { hasText: 'Kernel Patch Mail' }).waitFor();
  });

  await check('the squiggle stands on the line of the wrong errno', async () => {
    await squiggle.first().waitFor({ timeout: 60_000 });
    await goToLine(page, line);
    assert.equal(await squiggle.count(), 1, 'exactly one warning in the mail');
    assert.equal(await lineAt(page, squiggle.first()), line);
    await picture('1-squiggle');
  });

  await check('the Problems view has the finding with its evidence', async () => {
    await runCommand(page, 'Problems: Focus on Problems View');
    const row = page.locator('.markers-panel .monaco-list-row', { hasText: rule });
    await row.first().waitFor();
    assert.equal(await row.count(), 1);
    assert.match(await row.first().innerText(), new RegExp(`Ln ${line}\\b`));
    const related = page.locator('.markers-panel .monaco-list-row .related-info, .markers-panel .monaco-list-row[aria-level="3"]');
    if ((await related.count()) === 0) {
      await row.first().click();
      await page.keyboard.press('ArrowRight');
    }
    await related.first().waitFor();
    await picture('2-problems');
  });

  await check('the hover explains the finding', async () => {
    await page.locator('.tab', { hasText: mail }).click();
    await goToLine(page, line);
    await putCursorOn(page, squiggle.first());
    const hover = page.locator('.monaco-hover', { hasText: 'Would be refuted by' });
    await actUntil(() => showHover(page), hover);
    const text = await hover.first().innerText();
    assert.match(text, /The request is right and comes at the wrong moment/);
    assert.match(text, new RegExp(rule));
    assert.equal(text.match(/where the group is owned or used/g)?.length, 1, 'the message is shown once');
    await picture('3-hover');
    await page.keyboard.press('Escape');
  });

  await check('the outline shows mail, file, hunk and function', async () => {
    await runCommand(page, 'Explorer: Focus on Outline View');
    const rows = page.locator('.outline-pane .monaco-list-row');
    await rows.filter({ hasText: 'iommu_group_set_window' }).first().waitFor();
    for (const name of ['Let user space set the window', 'drivers/iommu/iommu.c', '@@ -2107']) {
      assert.ok((await rows.filter({ hasText: name }).count()) > 0, `the outline names ${name}`);
    }
    await picture('4-outline');
    await page.locator('.tab', { hasText: mail }).click();
  });

  await check('the quick fix mends the patch, and its hunk stays well-formed', async () => {
    await goToLine(page, line);
    await putCursorOn(page, squiggle.first());
    await openQuickFixes(page, '-EBUSY');
    await picture('5-quick-fix');
    await page.keyboard.press('Enter');
    await page.locator('.view-line', { hasText: '-EBUSY' }).first().waitFor();
    await squiggle.first().waitFor({ state: 'detached', timeout: 30_000 });
    await page.keyboard.press('Control+S');
    await page.locator('.tab.active:not(.dirty)').waitFor();
    const mended = readFileSync(path, 'utf8');
    assert.equal(mended, original.replace(wrong, 'ret = -EBUSY;'), 'the errno changed and nothing else');
    assert.equal(applies(mended), null);
    await picture('6-fixed');
  });

  await check('the command opens a review whose findings lead to their lines', async () => {
    await openFile(page, 'held-lock.patch');
    await page.locator('.markers-panel .monaco-list-row', { hasText: 'lock-held-at-return' }).first().waitFor({ timeout: 60_000 });
    await goToLine(page, lineOf(readFileSync(join(folder, 'held-lock.patch'), 'utf8'), 'return ret;'));
    await page.locator('.monaco-editor .squiggly-error').first().waitFor();
    await runCommand(page, 'IOMMU Review: Review Patch', { stays: true });
    await pick(page, 'This file');
    const tab = page.locator('.tab.active', { hasText: 'held-lock.patch.review' });
    await tab.waitFor({ timeout: 60_000 });
    await page.locator('.editor-group-container.active .view-line', { hasText: 'lock-held-at-return' }).first().waitFor();
    const link = page.locator('.editor-group-container.active .detected-link').first();
    await link.waitFor();
    await picture('7-review');
    await link.click({ modifiers: ['Control'] });
    await page.locator('.tab.active[data-resource-name="held-lock.patch"]').first().waitFor();
  });

  await check('a fix that adds lines mends the counts of its hunk too', async () => {
    const lockPath = join(folder, 'held-lock.patch');
    const error = page.locator('.editor-group-container.active .squiggly-error');
    await error.first().waitFor();
    await putCursorOn(page, error.first());
    await openQuickFixes(page, 'mutex_unlock()');
    await page.keyboard.press('Enter');
    await page.locator('.editor-group-container.active .view-line', { hasText: '+1204,19' }).first().waitFor();
    await error.first().waitFor({ state: 'detached', timeout: 30_000 });
    await page.keyboard.press('Control+S');
    await page.locator('.editor-group-container.active .tab.active:not(.dirty)').waitFor();
    assert.equal(applies(readFileSync(lockPath, 'utf8')), null);
    await picture('9-lock-released');
    // As it was, for what comes after.
    await page.keyboard.press('Control+Z');
    await page.keyboard.press('Control+S');
    await error.first().waitFor({ timeout: 30_000 });
  });

  await check('the command reviews the clipboard', async () => {
    await page.evaluate((text) => navigator.clipboard.writeText(text), original);
    await runCommand(page, 'IOMMU Review: Review Patch', { stays: true });
    await pick(page, 'The clipboard');
    await page.locator('.tab.active', { hasText: '.review' }).waitFor({ timeout: 60_000 });
    await page.locator('.editor-group-container.active .view-line', { hasText: rule }).first().waitFor();
    await picture('8-clipboard');
  });

  const log = workbench.log();
  if (log === '') console.log('skip  main: this VS Code keeps no logs; whether they have errors is not known');
  else
    await check('no message of the extension or its server is an error', () => {
      const errors = log.split('\n').filter((text) => /\[error\]/.test(text));
      assert.deepEqual(errors, []);
    });

  if (readme) {
    await check('the picture of the README is renewed', () =>
      takeReadmePicture(page, readme, readFileSync(join(folder, 'held-lock.patch'), 'utf8')),
    );
  }
}

/** One finding in the editor with its explanation, and its evidence in the Problems view. */
async function takeReadmePicture(page, folder, mail) {
  await page.setViewportSize({ width: 1180, height: 900 });
  await runCommand(page, 'View: Close All Editors');
  // The copy of the clipboard is not kept.
  const discard = page.locator('.monaco-dialog-box .monaco-button', { hasText: "Don't Save" });
  if (await discard.isVisible()) await discard.click();
  await openFile(page, 'held-lock.patch');
  await runCommand(page, 'View: Close Primary Side Bar');
  await runCommand(page, 'Notifications: Clear All Notifications');
  await page.locator('.markers-panel .monaco-list-row', { hasText: 'lock-held-at-return' }).first().waitFor({ timeout: 60_000 });
  await goToLine(page, lineOf(mail, 'return ret;'));
  await putCursorOn(page, page.locator('.monaco-editor .squiggly-error').first());
  const hover = page.locator('.monaco-hover', { hasText: 'Would be refuted by' });
  await actUntil(() => showHover(page), hover);
  // Without the title bar, which names the folder of this run.
  await page.screenshot({ path: join(folder, 'editor.png'), clip: { x: 0, y: 30, width: 1180, height: 870 } });
}
