// A review after an edit equals the review of the new text from nothing, whatever was kept of the text before.

import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import type { Outside } from '../../server/src/core/base/outside.ts';
import { EditedSources } from '../../server/src/core/review/edited-source.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { createOutside } from '../../server/src/host/outside.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';
import type { ReviewOptions } from '../../server/src/protocol/analysis.ts';

const path = 'drivers/iommu/demo.c';
const options: ReviewOptions = { era: 'v6.12', rulesOn: [], rulesOff: [], model: true };

const source = `#include <linux/iommu.h>

#define demo_walk(d) for (; (d); (d) = (d)->next)

static DEFINE_MUTEX(demo_lock);

struct demo {
	struct mutex lock;
	struct demo *next;
	int users;
};

static void demo_hold(struct demo *demo)
{
	mutex_lock(&demo->lock);
}

static void demo_drop(struct demo *demo)
{
	mutex_unlock(&demo->lock);
}

static int demo_count(struct demo *demo)
{
	lockdep_assert_held(&demo->lock);
	return demo->users;
}

int demo_set(struct demo *demo, int users)
{
	int ret = 0;

	demo_hold(demo);
	if (users < 0) {
		ret = -EINVAL;
		goto out;
	}
	if (demo_count(demo) != users)
		demo->users = users;
out:
	demo_drop(demo);
	return ret;
}
EXPORT_SYMBOL_GPL(demo_set);

int demo_all(struct demo *demo)
{
	int sum = 0;

	mutex_lock(&demo_lock);
	demo_walk(demo)
		sum += demo_count(demo);
	if (!sum)
		return -EBUSY;
	mutex_unlock(&demo_lock);
	return sum;
}

/* Two that call each other. */
static int demo_odd(struct demo *demo, int n);

static int demo_even(struct demo *demo, int n)
{
	return n ? demo_odd(demo, n - 1) : demo_count(demo);
}

static int demo_odd(struct demo *demo, int n)
{
	guard(mutex)(&demo->lock);
	return n ? demo_even(demo, n - 1) : 0;
}

/* Without an empty line between them. */
int demo_take(struct demo *demo)
{
	mutex_lock(&demo->lock);
	return demo->users;
}
EXPORT_SYMBOL_GPL(demo_take);
void demo_give(struct demo *demo)
{
	mutex_unlock(&demo->lock);
}
EXPORT_SYMBOL(demo_give);

int demo_last(struct demo *demo)
{
	return demo_take(demo) ? 0 : demo_set(demo, 1);
}
`;

/** Texts that an edit puts in; most of them change what callers see, or break the syntax for a while. */
const pieces = [
  '\tmutex_lock(&demo->lock);\n',
  '\tmutex_unlock(&demo->lock);\n',
  '\tdemo_hold(demo);\n',
  '\tdemo_drop(demo);\n',
  '\tif (!demo)\n\t\treturn -EINVAL;\n',
  '\treturn 0;\n',
  '\tmsleep(10);\n',
  '\tdemo_count(demo);\n',
  'demo',
  ' ',
  '\n',
  ';',
  '{',
  '}',
  '/*',
  '*/',
  '#if 0\n',
  '#endif\n',
  '"',
  '\u{1f512}',
  'struct demo {\n\tspinlock_t lock;\n};\n',
  'static int demo_new(struct demo *demo)\n{\n\treturn demo_set(demo, 1);\n}\n\n',
];

let world: Outside;
beforeAll(async () => {
  const parser = await loadParser('wasm');
  const observer = { parseBegins: () => undefined, parseEnds: () => undefined };
  const bare = createOutside({ parser, configure: { kernel: null, trusted: false }, observer, quarantined: new Set() });
  // One state for all: nothing but the text changes.
  const state = {};
  const withState: Outside = { ...bare, state: () => state, near: () => withState };
  world = withState;
});

function review(text: string, edited: EditedSources | null): string {
  const bytes = new TextEncoder().encode(text);
  return JSON.stringify(reviewUnit([{ kind: 'source', path, treePath: null, bytes }], world, options, neverCancelled, edited));
}

interface Edit {
  /** Where, as a share of the text. */
  readonly at: number;
  readonly remove: number;
  readonly piece: string;
  /** Whole lines, as most edits are. */
  readonly lines: boolean;
}

function apply(text: string, { at, remove, piece, lines }: Edit): string {
  let start = Math.floor(at * text.length);
  let end = Math.min(text.length, start + remove);
  if (lines) {
    start = text.lastIndexOf('\n', start - 1) + 1;
    end = remove === 0 ? start : Math.max(start, text.indexOf('\n', end) + 1);
  }
  return text.slice(0, start) + piece + text.slice(end);
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
  piece: fc.oneof(fc.constant(''), fc.constantFrom(...pieces)),
  lines: fc.boolean(),
});

it('equals a fresh review after each of 500 random edits', () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 20, maxLength: 20 }), (edits) => {
      const edited = new EditedSources();
      let text = source;
      review(text, edited);
      for (const [index, one] of edits.entries()) {
        // Now and then the editor takes everything back.
        text = index % 7 === 6 ? source : apply(text, one);
        expect(review(text, edited)).toBe(review(text, null));
      }
    }),
    { numRuns: 25 },
  );
}, 300_000);

it('keeps of the file what a parse of the whole text with its blanks gives, after each of 500 random edits', () => {
  const line = fc.constantFrom(...source.split('\n').flatMap((text, at) => (/^\t.*;$/.test(text) ? [at] : [])));
  const inside = fc.record({ line, piece: fc.constantFrom(...pieces.filter((one) => /^\t.*;\n$/.test(one))) });
  fc.assert(
    fc.property(fc.array(inside, { minLength: 20, maxLength: 20 }), (edits) => {
      const edited = new EditedSources();
      let text = source;
      for (const [index, { line, piece }] of edits.entries()) {
        const lines = text.split('\n');
        text = index % 4 === 3 ? source : [...lines.slice(0, line), piece.trimEnd(), ...lines.slice(line)].join('\n');
        const { c } = edited.of(path).open(text, world, []).file;
        const fresh = parseC(c.text, path, world, { macros: world.macroWords(path) });
        expect(Array.from(c.tree.rows)).toEqual(Array.from(fresh.tree.rows));
        for (const part of ['functions', 'annotations', 'masked', 'comments', 'flattened', 'problems'] as const)
          expect(c[part]).toEqual(fresh[part]);
      }
    }),
    { numRuns: 25 },
  );
}, 300_000);

describe('after an edit', () => {
  const changes: Readonly<Record<string, readonly [string, string]>> = {
    'that callers do not see': ['\tint ret = 0;\n', '\tint ret = 0;\n\n'],
    'that callers see': ['\tmutex_unlock(&demo->lock);\n', '\tdemo->users--;\n'],
    'of one of two that call each other': ['\tguard(mutex)(&demo->lock);\n', ''],
    'of a structure': ['\tstruct mutex lock;\n', '\tspinlock_t lock;\n'],
    'of a macro': ['for (; (d); (d) = (d)->next)', 'for (; (d) && (d)->users; (d) = (d)->next)'],
    'of a heading': ['int demo_all(struct demo *demo)', 'static int demo_all(struct demo *one)'],
    'that leaves no blanks behind the function': ['\treturn ret;\n', `\t/*${' a'.repeat(3000)} */\n\treturn ret;\n`],
    'that leaves half a declaration behind': [
      'static DEFINE_MUTEX(',
      'sstatic int demo_new(struct demo *demo)\n{\n\treturn demo_set(demo, 1);\n}\n\n',
    ],
    'of the first of two without an empty line between them': ['\treturn demo->users;\n}\nEXPORT', '\treturn 0;\n}\nEXPORT'],
    'at the very end': ['demo_set(demo, 1);\n}\n', 'demo_set(demo, 1);\n}\nint demo_end;\n'],
  };
  it.each(Object.keys(changes))('%s the review is that of the new text, and of the old one when it is taken back', (name) => {
    const [from, to] = changes[name] ?? ['', ''];
    const next = source.replace(from, to);
    expect(next).not.toBe(source);
    const edited = new EditedSources();
    for (const text of [source, next, source, next]) expect(review(text, edited)).toBe(review(text, null));
  });
});

it('reviews a text that blanks would make too large for the parser', () => {
  const many = Array.from({ length: 900 }, (_, n) => `int demo_${String(n)}(struct demo *demo)\n{\n\treturn demo->users;\n}\n`).join('\n');
  const edited = new EditedSources();
  for (const text of [source + many, source.replace('ret = -EINVAL', 'ret = -EBUSY') + many])
    expect(review(text, edited)).toBe(review(text, null));
});

it.each([
  ['in the middle of the file', 'ret = -EINVAL', 'ret = -EBUSY'],
  ['at its end', '? 0 : demo_set', '? 1 : demo_set'],
])('parses the edited function alone, %s', (_, from, to) => {
  const parsed: number[] = [];
  const counting: Outside = { ...world, near: () => counting, parse: (text) => (parsed.push(text.length), world.parse(text)) };
  const edited = new EditedSources();
  const unit = (text: string) => [{ kind: 'source' as const, path, treePath: null, bytes: new TextEncoder().encode(text) }];
  reviewUnit(unit(source), counting, options, neverCancelled, edited);
  parsed.length = 0;
  reviewUnit(unit(source.replace(from, to)), counting, options, neverCancelled, edited);
  expect(parsed).toHaveLength(1);
  expect(parsed[0]).toBeLessThan(source.length / 3);
});

it('forgets what another setting or another state of the tree made', () => {
  const edited = new EditedSources();
  const unit = [{ kind: 'source' as const, path, treePath: null, bytes: new TextEncoder().encode(source) }];
  for (const era of ['v6.12', 'v6.1', 'v6.12']) {
    const wanted = { ...options, era };
    expect(reviewUnit(unit, world, wanted, neverCancelled, edited)).toEqual(reviewUnit(unit, world, wanted, neverCancelled));
  }
});
