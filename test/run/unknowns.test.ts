import { expect, test } from 'vitest';
import type { CodeSource } from '../../server/src/core/run/types.ts';
import { assumedAt, resultsOf, runThreads, sourcesOf } from './code.ts';

test('a branch on an open value goes both ways, and the path stays consistent', () => {
  const text = `
int work(struct demo *demo)
{
	if (demo->mode > 4) {
		if (demo->mode == 2)
			return 1;
		return demo->mode <= 4 ? 2 : 3;
	}
	if (demo->mode != 4)
		return demo->mode == 4 ? 4 : 5;
	return demo->mode;
}
`;
  expect(resultsOf(text, 'work(D)')).toEqual(['3', '4', '5']);
});

test('what a path took for granted is named with its place', () => {
  const text = 'int work(struct demo *demo)\n{\n\tif (demo->mode)\n\t\treturn 1;\n\treturn 0;\n}\n';
  const outcome = runThreads(text, ['work(D)']);
  expect(assumedAt(outcome)).toEqual(['value: demo->mode does not hold', 'value: demo->mode holds']);
  expect(outcome.program.assumptions().map(({ place }) => (place === null ? '' : text.slice(place.start, place.end)))).toEqual([
    'demo->mode',
    'demo->mode',
  ]);
});

test('an open pointer is an error, NULL or an object, and never two of them', () => {
  const text = `
int work(struct demo *demo)
{
	void *p = demo->next;

	if (IS_ERR(p))
		return p ? 1 : 2;
	if (!p)
		return IS_ERR_OR_NULL(p) ? 3 : 4;
	return IS_ERR_OR_NULL(p) ? 5 : 6;
}
`;
  expect(resultsOf(text, 'work(D)')).toEqual(['1', '3', '6']);
});

test('an open value that was compared with an object is that object', () => {
  const text = `
int work(struct demo *demo, struct demo *other)
{
	if (demo->next == other)
		return demo->next == other && demo->next->mode == other->mode;
	return demo->next != other ? 2 : 3;
}
`;
  expect(resultsOf(text, 'work(D, E)')).toEqual(['1', '2']);
});

test('what is written is known from there on, 0 too', () => {
  const text = 'int work(struct demo *demo)\n{\n\tdemo->mode = 0;\n\tif (demo->mode)\n\t\treturn 1;\n\treturn 2;\n}\n';
  const outcome = runThreads(text, ['work(D)']);
  expect(outcome.results).toEqual(['2']);
  expect(assumedAt(outcome)).toEqual([]);
});

test('arithmetic on open values gives the same open value each time', () => {
  const text =
    'int work(struct demo *demo)\n{\n\tif (demo->flags & 4)\n\t\treturn (demo->flags & 4) ? 1 : 2;\n\treturn (demo->flags & 4) ? 3 : 4;\n}\n';
  expect(resultsOf(text, 'work(D)')).toEqual(['1', '4']);
});

test('a function that nobody knows gives an open result, and the path says so', () => {
  const text = 'int work(void)\n{\n\tint ret = ask_firmware();\n\n\tif (ret < 0)\n\t\treturn -EIO;\n\treturn 0;\n}\n';
  const outcome = runThreads(text, ['work()']);
  expect(outcome.results).toEqual(['-EIO', '0']);
  expect(assumedAt(outcome)).toContain('callee: ask_firmware() is not known: its result is open, and what it does is not seen');
});

test('a contract gives the results of a function without code, each failure once where failures are injected', () => {
  const text = 'int work(void)\n{\n\tint ret = ask_firmware();\n\n\tif (ret)\n\t\tret = ask_firmware();\n\treturn ret;\n}\n';
  const options = {
    contract: (name: string) => (name === 'ask_firmware' ? { results: [0], fails: ['-EIO', '-ENODEV'], why: 'by its contract' } : null),
  };
  const outcome = runThreads(text, ['work()'], { options, inject: true });
  expect(outcome.results).toEqual(['0']);
  expect(assumedAt(outcome)).toEqual(['contract: ask_firmware: by its contract']);
  expect(runThreads('int work(void)\n{\n\treturn ask_firmware();\n}\n', ['work()'], { options, inject: true }).results).toEqual([
    '-EIO',
    '-ENODEV',
    '0',
  ]);
});

test('code of other files is inlined as deep as asked, and unknown below', () => {
  const other = sourcesOf('int second(int n)\n{\n\treturn n + 1;\n}\n\nint first(int n)\n{\n\treturn second(n) + 10;\n}\n');
  const text = 'int work(int n)\n{\n\treturn first(n);\n}\n';
  const find = (name: string): CodeSource | null => other.get(name) ?? null;
  expect(resultsOf(text, 'work(1)', { options: { find } })).toEqual(['12']);
  expect(assumedAt(runThreads(text, ['work(1)'], { options: { find, depth: 1 } }))).toEqual([
    'callee: second() is not known: its result is open, and what it does is not seen',
  ]);
});

test('an option of the build is open, and the same everywhere', () => {
  const text =
    'int work(void)\n{\n\tif (IS_ENABLED(CONFIG_DEMO))\n\t\treturn IS_ENABLED(CONFIG_DEMO) ? 1 : 2;\n\treturn IS_ENABLED(CONFIG_DEMO) ? 3 : 4;\n}\n';
  expect(resultsOf(text, 'work()')).toEqual(['1', '4']);
  const configs = new Map([['CONFIG_DEMO', () => true]]);
  expect(resultsOf(text, 'work()', { binding: { configs } })).toEqual(['1']);
});

test('code that is passed over is named', () => {
  const text = 'int work(int n)\n{\n\tasm volatile("nop" : "+r" (n));\n\treturn 1;\n}\n';
  const outcome = runThreads(text, ['work(1)']);
  expect(outcome.results).toEqual(['1']);
  expect(assumedAt(outcome)[0]).toMatch(/^opaque: /);
});

test('coverage tells what ran clean, what ran behind something open, and what never did', () => {
  const text =
    'int work(struct demo *demo)\n{\n\tint ret = 1;\n\n\tif (demo->mode)\n\t\tret = 2;\n\tif (ret == 3)\n\t\tret = 4;\n\treturn ret;\n}\n';
  const { program } = runThreads(text, ['work(D)']);
  const [coverage] = program.coverage();
  expect(coverage?.statements.map(({ span, executed }) => [text.slice(span.start, span.end), executed])).toEqual([
    ['ret = 1', 'clean'],
    ['demo->mode', 'clean'],
    ['ret = 2', 'after-unknown'],
    ['ret == 3', 'after-unknown'],
    ['ret = 4', 'no'],
    ['return ret;', 'after-unknown'],
  ]);
});

test('of two ways to a violation the one that rests on nothing is kept', () => {
  const text = `
int work(struct demo *demo)
{
	void *p = kzalloc(8, GFP_KERNEL);

	kfree(demo);
	if (p)
		ask_firmware();
	return demo->mode;
}
`;
  const doubts = (inject: boolean): readonly number[] =>
    runThreads(text, ['work(D)'], { freeable: ['D'], inject }).found.map(({ doubt }) => doubt);
  expect(doubts(false)).toEqual([2]);
  expect(doubts(true)).toEqual([0]);
});

test('violations of one id are told apart by their messages where that is asked for', () => {
  const text = `
int work(struct demo *demo)
{
	kfree(demo);
	return demo->mode;
}
`;
  const messages = (perMessage: boolean): readonly string[] =>
    runThreads(text, ['work(D)', 'work(E)'], { freeable: ['D', 'E'], perMessage }).violations;
  expect(messages(false)).toHaveLength(1);
  expect(messages(true)).toEqual(['use-after-free: D.mode after D was freed', 'use-after-free: E.mode after E was freed']);
});
