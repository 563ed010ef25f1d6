import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillersIn } from '../../server/src/core/syntax/index/fillers.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import type { CFile } from '../../server/src/core/syntax/types.ts';
import { updateC } from '../../server/src/core/syntax/update.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';

const parser = await loadParser('auto');
const text = `#include <linux/iommu.h>
static DEFINE_MUTEX(grp_lock);

/* Counts the users. */
static int __init grp_users(struct grp *group)
	__must_hold(&group->lock)
{
	struct grp_dev *dev;
	int users = 0;

	list_for_each_entry(dev, &group->devices, list) {
		if (dev->busy) /* counted */
			users++;
	}
	return users;
}

#ifdef CONFIG_GRP
static int grp_attach(struct grp *group)
{
	scoped_cond_guard(mutex_intr, return -EINTR, &group->lock) {
		group->users++;
	}
	return 0;
}
#endif

int grp_detach(struct grp *group)
{
	group->users--;
	return 0;
}
`;

/** Everything that a reader of the file can see. */
function view(file: CFile) {
  return {
    ...file,
    tree: [...file.tree.rows],
    statementArguments: file.statementArguments.map((one) => ({ ...one, tree: [...one.tree.rows] })),
  };
}

function edited(start: number, oldEnd: number, inserted: string) {
  return { text: text.slice(0, start) + inserted + text.slice(oldEnd), edit: { start, oldEnd, newEnd: start + inserted.length } };
}

/** The text with something more in a body, read from the version before it. */
function withMore(inserted: string): { readonly before: CFile; readonly after: CFile } {
  const at = text.indexOf('\tgroup->users--;');
  const { text: next, edit } = edited(at, at, inserted);
  const before = parseC(text, 'grp.c', parser);
  return { before, after: updateC(before, next, edit, parser) };
}

describe('what stands outside the functions', () => {
  it('is the same after an edit of a statement', () => {
    const { before, after } = withMore('\tgroup->gone++;\n');
    expect(after.outline).toBe(before.outline);
  });

  it.each([
    ['a table', '\tstatic const struct grp_ops ops = {\n\t\t.put = grp_put,\n\t};\n'],
    ['a type', '\tstruct grp_note { int a; } note;\n'],
    ['a line at column 0', 'group->gone++;\n'],
  ])('is asked for again where the function has %s', (_, inserted) => {
    const { before, after } = withMore(inserted);
    expect(after.outline).not.toBe(before.outline);
    expect(fillersIn(after, 'grp_ops', 'put')).toEqual(fillersIn(parseC(after.text, 'grp.c', parser), 'grp_ops', 'put'));
  });
});

describe('an edit', () => {
  it('within a function re-reads that function only, and gives what a whole parse gives', () => {
    let parsed = 0;
    const counting = { grammar: parser.grammar, parse: (source: string) => ((parsed += source.length), parser.parse(source)) };
    const at = text.indexOf('users++;');
    const { text: next, edit } = edited(at, at + 8, 'users += grp_weight(dev);');
    const file = updateC(parseC(text, 'grp.c', parser), next, edit, counting);
    expect(parsed).toBeLessThan(text.length * 0.6);
    expect(view(file)).toEqual(view(parseC(next, 'grp.c', parser)));
  });

  it('that closes the function early reads the whole file', () => {
    const at = text.indexOf('group->users--;');
    const { text: next, edit } = edited(at, at, '}\n\nint more(void)\n{\n');
    const file = updateC(parseC(text, 'grp.c', parser), next, edit, parser);
    expect(file.functions.map((one) => one.name)).toEqual(['grp_users', 'grp_attach', 'grp_detach', 'more']);
  });

  const pieces = fc.constantFrom(
    '',
    'x',
    ';',
    '{',
    '}',
    '\n}\n',
    '/*',
    '*/',
    '"',
    '(',
    ')',
    '\n#if A\n',
    '\n#endif\n',
    ' else ',
    'for_each_x(a) {',
    'return 1;',
    'GRP(a)\n',
    '\n',
    '__free(kfree)',
  );

  it('of any kind gives what a whole parse gives', () => {
    const before = parseC(text, 'grp.c', parser);
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(12), fc.array(pieces, { maxLength: 3 }), (start, length, inserted) => {
        const { text: next, edit } = edited(start, Math.min(start + length, text.length), inserted.join(''));
        expect(view(updateC(before, next, edit, parser))).toEqual(view(parseC(next, 'grp.c', parser)));
      }),
      { numRuns: 500 },
    );
  });
});
