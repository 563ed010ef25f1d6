// End to end: the packaged extension in a real VS Code. Run: npm run e2e [-- --vsix FILE] [--readme] [--only GROUP] [--vscode 1.100]
// Pictures and logs go to .cache/e2e/. `--readme` renews docs/images/editor.png. Exit 1 if a check failed or could not run.
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makePackage } from '../../scripts/package.mjs';
import { openWorkbench } from './lib/workbench.mjs';
import { addLaunches, findingChecks, savedChecks, scenarioChecks } from './checks/debugger.mjs';
import { lockChecks } from './checks/heldLocks.mjs';
import { mainChecks } from './checks/main.mjs';
import { resilienceChecks } from './checks/resilience.mjs';
import { makeTree, treeChecks } from './checks/tree.mjs';
import { untrustedChecks } from './checks/untrusted.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..');
const { values } = parseArgs({
  options: { vsix: { type: 'string' }, readme: { type: 'boolean', default: false }, only: { type: 'string' }, vscode: { type: 'string' } },
});
const pictures = join(root, '.cache', 'e2e');
rmSync(pictures, { recursive: true, force: true });
mkdirSync(pictures, { recursive: true });

let passed = 0;
let failed = 0;

/** Opens a workbench over a copy of the fixtures, to which `prepare` may add, and runs checks in it. A check that fails does not stop the others. */
async function group(name, options, checks) {
  if (values.only !== undefined && values.only !== name) return;
  const folder = mkdtempSync(join(tmpdir(), 'iommu-review-ws-'));
  cpSync(join(here, 'fixtures'), folder, { recursive: true });
  options.prepare?.(folder);
  let workbench;
  try {
    workbench = await openWorkbench({ ...options, vscode: values.vscode, folder });
    const { page } = workbench;
    const check = async (title, run) => {
      const start = performance.now();
      try {
        await run();
        passed++;
        console.log(`ok    ${name}: ${title} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
      } catch (error) {
        failed++;
        console.log(`FAIL  ${name}: ${title}\n      ${error instanceof Error ? error.message.split('\n').join('\n      ') : error}`);
        await page.screenshot({ path: join(pictures, `${name}-failed-${failed}.png`) });
      }
    };
    const picture = (file) => page.screenshot({ path: join(pictures, `${name}-${file}.png`) });
    await checks({ workbench, page, folder, check, picture, readme: values.readme ? join(root, 'docs', 'images') : null });
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}: ${error instanceof Error ? error.message : error}`);
  } finally {
    if (workbench) {
      workbench.keepLogs(join(pictures, `${name}-logs`));
      await workbench.stop();
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

const vsix = values.vsix ?? (await makePackage(join(root, '.cache', 'iommu-review.vsix'))).path;
if (!existsSync(vsix)) throw new Error(`no such package: ${vsix}`);
await group('main', { vsix, settings: { 'editor.hover.above': false } }, mainChecks);
await group('locks', { vsix, settings: { 'iommuReview.lockHints': true } }, lockChecks);
const debugging = { vsix, prepare: addLaunches, settings: { 'debug.openDebug': 'openOnSessionStart' } };
await group('scenario', debugging, scenarioChecks);
await group('saved', debugging, savedChecks);
await group('finding', debugging, findingChecks);
await group('tree', { vsix, prepare: makeTree }, treeChecks);
await group('resilience', { vsix }, resilienceChecks);
await group('untrusted', { vsix, trust: true }, untrustedChecks);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
