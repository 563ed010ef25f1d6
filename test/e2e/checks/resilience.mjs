// The server dies while a mail is open: it comes back by itself, and the findings with it, once.
import assert from 'node:assert/strict';
import { actUntil, goToLine, openFile } from '../lib/actions.mjs';

const BACK_SECONDS = 2;
/** The machine may be busy. */
const SLACK = 3;

export async function resilienceChecks({ page, check, picture, workbench }) {
  const squiggle = page.locator('.monaco-editor .squiggly-warning');
  const running = (program) => workbench.serverProcesses().filter(({ command }) => command.some((part) => part.endsWith(program)));
  const servers = () => running('dist/server.js');
  const analyses = () => running('dist/analysis.js');

  await check('a killed server is replaced and the findings are there once', async () => {
    await openFile(page, 'set-window.patch');
    await squiggle.first().waitFor({ timeout: 60_000 });
    const [first, ...others] = servers();
    assert.ok(first && others.length === 0, 'one server runs');
    const start = performance.now();
    process.kill(first.id, 'SIGKILL');
    await squiggle.first().waitFor({ state: 'detached', timeout: 10_000 });
    await squiggle.first().waitFor({ timeout: 30_000 });
    const seconds = (performance.now() - start) / 1000;
    console.log(`      the squiggle was back ${seconds.toFixed(2)} s after the death of the server`);
    assert.ok(seconds < BACK_SECONDS * SLACK, `back after ${seconds} s`);
    assert.equal(await squiggle.count(), 1);
    assert.equal(servers().length, 1);
  });

  await check('after five deaths in three minutes it stays down, says so and names the document that was under work', async () => {
    for (let deaths = 1; deaths < 5; deaths++) {
      await squiggle.first().waitFor({ timeout: 30_000 });
      const [server] = await until(servers, (found) => found.length === 1);
      // The last time, the analysis stands still with a new version of the document in hand.
      const analysis = deaths === 4 ? analyses()[0] : undefined;
      if (analysis) {
        process.kill(analysis.id, 'SIGSTOP');
        await goToLine(page, 1);
        await actUntil(() => page.keyboard.press('Enter'), page.locator('.tab.active.dirty'));
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      process.kill(server.id, 'SIGKILL');
      if (analysis) process.kill(analysis.id, 'SIGCONT');
      await until(servers, (found) => !found.some(({ id }) => id === server.id));
      await squiggle.first().waitFor({ state: 'detached', timeout: 10_000 });
    }
    const message = page.locator('.notification-toast', { hasText: 'ended five times' });
    await message.waitFor({ timeout: 20_000 });
    assert.match(await message.innerText(), /It was working on set-window\.patch/);
    await picture('1-five-deaths');
    assert.equal(servers().length, 0);
    await page.locator('.notification-toast .monaco-button', { hasText: 'Start Again' }).click();
    await squiggle.first().waitFor({ timeout: 30_000 });
    assert.equal(await squiggle.count(), 1);
    await until(analyses, (found) => found.length === 1);
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
