import { expect, test } from 'vitest';
import { act, give, procedure } from '../../server/src/core/model/machine/code.ts';
import type { FunctionRow } from '../../server/src/core/run/types.ts';
import { resultsOf, runThreads } from './code.ts';

test('results come back through pointers to locals, and through the caller of the caller', () => {
  const text = `
static void set(int *out, int value)
{
	*out = value;
}

static int fill(int *first, int *second)
{
	int own = 0;

	set(first, 3);
	set(&own, 4);
	*second = own + *first;
	return 0;
}

int work(void)
{
	int a = 0, b = 0;

	if (fill(&a, &b))
		return -EIO;
	return a * 100 + b;
}
`;
  expect(resultsOf(text, 'work()')).toEqual(['307']);
});

test('structs keep their members, nest, are copied and start from their initialiser', () => {
  const text = `
struct range {
	int start;
	int end;
};

struct area {
	struct range range;
	int users;
};

static int length(const struct range *range)
{
	return range->end - range->start;
}

int work(void)
{
	struct area first = { .range = { .start = 2, .end = 9 }, .users = 1 };
	struct area second = first;
	struct area *p = &second;

	first.range.end = 100;
	p->users += 4;
	p->range.start++;
	return length(&second.range) * 100 + second.users * 10 + first.users;
}
`;
  expect(resultsOf(text, 'work()')).toEqual(['651']);
});

test('arrays are indexed by numbers and by pointers', () => {
  const text = `
int work(int n)
{
	int table[4] = { 5, 6, 7, 8 };
	int *p = table;
	int i, total = 0;

	table[n] = 20;
	for (i = 0; i < 4; i++)
		total += p[i];
	return total + *(p + 1);
}
`;
  expect(resultsOf(text, 'work(2)')).toEqual(['45']);
});

test('functions are called through pointers in locals, arguments and tables', () => {
  const text = `
struct demo_ops {
	int (*scale)(int n);
};

static int twice(int n)
{
	return 2 * n;
}

static int thrice(int n)
{
	return 3 * n;
}

static int apply(int (*fn)(int n), int n)
{
	return fn(n);
}

int work(int n)
{
	struct demo_ops ops = { .scale = thrice };
	int (*fn)(int n) = twice;

	return apply(fn, n) * 100 + ops.scale(n) * 10 + apply(&thrice, 1);
}
`;
  expect(resultsOf(text, 'work(2)')).toEqual(['463']);
});

test('a static variable keeps its value from call to call; what it holds at first is not known', () => {
  const text = `
static int last(int set)
{
	static int value;
	int old = value;

	value = set;
	return old;
}

int work(void)
{
	if (last(5) == 4)
		return 1;
	return last(6) * 10 + last(7);
}
`;
  expect(resultsOf(text, 'work()')).toEqual(['1', '56']);
});

const allocation = `
struct demo {
	int users;
	struct demo *next;
};

int work(int how)
{
	struct demo *demo = kzalloc(sizeof(*demo), GFP_KERNEL);

	if (!demo)
		return -ENOMEM;
	demo->users = 7;
	if (how == 1)
		kfree(demo);
	if (how == 2) {
		kfree(demo);
		kfree(demo);
		return 0;
	}
	return demo->users;
}
`;

test('allocated memory is zeroed and holds what was written', () => {
  expect(resultsOf(allocation, 'work(0)')).toEqual(['7']);
});

test('each allocation fails once where failures are injected', () => {
  expect(resultsOf(allocation, 'work(0)', { inject: true })).toEqual(['-ENOMEM', '7']);
});

test('freed memory is not touched again', () => {
  expect(runThreads(allocation, ['work(1)']).violations).toEqual(['use-after-free: mem:demo1@T1.users after mem:demo1@T1 was freed']);
});

test('memory is freed once', () => {
  expect(runThreads(allocation, ['work(2)']).violations).toEqual(['use-after-free: mem:demo1@T1 freed twice']);
});

test.each([
  ['NULL', 'panic: NULL dereference: demo->users'],
  ['-12', 'panic: dereference of the error pointer -ENOMEM: demo->users'],
])('dereferencing %s ends the schedule', (pointer, violation) => {
  const text = 'struct demo {\n\tint users;\n};\n\nint work(struct demo *demo)\n{\n\treturn demo->users;\n}\n';
  expect(runThreads(text, [`work(${pointer === '-12' ? '-ENOMEM' : pointer})`]).violations).toEqual([violation]);
});

test('a lost allocation is told from one that something still points to', () => {
  const text = `
struct demo {
	struct demo *next;
};

int work(struct demo *head, int keep)
{
	struct demo *demo = kzalloc(sizeof(*demo), GFP_KERNEL);

	if (keep)
		head->next = demo;
	return 0;
}
`;
  expect(runThreads(text, ['work(H, 0)']).lost).toEqual(['mem:demo1@T1']);
  expect(runThreads(text, ['work(H, 1)']).lost).toEqual([]);
});

test('scoped cleanup runs at each exit, in reverse order', () => {
  const text = `
struct demo {
	int users;
};

DEFINE_FREE(drop_demo, struct demo *, if (_T) kfree(_T))

int work(struct demo *trail, int how)
{
	struct demo *first __free(kfree) = kzalloc(sizeof(*first), GFP_KERNEL);

	if (!first)
		return -ENOMEM;
	if (how == 1)
		return -EINVAL;
	trail->users = 5;
	if (how == 2)
		return no_free_ptr(first) ? 2 : 0;
	return 0;
}
`;
  const initial = [['H', 'c.users', '!0']] as const;
  expect(runThreads(text, ['work(H, 1)'], { initial }).lost).toEqual([]);
  expect(runThreads(text, ['work(H, 0)'], { initial }).lost).toEqual([]);
  expect(runThreads(text, ['work(H, 2)'], { initial })).toMatchObject({ results: ['2'], lost: ['mem:demo1@T1'], violations: [] });
});

test('a struct that is contained leads back to what contains it', () => {
  const text = `
struct inner {
	int depth;
};

struct outer {
	int users;
	struct inner inner;
};

static struct outer *to_outer(struct inner *inner)
{
	return container_of(inner, struct outer, inner);
}

int work(void)
{
	struct outer *outer = kzalloc(sizeof(*outer), GFP_KERNEL);
	struct inner *inner = &outer->inner;
	int ret;

	outer->users = 4;
	inner->depth = 2;
	ret = to_outer(inner)->users * 10 + outer->inner.depth;
	kfree(outer);
	return ret;
}
`;
  expect(resultsOf(text, 'work()')).toEqual(['42']);
});

test('a pointer to a function without code does what its row says', () => {
  const text = `
static int apply(int (*fn)(struct device *dev, void *data), struct device *dev)
{
	return fn(dev, NULL);
}

int work(struct device *dev)
{
	return apply(mark_device, dev) * 10 + apply(count_device, dev);
}
`;
  const functions = new Map<string, FunctionRow>([
    ['mark_device', { name: 'mark_device', how: 'model', procedure: 'mark', args: [0] }],
    [
      'count_device',
      { name: 'count_device', how: 'value', kind: 'read', label: 'marks', value: (c, [dev]) => c.get(String(dev), 'marks') },
    ],
  ]);
  const mark = procedure('mark', ['dev'], 'test', [act('mutate', 'mark', (c) => c.set(c.o('dev'), 'marks', 3)), give(4)]);
  expect(resultsOf(text, 'work(A)', { binding: { functions, procedures: [mark] } })).toEqual(['43']);
});

test('memory that was handed to somebody else is not lost', () => {
  const text = `
struct demo {
	int users;
};

int work(int how)
{
	struct demo *demo = kzalloc(sizeof(*demo), GFP_KERNEL);

	if (how)
		queue_demo(demo);
	return 0;
}
`;
  const functions = new Map<string, FunctionRow>([
    ['queue_demo', { name: 'queue_demo', how: 'choice', results: [1], fails: [], why: 'somebody frees it later' }],
  ]);
  expect(runThreads(text, ['work(0)'], { binding: { functions } }).lost).toEqual(['mem:demo1@T1']);
  expect(runThreads(text, ['work(1)'], { binding: { functions } }).lost).toEqual([]);
});
