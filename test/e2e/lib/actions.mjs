// What a user does in the workbench. A key pressed just after the focus moved can be lost, so that each action is repeated until it shows.

/** Repeats an action that may be repeated until `locator` is visible. */
export async function actUntil(action, locator, tries = 8, each = 2500) {
  for (let left = tries; ; left--) {
    await action();
    try {
      await locator.first().waitFor({ state: 'visible', timeout: each });
      return;
    } catch (error) {
      if (left <= 1) throw error;
    }
  }
}

const quickInput = (page) => page.locator('.quick-input-widget .quick-input-box input');
const focusedRow = (page, text) => page.locator('.quick-input-list .monaco-list-row.focused', { hasText: text }).first();
const closed = (page) => page.locator('.quick-input-widget').waitFor({ state: 'hidden' });

/**
 * Opens the quick input by a key, writes into it and takes a row; once more where it closed in between. A key would go to the editor
 * then, a click goes nowhere else.
 */
async function choose(page, key, text, row) {
  for (let left = 6; ; left--) {
    try {
      await actUntil(() => page.keyboard.press(key), quickInput(page));
      await quickInput(page).fill(text, { timeout: 2000 });
      await focusedRow(page, row).click({ timeout: 5000 });
      return;
    } catch (error) {
      if (left <= 1) throw error;
      await page.keyboard.press('Escape');
    }
  }
}

/** Runs a command by its title. With `stays`, the command opens a pick of its own. */
export async function runCommand(page, title, { stays = false } = {}) {
  await choose(page, 'F1', `>${title}`, title);
  if (!stays) await closed(page);
}

/** Takes a row of the open pick. */
export async function pick(page, label) {
  const row = page.locator('.quick-input-list .monaco-list-row', { hasText: label }).first();
  await row.waitFor();
  await row.click();
}

/** Answers the question of an input box. */
export async function answer(page, text) {
  await quickInput(page).fill(text);
  await page.keyboard.press('Enter');
  await closed(page);
}

export async function openFile(page, name) {
  await choose(page, 'Control+P', name, name);
  await page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
}

/** Puts the cursor at the start of a line. */
export async function goToLine(page, line) {
  await choose(page, 'Control+G', `:${line}`, new RegExp(`go to line ${line}\\b`, 'i'));
  await closed(page);
  await page.locator('.statusbar-item', { hasText: `Ln ${line}, Col` }).waitFor();
}

/** Puts the cursor into the text under a mark, such as a squiggle, which itself takes no clicks. */
export async function putCursorOn(page, mark) {
  // The editor draws its marks anew while it scrolls to the line: ask until one stands still.
  for (let tries = 0; ; tries++) {
    await mark.waitFor();
    const box = await mark.boundingBox();
    if (box) {
      await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
      return;
    }
    if (tries === 50) throw new Error('the mark is not shown');
    await page.waitForTimeout(100);
  }
}

/** Opens the menu of quick fixes at the cursor and waits for one. */
export async function openQuickFixes(page, title) {
  await actUntil(() => page.keyboard.press('Control+.'), page.locator('.action-widget .monaco-list-row', { hasText: title }));
}

/** The 1-based line of the editor that stands at the height of an element, by the line numbers in the margin. */
export async function lineAt(page, element) {
  const box = await element.boundingBox();
  if (!box) throw new Error('the element is not shown');
  const middle = box.y + box.height / 2;
  for (const number of await page.locator('.editor-group-container.active .margin .line-numbers').all()) {
    const place = await number.boundingBox();
    if (place && middle >= place.y && middle < place.y + place.height) return Number(await number.innerText());
  }
  throw new Error('no line number stands beside the element');
}
