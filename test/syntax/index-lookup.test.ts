import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kernelMacros } from '../../server/src/core/kernel/macro-tables.ts';
import { askFolders, FolderIndex, FolderMacros } from '../../server/src/core/syntax/index/lookup.ts';
import { readRecord, recordText } from '../../server/src/core/syntax/index/record.ts';
import { TreeCode } from '../../server/src/core/syntax/index/tree-code.ts';

/** An index over texts by path, and an outside that reads them. */
function treeOf(texts: Readonly<Record<string, string>>) {
  const files = Object.entries(texts).map(([path, text]) => ({ path, record: recordText(text) }));
  const folder = new FolderIndex(files);
  const outside = {
    definitions: (name: string) =>
      askFolders(
        [folder],
        (one) => one.definitions(name),
        (one) => one.path,
      ),
    readTree: (path: string) => (Object.hasOwn(texts, path) ? new TextEncoder().encode(texts[path]) : null),
    decode: (bytes: Uint8Array, charset: string) => new TextDecoder(charset).decode(bytes),
  };
  return { folder, outside };
}

const header = `
#ifdef CONFIG_GRP
struct grp *grp_get(struct grp *g);
#else
static inline struct grp *grp_get(struct grp *g)
{
	return NULL;
}
#endif
static inline int grp_id(struct grp *g) { return g->id; }
`;
const code = 'struct grp *grp_get(struct grp *g)\n{\n\treturn g; /* \u00e9 */\n}\nstatic int helper(void)\n{\n\treturn 1;\n}\n';
const other = 'static int helper(void)\n{\n\treturn 2;\n}\nstatic const struct grp_ops b_ops = { .get = helper };\n';
const { folder, outside } = treeOf({ 'include/linux/grp.h': header, 'drivers/iommu/a.c': code, 'drivers/iommu/b.c': other });

describe('the index', () => {
  it('tells a stand-in from a definition', () => {
    expect(outside.definitions('grp_get').map((one) => [one.path, one.line, one.isStub])).toEqual([
      ['drivers/iommu/a.c', 1, false],
      ['include/linux/grp.h', 5, true],
    ]);
    expect(outside.definitions('grp_id').map((one) => one.isStub)).toEqual([false]);
  });

  it('has prototypes and tables', () => {
    expect(folder.declarations('grp_get').map((one) => [one.path, one.line])).toEqual([['include/linux/grp.h', 3]]);
    expect(folder.opsImplementations('grp_ops', 'get')).toEqual([
      { function: 'helper', table: 'b_ops', path: 'drivers/iommu/b.c', line: 5 },
    ]);
    expect(folder.opsImplementations('grp_ops', 'put')).toEqual([]);
  });

  it('knows whole names only, whatever they are', () => {
    expect(folder.defines('grp')).toEqual([]);
    for (const name of ['', 'constructor', '__proto__', 'grp_']) expect(folder.defines(name)).toEqual([]);
  });

  it('says the same of a record that was kept as JSON', () => {
    const record = recordText(header);
    expect(readRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  it.each([
    ['no object', null],
    ['a list', []],
    ['a function without a line', { ...recordText(header), functions: [['f', 0, 0]] }],
    ['a name that is no text', { ...recordText(header), prototypes: [[{ toString: 'f' }, 1, 0]] }],
    ['a table without fields', { ...recordText(header), tables: [['t', 'x']] }],
    ['names in a list', { ...recordText(header), names: ['a'] }],
  ])('refuses a record that is %s', (_what, value) => {
    expect(readRecord(value)).toBeNull();
  });
});

describe('the code that a call may reach', () => {
  const tree = new TreeCode(outside);
  const textOf = (name: string, from: string) =>
    tree.callees(name, from).map(({ file, fn }) => `${file.path}: ${file.text.slice(fn.body, fn.end).replace(/\s+/g, ' ')}`);

  it.each([
    ['helper', 'drivers/iommu/b.c', ['drivers/iommu/b.c: { return 2; }']],
    ['helper', 'drivers/iommu/c.c', []],
    ['grp_get', 'drivers/iommu/b.c', ['drivers/iommu/a.c: { return g; /* \u00e9 */ }']],
    ['grp_id', 'drivers/iommu/b.c', ['include/linux/grp.h: { return g->id; }']],
    ['no_such', 'drivers/iommu/b.c', []],
  ])('%s from %s', (name, from, wanted) => {
    expect(textOf(name, from)).toEqual(wanted);
  });

  it('is a stand-in where nothing else is known', () => {
    const alone = treeOf({ 'include/linux/grp.h': header });
    expect(new TreeCode(alone.outside).callees('grp_get', 'drivers/iommu/b.c').map(({ fn }) => fn.line)).toEqual([5]);
  });

  it('is found by its name where the text has moved since', () => {
    const moved = { ...outside, readTree: () => new TextEncoder().encode(`\n\n${code}`) };
    expect(new TreeCode(moved).callees('grp_get', 'drivers/iommu/b.c').map(({ fn }) => fn.line)).toEqual([3]);
  });
});

describe('macros of a tree', () => {
  const folderOf = (...texts: string[]) =>
    new FolderIndex(texts.map((text, at) => ({ path: `include/linux/${String(at)}.h`, record: recordText(text) })));
  const wordsOf = (...texts: string[]) => new FolderMacros([folderOf(...texts)]).words('');

  it('are learnt across files', () => {
    const words = wordsOf(
      '#define walk(d) for (d = first; d; d = d->next)\n',
      '#define walk_all(d) walk(d)\n#define __grp_section __section("grp")\n',
    );
    expect(words.loops.has('walk_all')).toBe(true);
    expect(words.annotations.has('__grp_section')).toBe(true);
  });

  it('are no annotations where one file says otherwise', () => {
    const says = '#define __grp_note(x) __attribute__((note(x)))\n';
    expect(wordsOf(says).annotationCalls.has('__grp_note')).toBe(true);
    expect(wordsOf(says, '#define __grp_note(x) ((x) + 1)\n').annotationCalls.has('__grp_note')).toBe(false);
  });

  const pieces = [
    '#define walk(d) for (d = first; d; d = d->next)\n',
    '#define walk_all(d) walk(d)\n',
    '#define walk_all(d) count(d)\n',
    '#define __grp_section __section("grp")\n',
    '#define __grp_section 4\n',
    '#define __grp_note(x) __attribute__((note(x)))\n',
    '#define __grp_note(x) ((x) + 1)\n',
    '#define __grp_both __grp_section __grp_note(1)\n',
    '#define __grp_note(x)\n',
  ];
  it('are the same from one folder on top of others as from all at once', () => {
    const some = fc.array(fc.constantFrom(...pieces), { maxLength: 4 });
    fc.assert(
      fc.property(some, some, (below, above) => {
        const base = new FolderMacros([folderOf(...below)]);
        const before = base.words('');
        expect(new FolderMacros([folderOf(...above)], base).words('')).toEqual(new FolderMacros([folderOf(...below, ...above)]).words(''));
        expect(base.words('')).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  it('are those of Linux where nothing is new', () => {
    expect(wordsOf('#define GRP_MAX 4\n#define grp_of(x) ((x)->grp)\n')).toBe(kernelMacros);
  });

  it('are those of .clang-format too', () => {
    expect(new FolderMacros([]).words("ForEachMacros:\n  - 'grp_walk'\n").loops.has('grp_walk')).toBe(true);
  });
});
