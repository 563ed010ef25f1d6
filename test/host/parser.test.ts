import { describe, expect, it } from 'vitest';
import { NODE_HAS_ERROR, NODE_MISSING, ROW_SIZE, type SyntaxTable } from '../../server/src/core/base/outside.ts';
import { Tree } from '../../server/src/core/syntax/tree.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';

const wasm = await loadParser('wasm');
/** Where the native binding does not load, its tests say so and are left out. */
const native = await loadParser('native').catch(() => null);
const parsers = [wasm, ...(native ? [native] : [])];

const sample = `static int attach(struct iommu_group *group)
{
	int ret = 0;

	/* ümläut and 🙂 count in UTF-16 units */
	if (group && group->owner_cnt > 1)
		ret = -EBUSY;
	return ret;
}
`;

function tableOf(parser: typeof wasm, text: string): SyntaxTable {
  const outcome = parser.parse(text);
  if (!outcome.ok) throw new Error(outcome.detail);
  return outcome.table;
}

/** Every node by its own reading, to compare with the table's shape. */
function shape(tree: Tree, row: number): string {
  const kinds: string[] = [];
  for (let at = row; at < tree.subtreeEnd(row); at++) if (tree.isNamed(at)) kinds.push(`${tree.kind(at)}@${String(tree.start(at))}`);
  return kinds.join(' ');
}

describe.each(parsers.map((parser) => [parser.kind, parser] as const))('%s parser', (_kind, parser) => {
  it('gives the tree in pre-order with fields and original offsets', () => {
    const text = 'int f(void) { return a; }';
    const tree = new Tree(tableOf(parser, text), parser.grammar, text);
    expect(shape(tree, 0)).toBe(
      'translation_unit@0 function_definition@0 primitive_type@0 function_declarator@4 identifier@4 parameter_list@5 ' +
        'parameter_declaration@6 primitive_type@6 compound_statement@12 return_statement@14 identifier@21',
    );
    const definition = tree.firstChild(0);
    expect(tree.textOf(tree.childByField(definition, 'body'))).toBe('{ return a; }');
    expect(tree.subtreeEnd(0)).toBe(tree.count);
  });

  it('counts offsets in UTF-16 units', () => {
    const tree = new Tree(tableOf(parser, sample), parser.grammar, sample);
    const comment = Array.from({ length: tree.count }, (_, row) => row).find((row) => tree.kind(row) === 'comment') ?? -1;
    expect(tree.textOf(comment)).toBe('/* ümläut and 🙂 count in UTF-16 units */');
    expect(tree.isExtra(comment)).toBe(true);
  });

  it('marks errors, missing tokens and all that hold them', () => {
    const text = 'int f(void) { return 1 }\nint ok;\nint a@@;\n';
    const tree = new Tree(tableOf(parser, text), parser.grammar, text);
    const rows = Array.from({ length: tree.count }, (_, row) => row);
    expect(rows.some((row) => tree.isMissing(row) && tree.kind(row) === ';')).toBe(true);
    expect(rows.some((row) => tree.isError(row) && tree.kind(row) === 'ERROR')).toBe(true);
    expect(tree.hasError(0)).toBe(true);
    const [first, second] = tree.namedChildren(0);
    expect(tree.hasError(first ?? -1)).toBe(true);
    expect(tree.hasError(second ?? -1)).toBe(false);
  });

  it('refuses NULs and says where', () => {
    expect(parser.parse('int a;\0int b;')).toEqual({ ok: false, reason: 'nul', detail: 'NUL at offset 6: not a C text' });
  });

  it('keeps no memory of an earlier text', () => {
    tableOf(parser, 'int g(void) { if (');
    expect(tableOf(parser, sample).rows).toEqual(tableOf(wasm, sample).rows);
  });
});

describe.each(parsers.map((parser) => [parser.kind] as const))('limits of the %s parser', (kind) => {
  it('refuses a text over the size limit', async () => {
    const small = await loadParser(kind, { maxLength: 10 });
    expect(small.parse('int a; /* long */')).toEqual({ ok: false, reason: 'size', detail: '17 characters, the limit is 10' });
    expect(small.parse('int a;').ok).toBe(true);
  });

  it('stops at the budget, and parses the next text afresh', async () => {
    // A budget that has passed before the first look stops every parse that looks at the clock at all.
    const hasty = await loadParser(kind, { budgetMs: -1 });
    const long = 'int a[] = {' + '1,'.repeat(5000) + '};';
    expect(hasty.parse(long)).toMatchObject({ ok: false, reason: 'budget' });
    const short = hasty.parse('int a;');
    expect(short.ok && short.table.rows).toEqual(tableOf(wasm, 'int a;').rows);
  });
});

describe('both parsers', () => {
  it.skipIf(!native)('give equal tables, also for broken text', () => {
    for (const text of [sample, sample.slice(0, -4), sample.slice(20), '}}}', '', 'list_for_each(a, b)\n\tx = 1;\n']) {
      expect(native && tableOf(native, text).rows).toEqual(tableOf(wasm, text).rows);
    }
  });

  it('has a whole root for an empty text', () => {
    const rows = tableOf(wasm, '').rows;
    expect(rows.length).toBe(ROW_SIZE);
    expect(((rows[0] ?? 0) >>> 16) & (NODE_HAS_ERROR | NODE_MISSING)).toBe(0);
  });
});
