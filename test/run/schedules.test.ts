import { expect, test } from 'vitest';
import { resultsOf, runThreads, type World } from './code.ts';

const zero: World = { initial: [['D', 'c.users', '!0']] };

test('two threads lose an update without the lock, and none with it', () => {
  const racy = 'int add(struct demo *demo)\n{\n\tint users = demo->users;\n\n\tdemo->users = users + 1;\n\treturn demo->users;\n}\n';
  const locked = racy
    .replace('int users = demo->users;\n', 'int users;\n\n\tmutex_lock(&demo->lock);\n\tusers = demo->users;')
    .replace('return demo->users;', 'users = demo->users;\n\tmutex_unlock(&demo->lock);\n\treturn users;');
  const results = (text: string): readonly string[] => runThreads(text, ['add(D)', 'add(D)'], zero).results;
  expect(results(racy)).toEqual(['1 1', '1 2', '2 1', '2 2']);
  expect(results(locked)).toEqual(['1 2', '2 1']);
});

test('locks in two orders are a deadlock', () => {
  const text = `
int one(struct demo *a, struct demo *b)
{
	mutex_lock(&a->lock);
	mutex_lock(&b->lock);
	mutex_unlock(&b->lock);
	mutex_unlock(&a->lock);
	return 0;
}
`;
  expect(runThreads(text, ['one(A, B)', 'one(B, A)']).violations).toEqual(['deadlock: T1 waits for T2 waits for T1']);
  expect(runThreads(text, ['one(A, B)', 'one(A, B)']).violations).toEqual([]);
});

test('guard() and scoped_guard() give back at each exit', () => {
  const text = `
int work(struct demo *demo, int how)
{
	scoped_guard(mutex, &demo->other) {
		if (how == 1)
			return -EINVAL;
	}
	guard(mutex)(&demo->lock);
	if (how == 2)
		return -EBUSY;
	return 0;
}
`;
  for (const [how, result] of [
    [0, '0'],
    [1, '-EINVAL'],
    [2, '-EBUSY'],
  ] as const)
    expect(runThreads(text, [`work(D, ${how})`])).toMatchObject({ results: [result], violations: [] });
});

test('a lock that is kept at the return is a violation, and one that is not held cannot be given back', () => {
  const text = `
int keep(struct demo *demo)
{
	mutex_lock(&demo->lock);
	return 0;
}

int drop(struct demo *demo)
{
	mutex_unlock(&demo->lock);
	return 0;
}
`;
  expect(runThreads(text, ['keep(D)']).violations).toEqual(['I31: T1 ends with a lock held']);
  expect(runThreads(text, ['drop(D)']).violations).toEqual(['I31: D.lock released by T1, which does not hold it']);
});

test('a try that does not get its lock goes on without it', () => {
  const text = `
int work(struct demo *demo)
{
	if (!mutex_trylock(&demo->lock))
		return -EBUSY;
	demo->users = 1;
	mutex_unlock(&demo->lock);
	return 0;
}
`;
  const outcome = runThreads(text, ['work(D)', 'work(D)']);
  expect(outcome.violations).toEqual([]);
  expect(outcome.results).toEqual(['-EBUSY 0', '0 -EBUSY', '0 0']);
});

test('a wait for a lock is interrupted once where failures are injected', () => {
  const text = `
int work(struct demo *demo)
{
	int ret = mutex_lock_interruptible(&demo->lock);

	if (ret)
		return ret;
	mutex_unlock(&demo->lock);
	return 0;
}
`;
  expect(resultsOf(text, 'work(D)')).toEqual(['0']);
  expect(resultsOf(text, 'work(D)', { inject: true })).toEqual(['-EINTR', '0']);
});

test('a lock takes the name that the model has for it', () => {
  const text = 'int work(struct device *dev)\n{\n\tdevice_lock(dev);\n\tmutex_lock(&demo_lock);\n\treturn 0;\n}\n';
  const outcome = runThreads(text, ['work(A)'], {
    binding: {
      structOf: (_, object) => (object === 'A' ? 'device' : null),
      locks: [
        { struct: 'device', field: 'mutex', lock: 'device_lock' },
        { struct: null, field: 'demo_lock', lock: 'iommu_demo_lock' },
      ],
    },
  });
  expect(outcome.ends.map((state) => outcome.machine.locks(0, state))).toEqual([['A.device_lock', 'iommu_demo_lock']]);
});

test('taking the lock of a freed object is a use after free', () => {
  const text = `
int release(struct demo *demo)
{
	kfree(demo);
	return 0;
}

int use(struct demo *demo)
{
	mutex_lock(&demo->lock);
	mutex_unlock(&demo->lock);
	return 0;
}
`;
  expect(runThreads(text, ['release(D)', 'use(D)'], { freeable: ['D'] }).violations).toEqual(['use-after-free: D.lock after D was freed']);
});

test('a reference count that reaches 0 frees once, whoever drops it last', () => {
  const text = `
static void put(struct demo *demo)
{
	if (refcount_dec_and_test(&demo->refs))
		kfree(demo);
}

int use(struct demo *demo)
{
	demo->users = 1;
	put(demo);
	return 0;
}
`;
  const outcome = runThreads(text, ['use(D)', 'use(D)'], { freeable: ['D'], initial: [['D', 'c.refs.count', 2]] });
  expect(outcome).toMatchObject({ results: ['0 0'], violations: [] });
  const short = runThreads(text, ['use(D)', 'use(D)'], { freeable: ['D'], initial: [['D', 'c.refs.count', 1]] });
  expect(short.violations).toEqual(['use-after-free: D.users after D was freed']);
});

test('a step tells where it stands in the source, and the locals by their C names', () => {
  const text = 'int work(struct demo *demo, int n)\n{\n\tint twice = 2 * n;\n\n\tdemo->users = twice;\n\treturn twice;\n}\n';
  const { machine } = runThreads(text, ['work(D, 4)']);
  let state = machine.initial();
  state = machine.apply(0, state, 0).state;
  const frame = machine.describe(0, state, 0).frames.at(-1);
  expect(frame?.range === null || frame?.range === undefined ? null : text.slice(frame.range.start, frame.range.end)).toBe(
    'demo->users = twice',
  );
  expect(frame?.range).toMatchObject({ file: 'drivers/iommu/demo.c', function: 'work' });
  expect(Object.fromEntries(frame?.locals ?? [])).toMatchObject({ demo: 'D', n: 4, twice: 8 });
});

const readers = `
int read_both(struct demo *a, struct demo *b)
{
	down_read(&a->sem);
	down_read(&b->sem);
	up_read(&b->sem);
	up_read(&a->sem);
	return 0;
}

int write(struct demo *a)
{
	int users;

	down_write(&a->sem);
	users = a->users;
	a->users = users + 1;
	downgrade_write(&a->sem);
	users = a->users;
	up_read(&a->sem);
	return users;
}
`;

test('readers do not exclude each other, in whatever order they come', () => {
  expect(runThreads(readers, ['read_both(D, E)', 'read_both(E, D)'])).toMatchObject({ results: ['0 0'], violations: [] });
});

test('a writer excludes writers and readers, and goes on as a reader after its downgrade', () => {
  const outcome = runThreads(readers, ['write(D)', 'write(D)', 'read_both(D, E)'], zero);
  expect(outcome.violations).toEqual([]);
  expect(outcome.results).toEqual(['1 2 0', '2 1 0']);
});

test('a writer between two readers in opposite orders is a deadlock', () => {
  const text = `${readers}
int write_both(struct demo *a, struct demo *b)
{
	down_write(&a->sem);
	down_read(&b->sem);
	up_read(&b->sem);
	up_write(&a->sem);
	return 0;
}
`;
  expect(runThreads(text, ['write_both(D, E)', 'write_both(E, D)']).violations).toEqual(['deadlock: T1 waits for T2 waits for T1']);
});

test('a reader gives back as a reader', () => {
  const text = 'int work(struct demo *demo)\n{\n\tdown_read(&demo->sem);\n\tup_write(&demo->sem);\n\treturn 0;\n}\n';
  expect(runThreads(text, ['work(D)']).violations).toEqual(['I31: D.sem released by T1, which does not hold it']);
});
