import { expect, test } from 'vitest';
import type { CodeSource, FunctionRow } from '../../server/src/core/run/types.ts';
import { assumedAt, resultsOf, runThreads, sourcesOf } from './code.ts';

const rows = (...list: readonly FunctionRow[]): ReadonlyMap<string, FunctionRow> => new Map(list.map((row) => [row.name, row]));

const forEach: FunctionRow = {
  name: 'for_each_member',
  how: 'each',
  items: (c, args) => c.list(String(args[0]), 'members'),
  callback: 2,
  pass: (_, item, args) => [item, args[1] ?? null],
  count: 2,
  under: (_, args) => `${String(args[0])}.mutex`,
};
const walk = `
static int count(struct device *dev, void *data)
{
	int *seen = data;

	(*seen)++;
	return *seen == 2 ? -EBUSY : 0;
}

static int look(struct device *dev, void *data)
{
	device_lock(dev);
	device_unlock(dev);
	return 0;
}

int work(struct iommu_group *group)
{
	int seen = 0;
	int ret = for_each_member(group, &seen, count);

	return ret ? seen : 10 * seen;
}

int look_at_all(struct iommu_group *group)
{
	return for_each_member(group, NULL, look);
}

int bind(struct device *dev, struct iommu_group *group)
{
	device_lock(dev);
	mutex_lock(&group->mutex);
	mutex_unlock(&group->mutex);
	device_unlock(dev);
	return 0;
}
`;
const members = (list: readonly string[]): { initial: readonly (readonly [string, string, readonly string[]])[] } => ({
  initial: [['G', 'members', list]],
});

test('a callback is called for each item until one says stop', () => {
  const binding = { functions: rows(forEach) };
  expect(resultsOf(walk, 'work(G)', { binding, ...members([]) })).toEqual(['0']);
  expect(resultsOf(walk, 'work(G)', { binding, ...members(['A']) })).toEqual(['10']);
  expect(resultsOf(walk, 'work(G)', { binding, ...members(['A', 'B', 'C']) })).toEqual(['2']);
});

test('the lock that is held around callbacks counts for their order', () => {
  const outcome = runThreads(walk, ['look_at_all(G)', 'bind(A, G)'], { binding: { functions: rows(forEach) }, ...members(['A']) });
  expect(outcome.violations).toEqual(['deadlock: T1 waits for T2 waits for T1']);
});

test('a call goes to its row before code of other files, and to a stand-in only where there is none', () => {
  const text = 'int work(void)\n{\n\treturn helper();\n}\n';
  const other = sourcesOf('int helper(void)\n{\n\treturn 1;\n}\n');
  const find = (name: string): CodeSource | null => other.get(name) ?? null;
  const row = (value: number): ReadonlyMap<string, FunctionRow> => rows({ name: 'helper', how: 'nothing', result: value });
  const result = (
    binding: { functions?: ReadonlyMap<string, FunctionRow>; standIns?: ReadonlyMap<string, FunctionRow> },
    hasCode: boolean,
  ): unknown => resultsOf(text, 'work()', { binding, ...(hasCode ? { options: { find } } : {}) });
  expect(result({ functions: row(2), standIns: row(3) }, true)).toEqual(['2']);
  expect(result({ standIns: row(3) }, true)).toEqual(['1']);
  expect(result({ standIns: row(3) }, false)).toEqual(['3']);
});

test('a function that is handed in runs as code, whatever rows say', () => {
  const text = 'static int helper(void)\n{\n\treturn 1;\n}\n\nint work(void)\n{\n\treturn helper();\n}\n';
  expect(resultsOf(text, 'work()', { binding: { functions: rows({ name: 'helper', how: 'nothing', result: 2 }) } })).toEqual(['1']);
});

test('a choice comes back with each of its results, and with a failure where failures are injected', () => {
  const text = 'int work(void)\n{\n\treturn ask();\n}\n';
  const functions = rows({ name: 'ask', how: 'choice', results: [0, 1], fails: ['-EIO'], why: 'either' });
  expect(resultsOf(text, 'work()', { binding: { functions } })).toEqual(['0', '1']);
  expect(resultsOf(text, 'work()', { binding: { functions }, inject: true })).toEqual(['-EIO', '0', '1']);
});

test('a failure is injected once in a schedule, at any of its places', () => {
  const text = 'int work(void)\n{\n\tint failed = 0;\n\n\tif (ask())\n\t\tfailed++;\n\tif (ask())\n\t\tfailed++;\n\treturn failed;\n}\n';
  const functions = rows({ name: 'ask', how: 'choice', results: [0], fails: ['-EIO'], why: 'may fail' });
  expect(resultsOf(text, 'work()', { binding: { functions }, inject: true })).toEqual(['0', '1']);
});

test('a call through a pointer that nobody knows is an unknown, and one through NULL a crash', () => {
  const text = 'struct demo_ops {\n\tint (*run)(int n);\n};\n\nint work(struct demo_ops *ops)\n{\n\treturn ops->run(1);\n}\n';
  const outcome = runThreads(text, ['work(D)']);
  expect(outcome.results).toHaveLength(1);
  expect(assumedAt(outcome).map((one) => one.split(':')[0])).toContain('callee');
  expect(runThreads(text, ['work(D)'], { initial: [['D', 'c.run', '!0']] }).violations).toEqual([
    'panic: call of a NULL pointer: ops->run(1)',
  ]);
});
