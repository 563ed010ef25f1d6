// Stepping through schedules in the editor's debugger: of a scenario, and of a finding in a patch mail.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { actUntil, goToLine, lineAt, openFile, openQuickFixes, pick, runCommand } from '../lib/actions.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const corpus = process.env.IOMMU_REVIEW_CORPUS ?? join(root, '..', 'shared');

/** The third posting of the default-domain series, <c76e3912c49d5a28bd9c8c30fb35d546a2f26724.1590686413.git.sai.praneeth.prakhya@intel.com>. */
export const posting = join(corpus, 'corpus', 'labelled', 'mail', 'c87959cf51cd.eml');
const mail = 'store-type.eml';

const patch = 'held-lock.patch';

/** A schedule in which two threads run the code of the patch; lines are those of the patch file. */
function twoWriters(path) {
  const step = (thread, line, text, owner, changes = []) => {
    const mail = { path, line, column: 2, endLine: line, endColumn: 40 };
    return {
      n: 0,
      thread,
      call: `move(G) by ${thread}`,
      frame: [{ function: 'iommu_group_move_device', location: null, mail, locals: { group: 'G', ret: 0 } }],
      step: text,
      source: '',
      location: null,
      mail,
      changes,
      locks: { T1: owner === 'T1' ? ['G.mutex'] : [], T2: owner === 'T2' ? ['G.mutex'] : [] },
      choice: null,
    };
  };
  return {
    version: 1,
    scenario: 'two writers',
    era: 'v6.12',
    violation: { kind: 'deadlock', invariant: 'I31', message: 'T2 waits for a mutex that T1 took along' },
    initial: { 'G.devices': ['A', 'B'], 'G.owner_cnt': 1 },
    threads: ['T1', 'T2'].map((id) => ({ id, actor: id, entry: `move(G) by ${id}` })),
    steps: [
      step('T1', 25, 'lock G.mutex', 'T1'),
      step('T1', 26, 'the device of G', 'T1'),
      step('T2', 25, 'wait for G.mutex', 'T1'),
      step('T1', 30, 'A is prepared', 'T1', [{ path: 'G.owner_cnt', before: 1, after: 2 }]),
      step('T1', 32, 'return with G.mutex', 'T1'),
    ],
  };
}

/** Adds a launch configuration for a scenario, and the posting where it is at hand. */
export function addLaunches(folder) {
  mkdirSync(join(folder, '.vscode'));
  const launch = { type: 'iommu-review', request: 'launch' };
  const configurations = [
    { ...launch, name: 'Refused lock order', scenario: 'S001-14', era: 'defdom-2020-v3' },
    { ...launch, name: 'Saved review', trace: 'review.json', fingerprint: 'two-writers' },
  ];
  writeFileSync(join(folder, '.vscode', 'launch.json'), JSON.stringify({ version: '0.2.0', configurations }));
  const trace = twoWriters(join(folder, patch));
  writeFileSync(join(folder, 'review.json'), JSON.stringify({ findings: [{ rule: 'example', fingerprint: 'two-writers', trace }] }));
  if (existsSync(posting)) copyFileSync(posting, join(folder, mail));
}

const top = (page) => page.locator('.editor-group-container.active .debug-top-stack-frame-line').first();
const callStack = (page, text) => page.locator('.debug-call-stack .monaco-list-row', { hasText: text }).first();
const variable = (page, text) => page.locator('.debug-variables .monaco-list-row', { hasText: text }).first();
const toolbar = (page) => page.locator('.debug-toolbar');

/** Presses a button of the debugger's toolbar: `Step Over`, `Step Back`, `Continue`, `Reverse`, `Stop`. */
async function press(page, name) {
  await toolbar(page).locator(`.action-label[aria-label^="${name}"]`).first().click();
}

/** Waits until the editor has gone to the line where the thread stands, and marks it. */
async function standsOn(page, line) {
  await page.locator('.statusbar-item', { hasText: `Ln ${line}, Col` }).waitFor({ timeout: 20_000 });
  // The mark is drawn a moment after the cursor has moved.
  let lines = [];
  for (let tries = 0; tries < 20; tries++) {
    const marks = await page.locator('.editor-group-container.active .debug-top-stack-frame-line').all();
    lines = await Promise.all(marks.map((mark) => lineAt(page, mark).catch(() => null)));
    if (lines.includes(line)) return;
    await page.waitForTimeout(250);
  }
  assert.fail(`${line} is not marked, but ${lines}`);
}

/** Opens a row of the variables view, which is drawn anew at each stop. */
async function expand(page, name) {
  const row = variable(page, name);
  for (let tries = 0; tries < 20; tries++) {
    await row.waitFor({ timeout: 20_000 });
    if ((await row.getAttribute('aria-expanded')) === 'true') return;
    await row.locator('.monaco-tl-twistie').click({ timeout: 2000 });
    await page.waitForTimeout(300);
  }
  throw new Error(`${name} does not open`);
}

/** Closes all scopes but one: rows that the view has no room for are not drawn. */
async function closeOthers(page, name) {
  const open = page.locator('.debug-variables .monaco-list-row[aria-level="1"][aria-expanded="true"]').filter({ hasNotText: name });
  for (let left = 10; left > 0 && (await open.count()) > 0; left--) {
    // A row that was drawn anew meanwhile is looked for again.
    await open
      .last()
      .locator('.monaco-tl-twistie')
      .click({ timeout: 2000 })
      .catch(() => undefined);
    await page.waitForTimeout(200);
  }
}

/** A variable of a scope. A step that has just been made lays the view anew, and closes what was opened in the old one. */
async function inScope(page, scope, name) {
  const row = variable(page, name);
  for (let tries = 0; tries < 10; tries++) {
    await closeOthers(page, scope);
    await expand(page, scope);
    try {
      await row.waitFor({ timeout: 2000 });
      return row;
    } catch {
      // Closed again in between.
    }
  }
  throw new Error(`${scope} does not show ${String(name)}`);
}

/** Ends the session and waits until the editor has no debugger any more. */
async function stop(page) {
  await press(page, 'Stop');
  await toolbar(page).waitFor({ state: 'hidden', timeout: 20_000 });
}

/** Presses a button until a thread's state in the call stack is `text`. */
async function until(page, name, text, tries = 60) {
  for (let left = tries; ; left--) {
    await press(page, name);
    try {
      await callStack(page, text).waitFor({ timeout: 1500 });
      return;
    } catch (error) {
      if (left <= 1) throw error;
    }
  }
}

/** Presses a button once; then `thread` has to be the one that moves next, by `step` on `line`. */
async function move(page, name, thread, step, line) {
  await press(page, name);
  const rows = page.locator('.debug-call-stack .monaco-list-row', { hasText: `${thread}: ` });
  await rows
    .filter({ hasText: `next: ${step}` })
    .first()
    .waitFor({ timeout: 20_000 });
  await standsOn(page, line);
}

export async function scenarioChecks({ page, check, picture }) {
  await check('a scenario is run and stepped through from a launch configuration', async () => {
    await actUntil(() => page.keyboard.press('F5'), toolbar(page), 4, 15_000);
    await callStack(page, 'next: store on G begins').waitFor({ timeout: 60_000 });
    await callStack(page, 'T1: write_type(G, identity)').waitFor();
    await callStack(page, 'T2: bind(A, nic)').waitFor();
    await top(page).waitFor();
    await picture('1-entry');
  });

  await check('a step goes forward, and a step back undoes it', async () => {
    await inScope(page, 'Group G', 'default_domain');
    assert.match(await variable(page, 'default_domain').innerText(), /dma1/);
    await press(page, 'Step Over');
    await callStack(page, 'next: lock G.mutex').waitFor({ timeout: 20_000 });
    await press(page, 'Step Over');
    await inScope(page, 'Locks', 'G.mutex');
    await picture('2-step');
    await press(page, 'Step Back');
    await callStack(page, 'next: lock G.mutex').waitFor({ timeout: 20_000 });
    await variable(page, 'no lock is held').waitFor({ timeout: 20_000 });
  });

  await check('it runs into the deadlock, and back to the start', async () => {
    await press(page, 'Continue');
    await page.locator('.exception-widget', { hasText: 'T1 waits for T2 waits for T1' }).waitFor({ timeout: 20_000 });
    await picture('3-deadlock');
    await press(page, 'Reverse');
    await callStack(page, 'next: store on G begins').waitFor({ timeout: 20_000 });
    await stop(page);
  });
}

/** A saved review: both threads stand on lines of the patch. */
export async function savedChecks({ page, check, picture }) {
  await check('a breakpoint on a line of a patch is verified, and stops both threads there', async () => {
    await openFile(page, patch);
    await goToLine(page, 25);
    await actUntil(() => page.keyboard.press('F9'), page.locator('.codicon-debug-breakpoint'), 1, 10_000);
    await runCommand(page, 'Debug: Select and Start Debugging', { stays: true });
    await pick(page, 'Saved review');
    await callStack(page, 'next: lock G.mutex').waitFor({ timeout: 60_000 });
    await standsOn(page, 25);
    await press(page, 'Continue');
    await callStack(page, 'next: wait for G.mutex').waitFor({ timeout: 20_000 });
    await page.locator('.codicon-debug-breakpoint').first().waitFor();
    await standsOn(page, 25);
    await picture('1-breakpoint');
  });

  await check('steps go over lines of the patch in both threads, forward and back', async () => {
    const at = async (name, text, line) => {
      await press(page, name);
      await callStack(page, text).waitFor({ timeout: 20_000 });
      await standsOn(page, line);
    };
    await at('Step Over', 'next: A is prepared', 30);
    await at('Step Over', 'next: return with G.mutex', 32);
    await inScope(page, 'Group G', /^owner_cnt ?= ?2/);
    await picture('2-group');
    await at('Step Back', 'next: A is prepared', 30);
    await inScope(page, 'Group G', /^owner_cnt ?= ?1/);
    await at('Step Back', 'next: wait for G.mutex', 25);
    await at('Step Back', 'next: the device of G', 26);
    await stop(page);
  });
}

export async function findingChecks({ page, check, picture }) {
  if (!existsSync(posting)) {
    console.log(`missing  the posting ${posting}: its schedule is not stepped through`);
    return;
  }
  const rule = 'stale-pointer-after-unlock-noref';

  await check('the finding of the model stands in the posting, with a lens above it', async () => {
    await openFile(page, mail);
    await runCommand(page, 'Problems: Focus on Problems View');
    const row = page.locator('.markers-panel .monaco-list-row', { hasText: rule }).first();
    await row.waitFor({ timeout: 120_000 });
    await row.dblclick();
    await page.locator('.monaco-editor .squiggly-error').first().waitFor({ timeout: 20_000 });
    await page.locator('.codelens-decoration:visible', { hasText: 'Step through the schedule' }).first().waitFor({ timeout: 20_000 });
    await picture('1-finding');
  });

  await check('its code action starts the debugger on the first line of the patch', async () => {
    await openQuickFixes(page, 'Step through the schedule');
    await page.locator('.action-widget .monaco-list-row', { hasText: 'Step through the schedule' }).first().click();
    await callStack(page, 'T1: write_type(G, identity)').waitFor({ timeout: 60_000 });
    await callStack(page, 'T2: unplug(A)').waitFor();
    await until(page, 'Step Over', 'next: lock G.mutex');
    await page.locator(`.tab.active[data-resource-name="${mail}"]`).waitFor();
    await standsOn(page, 241);
    await picture('2-first-line');
  });

  await check('steps go over lines of the patch, forward and back, and the variables show the group', async () => {
    await press(page, 'Step Over');
    await callStack(page, 'next: iommu_group_device_count(group)').waitFor({ timeout: 20_000 });
    await standsOn(page, 242);
    assert.match(await (await inScope(page, 'Group G', /^devices/)).innerText(), /\[A\]/);
    await press(page, 'Step Back');
    await callStack(page, 'next: lock G.mutex').waitFor({ timeout: 20_000 });
    await standsOn(page, 241);
    await picture('3-variables');
  });

  await check('the other thread moves in between, and the group loses its device', async () => {
    await until(page, 'Step Over', 'next: A without group');
    await inScope(page, 'Group G', 'default_domain');
    assert.equal(await page.locator('.debug-variables .monaco-list-row', { hasText: /^devices/ }).count(), 0);
    await picture('4-other-thread');
    await until(page, 'Step Back', 'next: unlock G.mutex');
  });

  await check('the last line is the one that uses the freed device', async () => {
    await press(page, 'Continue');
    await page.locator('.exception-widget').waitFor({ timeout: 20_000 });
    await page.locator(`.tab.active[data-resource-name="${mail}"]`).waitFor();
    await standsOn(page, 273);
    await picture('5-violation');
    await stop(page);
  });

  await check('what holds has a lens too, and two writers run the code of the patch on its schedule', async () => {
    await goToLine(page, 292);
    const lens = page.locator('.codelens-decoration:visible a', { hasText: 'Step through what holds (device_lock before group mutex' });
    await lens.first().click({ timeout: 60_000 });
    await until(page, 'Step Over', /T1: write_type\(G, identity\).*next: lock G\.mutex/su);
    await standsOn(page, 241);
    // The first writer goes on until it has the device_lock; then the second one comes.
    await until(page, 'Step Over', /T1: .*next: lock A\.device_lock/su);
    await standsOn(page, 273);
    await until(page, 'Step Over', /T2: write_type\(G, identity\).*next: lock G\.mutex/su);
    await standsOn(page, 241);
    await picture('6-second-writer');
    await move(page, 'Step Over', 'T2', 'iommu_group_device_count(group)', 242);
    await inScope(page, 'Locks', /^A\.device_lock.*T1/su);
    await inScope(page, 'Locks', /^G\.mutex.*T2/su);
    assert.match(await (await inScope(page, 'Group G', /^devices/)).innerText(), /\[A\]/);
    await picture('7-both-hold-a-lock');
    await until(page, 'Step Over', /T2: .*next: unlock G\.mutex/su);
    await standsOn(page, 270);
    await move(page, 'Step Over', 'T1', 'lock G.mutex', 292);
    await picture('8-second-writer-waits');
  });

  await check('steps go back over the lines of both writers', async () => {
    await move(page, 'Step Back', 'T2', 'unlock G.mutex', 270);
    await until(page, 'Step Back', /T2: .*next: lock G\.mutex/su);
    await standsOn(page, 241);
    await until(page, 'Step Back', /T1: .*next: device_is_bound\(dev\)/su);
    await standsOn(page, 274);
    await move(page, 'Step Back', 'T1', 'lock A.device_lock', 273);
    assert.match(await (await inScope(page, 'Group G', /^devices/)).innerText(), /\[A\]/);
    await picture('9-back');
    await stop(page);
  });

  await check('the lens starts it as well', async () => {
    await page.locator('.codelens-decoration:visible a', { hasText: 'Step through the schedule' }).first().click();
    await toolbar(page).waitFor({ timeout: 60_000 });
    await stop(page);
  });
}
