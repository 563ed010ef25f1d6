import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { defaultSettings, readSettings } from '../../server/src/lsp/settings.ts';
import { able, FakeAnalysis, finding, emptyReport, startEditor, type Editor } from './editor.ts';

describe('reading settings', () => {
  test('what is given counts, and what is missing keeps its value', () => {
    const given = { kernel: { path: '/k' }, rules: { a: 'on', b: 'off' }, severity: 'warning', trusted: true };
    expect(readSettings(given, { ...defaultSettings, era: 'v6.1' })).toEqual({
      settings: { ...defaultSettings, kernelPath: '/k', era: 'v6.1', rulesOn: ['a'], rulesOff: ['b'], severity: 'warning', trusted: true },
      problems: [],
    });
  });

  test('further folders of the tree are those inside it', () => {
    const read = (folders: unknown): readonly string[] =>
      readSettings({ kernel: { folders } }, { ...defaultSettings, kernelFolders: ['mm'] }).settings.kernelFolders;
    expect(read(['drivers/pci', 'drivers/of'])).toEqual(['drivers/pci', 'drivers/of']);
    expect(read(['drivers/pci', '../etc'])).toEqual(['mm']);
    expect(read(['/etc'])).toEqual(['mm']);
    expect(read('drivers/pci')).toEqual(['mm']);
    expect(readSettings({ kernel: { folders: [5] } }, defaultSettings).problems).toEqual([
      'kernel.folders: expected folders of the tree, such as "drivers/pci"',
    ]);
  });

  test('an empty kernel path is none', () => {
    expect(readSettings({ kernel: { path: '' } }, { ...defaultSettings, kernelPath: '/k' }).settings.kernelPath).toBeNull();
  });

  test('wrong values are named and change nothing', () => {
    const wrong = {
      kernel: { path: 5 },
      era: '../x',
      rules: { a: 'maybe' },
      severity: 'loud',
      preExisting: 1,
      sourceFiles: 'yes',
      trusted: 'true',
    };
    const { settings, problems } = readSettings(wrong, defaultSettings);
    expect(settings).toEqual(defaultSettings);
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'kernel.path',
      'era',
      'rules.a',
      'severity',
      'preExisting',
      'sourceFiles',
      'trusted',
    ]);
  });

  test.each([[7], ['x'], [[]], [true]])('%j is no settings', (value) => {
    expect(readSettings(value, defaultSettings)).toEqual({ settings: defaultSettings, problems: ['settings: expected an object'] });
  });
});

describe('kernel tree and trust', () => {
  let tree: string;
  let editor: Editor | undefined;
  beforeAll(() => {
    tree = mkdtempSync(join(tmpdir(), 'iommu-review-tree-'));
    for (const folder of ['drivers/iommu', 'include/linux']) mkdirSync(join(tree, folder), { recursive: true });
    for (const file of ['MAINTAINERS', 'Kbuild', 'Makefile']) writeFileSync(join(tree, file), '');
    writeFileSync(join(tree, 'drivers/iommu/own.c'), 'int own(void)\n{\n\treturn 0;\n}\n');
  });
  afterAll(() => rmSync(tree, { recursive: true }));
  afterEach(() => editor?.stop());

  /** The kernel trees that the analysis was given, when the client opened the tree as its folder. */
  async function trees(options: object): Promise<(string | null)[]> {
    const analysis = new FakeAnalysis();
    editor = await startEditor(analysis, able, options, [pathToFileURL(tree).href]);
    return analysis.configured.map(({ kernel, trusted }) => (trusted ? kernel : kernel && `${kernel} without git`));
  }

  test('an opened tree is read only where it is trusted', async () => {
    expect(await trees({})).toEqual([null]);
    expect(await trees({ trusted: true })).toEqual([tree]);
  });

  test('the tree that the user set is read in any case, without git where the folder is not trusted', async () => {
    expect(await trees({ kernel: { path: tree } })).toEqual([`${tree} without git`]);
  });

  test('a path that is no kernel tree, or is not absolute, is none', async () => {
    expect(await trees({ kernel: { path: tmpdir() }, trusted: true })).toEqual([null]);
    expect(await trees({ kernel: { path: 'drivers' }, trusted: true })).toEqual([null]);
  });

  test('a C file of a tree is reviewed, with its path in a tree that may be read', async () => {
    const analysis = new FakeAnalysis((_text, unit) => {
      const [input] = unit;
      const place = {
        file: input?.kind === 'source' ? (input.treePath ?? input.path) : '',
        function: 'own',
        line: 3,
        column: 2,
        endLine: 3,
        endColumn: 8,
      };
      return { ...emptyReport, findings: [finding({ status: 'present', location: place })] };
    });
    editor = await startEditor(analysis, able, { trusted: true }, [pathToFileURL(tree).href]);
    const uri = pathToFileURL(join(tree, 'drivers/iommu/own.c')).href;
    editor.open(uri, 'int own(void)\n{\n\treturn 0;\n}\n', 'c');
    expect((await editor.pull(uri)).items?.map(({ range }) => range)).toEqual([
      { start: { line: 2, character: 1 }, end: { line: 2, character: 7 } },
    ]);
    expect(analysis.reviewed.length).toBe(1);
  });

  test('settings that change make the next pull a new one', async () => {
    const analysis = new FakeAnalysis();
    editor = await startEditor(analysis, { textDocument: { diagnostic: {} } });
    editor.open('file:///m/a.patch', 'Subject: x\n');
    const first = await editor.pull('file:///m/a.patch');
    await editor.connection.sendNotification('workspace/didChangeConfiguration', { settings: { iommuReview: { rules: { x: 'off' } } } });
    const second = await editor.pull('file:///m/a.patch', first.resultId);
    expect(second.kind).toBe('full');
    expect(analysis.reviewed.map(({ options }) => options.rulesOff)).toEqual([[], ['x']]);
  });
});
