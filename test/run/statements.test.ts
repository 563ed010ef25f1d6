import { expect, test } from 'vitest';
import { resultsOf, runThreads } from './code.ts';

test.each([
  ['a + b * c', 14],
  ['(a + b) * c', 20],
  ['a - b - c', -5],
  ['-a + ~b', -6],
  ['b << c | 1', 49],
  ['(b << c) >> 1 & 0xff', 24],
  ['c / a + c % b', 3],
  ['a < b && b < c', 1],
  ['a > b || b > c', 0],
  ['!a', 0],
  ['a ? b : c', 3],
  ['0 ?: c', 4],
  ['a == 2 ? a == 2 : 7', 1],
])('%s is worked out', (expression, expected) => {
  const text = `int work(int a, int b, int c)\n{\n\treturn ${expression};\n}\n`;
  expect(resultsOf(text, 'work(2, 3, 4)')).toEqual([expected < 0 ? expect.stringMatching(/^-/) : String(expected)]);
});

test('a goto ladder undoes what was done, in reverse order', () => {
  const text = `
int build(int stop)
{
	int trail = 0, ret = -EINVAL;

	trail = 1;
	if (stop == 1)
		goto out;
	trail = trail * 10 + 2;
	if (stop == 2)
		goto undo_first;
	return trail;

undo_first:
	trail = trail * 10 + 9;
out:
	trail = trail * 10 + 8;
	return trail;
}
`;
  expect([0, 1, 2].map((stop) => resultsOf(text, `build(${stop})`))).toEqual([['12'], ['18'], ['1298']]);
});

test('a switch falls through, takes ranges and the default', () => {
  const text = `
int kind(int type)
{
	int weight = 0;

	switch (type) {
	case 1:
		weight += 100;
	case 2:
		weight += 10;
		break;
	case 5 ... 7:
		weight = 57;
		break;
	default:
		weight = -ENODEV;
	}
	return weight;
}
`;
  expect([1, 2, 5, 7, 9].map((type) => resultsOf(text, `kind(${type})`))).toEqual([['110'], ['10'], ['57'], ['57'], ['-ENODEV']]);
});

test('loops count, break and continue', () => {
  const text = `
int sum(int n)
{
	int i, total = 0;

	for (i = 0; i < n; i++) {
		if (i == 2)
			continue;
		if (i == 6)
			break;
		total += i;
	}
	while (total % 7)
		total++;
	do {
		total -= 1;
	} while (total > 20);
	return total;
}
`;
  expect(resultsOf(text, 'sum(4)')).toEqual(['6']);
  expect(resultsOf(text, 'sum(9)')).toEqual(['13']);
});

test('a loop without an end is given up, and said so', () => {
  const outcome = runThreads('int spin(int n)\n{\n\twhile (n)\n\t\tn = n + 1;\n\treturn n;\n}\n', ['spin(1)']);
  expect(outcome.results).toEqual([]);
  expect(outcome.program.assumptions().map(({ kind, text }) => `${kind}: ${text}`)).toEqual(['limit: a loop was followed for 40 rounds']);
});

test('recursion without an end is given up, and said so', () => {
  const outcome = runThreads('int down(int n)\n{\n\treturn down(n + 1);\n}\n', ['down(1)']);
  expect(outcome.results).toEqual([]);
  expect(outcome.program.assumptions().map(({ kind }) => kind)).toEqual(['limit']);
});

test('recursion with an end comes back', () => {
  expect(resultsOf('int fact(int n)\n{\n\tif (n <= 1)\n\t\treturn 1;\n\treturn n * fact(n - 1);\n}\n', 'fact(5)')).toEqual(['120']);
});

test('BUG() ends the schedule; WARN_ON() goes on, and is counted on the side that it names', () => {
  const text = `
int check(int n)
{
	if (WARN_ON(!n))
		return -EINVAL;
	if (n == 2)
		BUG();
	return 0;
}
`;
  const warned = runThreads(text, ['check(0)']);
  expect(warned.results).toEqual(['-EINVAL']);
  expect(warned.ends.map((state) => warned.machine.read(state, 'world', 'warnings'))).toEqual([['WARN_ON(!n)']]);
  const quiet = runThreads(text, ['check(1)']);
  expect(quiet.ends.map((state) => quiet.machine.read(state, 'world', 'warnings'))).toEqual([null]);
  expect(runThreads(text, ['check(2)']).violations).toEqual(['panic: BUG: check']);
});

test('errors are one value as int and as error pointer', () => {
  const text = `
void *find(int n)
{
	if (n == 0)
		return NULL;
	return ERR_PTR(-ENOMEM);
}

int use(int n)
{
	void *p = find(n);

	if (IS_ERR_OR_NULL(p))
		return IS_ERR(p) ? PTR_ERR(p) : -ENOENT;
	return 0;
}
`;
  expect(resultsOf(text, 'use(0)')).toEqual(['-ENOENT']);
  expect(resultsOf(text, 'use(1)')).toEqual(['-ENOMEM']);
});

test('recursion that fans out ends unfinished, not with an exception', () => {
  const text = 'int fan(int n)\n{\n\tif (n <= 0)\n\t\treturn 1;\n\treturn fan(n - 1) + fan(n - 2) + fan(n - 3);\n}\n';
  expect(resultsOf(text, 'fan(5)')).toEqual(['31']);
  expect(runThreads(text, ['fan(40)'])).toMatchObject({ results: [], finished: false });
});
