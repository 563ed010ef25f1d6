// A folder that the user does not trust: patches are still reviewed; git is not offered.
import assert from 'node:assert/strict';
import { openFile, pick, runCommand } from '../lib/actions.mjs';

export async function untrustedChecks({ page, check, picture }) {
  await check('patches are reviewed without trust', async () => {
    await openFile(page, 'set-window.patch');
    await page.locator('.monaco-editor .squiggly-warning').first().waitFor({ timeout: 60_000 });
    await page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
    await picture('1-restricted');
  });

  await check('the command works, and offers no git range', async () => {
    await runCommand(page, 'IOMMU Review: Review Patch', { stays: true });
    const rows = page.locator('.quick-input-list .monaco-list-row');
    await rows.filter({ hasText: 'This file' }).first().waitFor();
    assert.equal(await rows.filter({ hasText: 'git range' }).count(), 0);
    await pick(page, 'This file');
    await page.locator('.tab.active', { hasText: 'set-window.patch.review' }).waitFor({ timeout: 60_000 });
  });
}
