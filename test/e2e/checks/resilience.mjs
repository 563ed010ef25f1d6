// The server dies while a mail is open: it comes back by itself, and the findings with it, once.
import assert from 'node:assert/strict';
import { openFile } from '../lib/actions.mjs';

export async function resilienceChecks({ page, check, picture, workbench }) {
  const squiggle = page.locator('.monaco-editor .squiggly-warning');
  const servers = () => workbench.serverProcesses().filter(({ command }) => command.some((part) => part.endsWith('dist/server.js')));

  await check('a killed server is replaced and the findings are there once', async () => {
    await openFile(page, 'set-window.patch');
    await squiggle.first().waitFor({ timeout: 60_000 });
    const [first, ...others] = servers();
    assert.ok(first && others.length === 0, 'one server runs');
    process.kill(first.id, 'SIGKILL');
    await squiggle.first().waitFor({ state: 'detached', timeout: 10_000 });
    await squiggle.first().waitFor({ timeout: 30_000 });
    assert.equal(await squiggle.count(), 1);
    assert.equal(servers().length, 1);
  });

  await check('after five deaths in three minutes it stays down and says so', async () => {
    for (let deaths = 1; deaths < 5; deaths++) {
      await squiggle.first().waitFor({ timeout: 30_000 });
      const [server] = await until(servers, (found) => found.length === 1);
      process.kill(server.id, 'SIGKILL');
      await until(servers, (found) => !found.some(({ id }) => id === server.id));
      await squiggle.first().waitFor({ state: 'detached', timeout: 10_000 });
    }
    await page.locator('.notification-toast', { hasText: 'ended five times' }).waitFor({ timeout: 20_000 });
    await picture('1-five-deaths');
    assert.equal(servers().length, 0);
    await page.locator('.notification-toast .monaco-button', { hasText: 'Start Again' }).click();
    await squiggle.first().waitFor({ timeout: 30_000 });
  });
}

async function until(look, holds, milliseconds = 20_000) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = look();
    if (holds(found)) return found;
    if (Date.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
