// Held locks in the editor: as a hover on a line of a patch, and as hints at the end of lines.
import assert from 'node:assert/strict';
import { actUntil, goToLine, openFile, putCursorOn } from '../lib/actions.mjs';

const patch = 'held-lock.patch';

export async function lockChecks({ page, check, picture }) {
  await check('a hover on a line of a hunk names the held lock and the line that took it', async () => {
    await openFile(page, patch);
    await goToLine(page, 30);
    await putCursorOn(page, page.locator('.view-line span span', { hasText: 'iommu_group_prepare_move' }).last());
    const hover = page.locator('.monaco-hover', { hasText: 'Locks held here' });
    await actUntil(async () => {
      await page.keyboard.press('Control+K');
      await page.keyboard.press('Control+I');
    }, hover);
    const text = await hover.first().innerText();
    assert.match(text, /iommu_group_move_device\(\)/);
    assert.match(text, /group->mutex \(mutex\): taken on line 25/);
    await picture('1-hover');
    await page.keyboard.press('Escape');
  });

  await check('hints stand at the end of the lines where the held locks change', async () => {
    const hints = page.locator('.view-line', { hasText: 'held:' });
    await hints.first().waitFor({ timeout: 30_000 });
    const lines = (await hints.allInnerTexts()).map((line) => line.replace(/\s+/g, ' ').trim());
    assert.ok(
      lines.some((line) => line.includes('iommu_group_find_device(group, dev);held: group->mutex')),
      lines.join('\n'),
    );
    await picture('2-hints');
  });
}
