import { expect, it } from 'vitest';
import type { Observer } from '../../server/src/core/flow/walk-events.ts';
import { exitsOf, flowOf, flowOfHunks, functionOf } from './source.ts';

const held = ['d->lock held'];
const clean = ['-'];

/** Exit states of a function with this body. */
function exits(body: string): string[] {
  return exitsOf(flowOf(`int f(struct demo *d, int n, bool flag)\n{\n${body}\n}\n`), 'f');
}

it('tells a flag apart that is tested twice', () => {
  expect(exits('\tif (flag)\n\t\tmutex_lock(&d->lock);\n\twork(d);\n\tif (flag)\n\t\tmutex_unlock(&d->lock);\n\treturn 0;')).toEqual(clean);
});

it('follows a flag that was set where the lock was taken', () => {
  expect(
    exits(
      '\tint locked = 0;\n\n\tif (n > 3) {\n\t\tmutex_lock(&d->lock);\n\t\tlocked = 1;\n\t}\n\twork(d);\n\tif (locked)\n\t\tmutex_unlock(&d->lock);\n\treturn 0;',
    ),
  ).toEqual(clean);
});

it('keeps numbers in ranges: a second test that cannot differ has one way', () => {
  expect(exits('\tif (n < 10)\n\t\tmutex_lock(&d->lock);\n\tif (n <= 9)\n\t\tmutex_unlock(&d->lock);\n\treturn 0;')).toEqual(clean);
  expect(exits('\tif (n < 10)\n\t\tmutex_lock(&d->lock);\n\tif (n < 9)\n\t\tmutex_unlock(&d->lock);\n\treturn 0;')).toEqual(['-', ...held]);
});

it('knows that an error pointer is neither NULL nor valid', () => {
  const body = (test: string): string =>
    `\tstruct thing *t = find(n);\n\n\tif (!IS_ERR(t))\n\t\tmutex_lock(&d->lock);\n\tif (${test})\n\t\treturn -1;\n\tmutex_unlock(&d->lock);\n\treturn 0;`;
  expect(exits(body('PTR_ERR_OR_ZERO(t)'))).toEqual(clean);
  expect(exits(body('IS_ERR_OR_NULL(t)'))).toEqual(['-', ...held]);
});

it('takes a field for unchanged only where the lock went with it', () => {
  expect(exits('\tif (d->on)\n\t\tmutex_lock(&d->lock);\n\twork(d);\n\tif (d->on)\n\t\tmutex_unlock(&d->lock);\n\treturn 0;')).toEqual(
    clean,
  );
  expect(
    exits('\tif (d->on)\n\t\treturn -1;\n\tmutex_lock(&d->lock);\n\tif (d->on)\n\t\treturn -1;\n\tmutex_unlock(&d->lock);\n\treturn 0;'),
  ).toEqual(['-', ...held]);
});

it('forgets a number that it stored when others may have written it', () => {
  expect(
    exits('\td->on = 1;\n\twork(d);\n\tmutex_lock(&d->lock);\n\tif (!d->on)\n\t\treturn -1;\n\tmutex_unlock(&d->lock);\n\treturn 0;'),
  ).toEqual(['-', ...held]);
});

it('splits acquisitions that can fail by their result', () => {
  expect(exits('\tif (!mutex_trylock(&d->lock))\n\t\treturn -EAGAIN;\n\tmutex_unlock(&d->lock);\n\treturn 0;')).toEqual(clean);
  expect(exits('\tint ret = mutex_lock_interruptible(&d->lock);\n\n\tif (ret)\n\t\treturn ret;\n\treturn 0;')).toEqual(['-', ...held]);
});

it('names a lock by its object, not by the variable', () => {
  expect(exits('\tstruct demo *same = d;\n\n\tmutex_lock(&d->lock);\n\td = d->next;\n\tmutex_unlock(&same->lock);\n\treturn 0;')).toEqual(
    clean,
  );
  expect(exits('\tmutex_lock(&d->lock);\n\td = d->next;\n\tmutex_unlock(&d->lock);\n\treturn 0;')).toEqual([
    'd->lock held, d->next->lock given',
  ]);
});

it('finds the lock that a function takes inside its argument', () => {
  expect(exits('\tpci_dev_lock(d->pdev);\n\tdevice_unlock(&d->pdev->dev);\n\treturn 0;')).toEqual(clean);
});

it('takes the same question about the same object for the same lock', () => {
  expect(exits('\tspin_lock(demo_lockptr(d, n));\n\twork(d);\n\tspin_unlock(demo_lockptr(d, n));\n\treturn 0;')).toEqual(clean);
  expect(exits('\tspin_lock(demo_lockptr(d, n));\n\tspin_unlock(demo_lockptr(d, n + 1));\n\treturn 0;')).not.toEqual(clean);
});

it('leads container_of back to the object it came from', () => {
  expect(
    exits(
      '\tstruct part *p = &d->part;\n\n\tmutex_lock(&d->lock);\n\tmutex_unlock(&container_of(p, struct demo, part)->lock);\n\treturn 0;',
    ),
  ).toEqual(clean);
});

it('keeps the number of rounds out of the state of a loop', () => {
  expect(
    exits(
      '\tint i;\n\n\tfor (i = 0; i < n; i++) {\n\t\tmutex_lock(&d->lock);\n\t\tif (work(d))\n\t\t\tbreak;\n\t\tmutex_unlock(&d->lock);\n\t}\n\treturn 0;',
    ),
  ).toEqual(['-', ...held]);
});

it('does not name the locks of all elements of a list', () => {
  expect(
    exits(
      '\tstruct part *p;\n\n\tlist_for_each_entry(p, &d->parts, node)\n\t\tmutex_lock(&p->lock);\n\twork(d);\n\tlist_for_each_entry(p, &d->parts, node)\n\t\tmutex_unlock(&p->lock);\n\treturn 0;',
    ),
  ).toEqual(clean);
});

it('calls a lock given that was held at entry, and retaken when it is taken again', () => {
  expect(exits('\tmutex_unlock(&d->lock);\n\tif (n)\n\t\treturn 0;\n\tmutex_lock(&d->lock);\n\treturn 0;')).toEqual([
    'd->lock given',
    'd->lock retaken',
  ]);
});

it('does not count an asserted lock as taken here', () => {
  expect(exits('\tlockdep_assert_held(&d->lock);\n\treturn n;')).toEqual(clean);
});

it('sees through helpers: the effect, the result it goes with, and the argument that chooses it', () => {
  const text = `static int take(struct demo *d, bool wait)
{
	if (!wait) {
		if (!mutex_trylock(&d->lock))
			return -EAGAIN;
		return 0;
	}
	mutex_lock(&d->lock);
	return 0;
}

static void maybe(struct demo *d, bool really)
{
	if (really)
		mutex_lock(&d->lock);
}

int by_result(struct demo *d)
{
	int ret = take(d, false);

	if (ret)
		return ret;
	mutex_unlock(&d->lock);
	return 0;
}

void by_argument(struct demo *d)
{
	maybe(d, true);
	mutex_unlock(&d->lock);
}

void forgets(struct demo *d)
{
	maybe(d, true);
}
`;
  const flow = flowOf(text);
  expect(exitsOf(flow, 'by_result')).toEqual(clean);
  expect(exitsOf(flow, 'by_argument')).toEqual(clean);
  expect(exitsOf(flow, 'forgets')).toEqual(held);
});

it('calls a lock unknown after a helper of which nothing tells what it did', () => {
  const flow = flowOf(`static void maybe(struct demo *d)
{
	if (chance())
		mutex_lock(&d->lock);
}

void f(struct demo *d)
{
	maybe(d);
}
`);
  expect(exitsOf(flow, 'f')).toEqual(['d->lock unknown']);
});

it('does not trust a lock that an unseen lock function was near', () => {
  expect(exits('\tmutex_lock(&d->lock);\n\tdemo_unlock_and_put(d);\n\treturn 0;')).toEqual(['d->lock unknown']);
  expect(exits('\tmutex_lock(&d->lock);\n\tdemo_count(d);\n\treturn 0;')).toEqual(held);
});

it('summarises functions that call each other in a circle alike from either end', () => {
  const text = `static void ping(struct demo *d, int n);

static void pong(struct demo *d, int n)
{
	if (n)
		ping(d, n - 1);
	mutex_lock(&d->lock);
}

static void ping(struct demo *d, int n)
{
	if (n)
		pong(d, n - 1);
	mutex_unlock(&d->lock);
}
`;
  const forwards = flowOf(text);
  const backwards = flowOf(text);
  const first = [forwards.summaryOf('ping'), forwards.summaryOf('pong')];
  const second = [backwards.summaryOf('pong'), backwards.summaryOf('ping')].reverse();
  expect(first).toEqual(second);
});

it('knows nothing of locks behind a gap, and all of those taken there', () => {
  const heading = 'static int demo_set(struct demo *d, int type)';
  const before = flowOfHunks(heading, ['\td->type = type;\n\tmutex_unlock(&d->lock);\n\treturn 0;\n}\n']);
  expect(exitsOf(before, 'demo_set')).toEqual(['d->lock unknown']);
  const behind = flowOfHunks(heading, ['\tmutex_lock(&d->lock);\n\tif (type < 0)\n\t\treturn -1;\n']);
  expect(exitsOf(behind, 'demo_set')).toContain('d->lock held');
  const across = flowOfHunks(heading, ['\tmutex_lock(&d->lock);\n\tprepare(d);\n', '\tcount(d);\n\treturn 0;\n}\n']);
  expect(exitsOf(across, 'demo_set')).toEqual(['-']);
});

it('takes a first statement that is deeper than the next for a branch of a test outside the hunk', () => {
  const heading = 'static int demo_set(struct demo *d, int type)';
  const flow = flowOfHunks(heading, ['\t\treturn 0;\n\tmutex_lock(&d->lock);\n\tif (type < 0)\n\t\treturn -1;\n\tcount(d);\n']);
  expect(exitsOf(flow, 'demo_set')).toEqual(['-', 'd->lock held']);
});

it('gives up a walk with more lock states than it keeps, and says so', () => {
  const lines = Array.from({ length: 6 }, (_, at) => `\tif (ask${String(at)}(n))\n\t\tmutex_lock(&d->lock${String(at)});\n`).join('');
  const flow = flowOf(`int f(struct demo *d, int n)\n{\n${lines}\treturn 0;\n}\n`);
  expect(flow.locks(functionOf(flow, 'f'))?.result.stopped).toBe('states');
  expect(flow.coverage(() => true)).toMatchObject([{ function: 'f', status: 'failed', reasons: [{ reason: 'states' }] }]);
});

it('ends on loops that nest and jump into each other', () => {
  const flow = flowOf(`int f(struct demo *d, int n)
{
	int i, j;

again:
	for (i = 0; i < n; i++)
		for (j = i; j < n; j++) {
			mutex_lock(&d->lock);
			if (work(d, i, j))
				goto again_locked;
			mutex_unlock(&d->lock);
			if (more(d))
				goto again;
		}
	return 0;
again_locked:
	mutex_unlock(&d->lock);
	goto again;
}
`);
  expect(exitsOf(flow, 'f')).toEqual(clean);
});

it('tells an observer of events with the path that led there', () => {
  const flow = flowOf(`int f(struct demo *d)
{
	if (d->busy)
		return -EBUSY;
	mutex_lock(&d->lock);
	d->count = get(d);
	mutex_unlock(&d->lock);
	return d->count;
}
`);
  const seen: string[] = [];
  const observer: Observer = {
    lock: (event) => seen.push(`${event.action} ${event.outcome}`),
    call: (call) => seen.push(`call ${call.name ?? '?'}`),
    assign: (assign) => seen.push(`assign ${assign.operator}`),
    test: (_, holds) => seen.push(`test ${String(holds)}`),
    return: (terminator) => seen.push(`return ${terminator.value?.kind ?? 'nothing'}`),
  };
  flow.walk(functionOf(flow, 'f'), observer);
  expect(seen).toEqual([
    'test true',
    'test false',
    'return unary',
    'call mutex_lock',
    'acquire taken',
    'call get',
    'assign =',
    'call mutex_unlock',
    'release freed',
    'return field',
  ]);
});
