import { expect, test } from 'vitest';
import { lockPointsOf, type LockPoint } from '../../server/src/core/flow/held-locks.ts';
import type { FlowFile } from '../../server/src/core/flow/program.ts';
import { flowOf, flowOfHunks, functionOf } from './source.ts';

/** The first point of the line with a mark, as `name state paths (places it comes from)`. */
function locksAt(flow: FlowFile, name: string, mark: string): string[] {
  const { text } = flow.c;
  const start = text.lastIndexOf('\n', text.indexOf(mark)) + 1;
  const end = text.indexOf('\n', text.indexOf(mark));
  const points = lockPointsOf(flow, functionOf(flow, name)).points;
  const point = points.find(({ span }) => span.start >= start && span.start < end);
  if (!point) throw new Error(`no point at ${mark}`);
  return shown(point, text);
}

function shown({ locks, hidden }: LockPoint, text: string): string[] {
  const lines = locks.map(({ name, state, paths, causes }) => {
    const from = causes.map(({ span, via }) => via ?? text.slice(span.start, span.end));
    return `${name} ${state} ${paths}${from.length === 0 ? '' : ` (${from.join(', ')})`}`;
  });
  return hidden ? [...lines, 'hidden'] : lines;
}

const lend = `
int demo_lend(struct demo *demo, void *owner)
{
	int ret;

	mutex_lock(&demo->lock); /* take */
	if (demo->owner) { /* test */
		ret = -EBUSY; /* busy */
		goto out;
	}
	demo->owner = owner; /* set */
	ret = 0;
out:
	mutex_unlock(&demo->lock); /* give */
	return ret; /* left */
}
`;

test('a lock is held from behind its taking to its release, with the place that took it', () => {
  const flow = flowOf(lend);
  expect(locksAt(flow, 'demo_lend', 'take')).toEqual([]);
  expect(locksAt(flow, 'demo_lend', 'busy')).toEqual(['demo->lock held all (mutex_lock(&demo->lock))']);
  expect(locksAt(flow, 'demo_lend', 'give')).toEqual(['demo->lock held all (mutex_lock(&demo->lock))']);
  expect(locksAt(flow, 'demo_lend', 'left')).toEqual([]);
});

test('a lock that only some paths hold is said to be held on some', () => {
  const flow = flowOf(`
int demo_peek(struct demo *demo, int locked)
{
	if (!locked)
		mutex_lock(&demo->lock);
	demo->seen++; /* here */
	if (!locked)
		mutex_unlock(&demo->lock);
	return 0;
}
`);
  expect(locksAt(flow, 'demo_peek', 'here')).toEqual(['demo->lock held some (mutex_lock(&demo->lock))']);
});

test("an asserted lock is the caller's", () => {
  const flow = flowOf(`
void demo_set(struct demo *demo)
{
	lockdep_assert_held(&demo->lock);
	demo->seen = 1; /* here */
}
`);
  expect(locksAt(flow, 'demo_set', 'here')).toEqual(['demo->lock caller all']);
});

test("an annotated lock is the caller's from the first line on", () => {
  const flow = flowOf(`
static void demo_swap(struct demo *demo) __must_hold(&demo->lock)
{
	demo->seen = 1; /* here */
	mutex_unlock(&demo->lock);
	demo_wait(demo); /* free */
	mutex_lock(&demo->lock);
	demo->seen = 2; /* again */
}
`);
  expect(locksAt(flow, 'demo_swap', 'here')).toEqual(['demo->lock caller all']);
  expect(locksAt(flow, 'demo_swap', 'free')).toEqual([]);
  expect(locksAt(flow, 'demo_swap', 'again')).toEqual(['demo->lock held all (mutex_lock(&demo->lock))']);
});

test('a function that is at hand and takes a lock is named', () => {
  const flow = flowOf(`
static void demo_begin_it(struct demo *demo)
{
	mutex_lock(&demo->lock);
}

void demo_use(struct demo *demo)
{
	demo_begin_it(demo);
	demo->seen = 1; /* here */
	mutex_unlock(&demo->lock);
}
`);
  expect(locksAt(flow, 'demo_use', 'here')).toEqual(['demo->lock held all (demo_begin_it)']);
});

test('a function that is not at hand and seems to lock leaves the lock unknown', () => {
  const flow = flowOf(`
void demo_use(struct demo *demo)
{
	far_lock_all(demo);
	demo->seen = 1; /* here */
}
`);
  expect(locksAt(flow, 'demo_use', 'here')).toEqual(['a lock of demo unknown all (far_lock_all)']);
});

test('a guard holds to the end of its scope', () => {
  const flow = flowOf(`
int demo_count(struct demo *demo)
{
	scoped_guard(mutex, &demo->lock) {
		demo->seen++; /* inside */
	}
	return demo->total; /* behind */
}
`);
  expect(locksAt(flow, 'demo_count', 'inside')[0]).toMatch(/^demo->lock held all/);
  expect(locksAt(flow, 'demo_count', 'behind')).toEqual([]);
});

test('behind code that is not visible, locks may be held of which nothing is known', () => {
  const flow = flowOfHunks('int demo_set(struct demo *demo)', ['\tdemo->seen = 1; /* here */\n\treturn 0;\n}\n']);
  expect(locksAt(flow, 'demo_set', 'here')).toEqual(['hidden']);
});

test('what a place takes and gives back is told', () => {
  const flow = flowOf(lend);
  const { points } = lockPointsOf(flow, functionOf(flow, 'demo_lend'));
  const changing = points.filter(({ takes, releases }) => takes.length + releases.length > 0);
  expect(changing.map(({ takes, releases }) => [takes, releases])).toEqual([
    [['demo->lock'], []],
    [[], ['demo->lock']],
  ]);
});
