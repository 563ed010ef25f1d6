// Which numbers a function without locks may return.

import { describe, expect, it } from 'vitest';
import { everything, type Intervals } from '../../server/src/core/flow/intervals.ts';
import { flowOf } from './source.ts';

function returns(text: string): Intervals | undefined {
  return flowOf(text).summaryOf('f')?.exits[0]?.returns;
}

function fn(body: string, type = 'int'): string {
  return `static ${type} f(struct demo *demo, int how)\n{\n${body}\n}\n`;
}

const check = 'static int check(int how)\n{\n\tif (how < 0)\n\t\treturn -EINVAL;\n\treturn how ? -EBUSY : 0;\n}\n';

describe('it knows', () => {
  it.each([
    ['constants', fn('\tif (how)\n\t\treturn -EINVAL;\n\treturn 0;'), [-22, -22, 0, 0]],
    ['what a variable is given anywhere', fn('\tint ret = -ENOMEM;\n\tif (how)\n\t\tret = 0;\n\treturn ret;'), [-12, -12, 0, 0]],
    [
      'what a called function returns',
      `${check}${fn('\tint ret = check(how);\n\tif (ret)\n\t\treturn ret;\n\treturn 7;')}`,
      [-22, -22, -16, -16, 0, 0, 7, 7],
    ],
    ['variables that go round', fn('\tint a = 1, b = 2;\n\twhile (how--) {\n\t\ta = b;\n\t\tb = a;\n\t}\n\treturn a;'), [1, 2]],
    ['truths', fn('\treturn how > 3;', 'bool'), [0, 1]],
    ['error pointers', fn('\tif (how)\n\t\treturn ERR_PTR(-ENOENT);\n\treturn NULL;', 'struct demo *'), [-2, -2, 0, 0]],
  ])('%s', (_title, text, expected) => {
    expect(returns(text)).toEqual(expected);
  });
});

describe('it does not say', () => {
  it.each([
    ['what a function returns that nobody knows', fn('\tif (how)\n\t\treturn other();\n\treturn 0;')],
    ['what always is the same, which may be a stand-in', fn('\treturn -ENODEV;')],
    ['what the caller handed in', fn('\tif (demo)\n\t\treturn how;\n\treturn 0;')],
    ['what somebody else may write', fn('\tint ret = 0;\n\tfill(&ret);\n\tif (how)\n\t\treturn -EIO;\n\treturn ret;')],
    ['what is computed', fn('\tint ret = 0;\n\tret |= how;\n\tif (how)\n\t\treturn -EIO;\n\treturn ret;')],
    ['a number that the type does not hold', fn('\tif (how)\n\t\treturn -EIO;\n\treturn 0;', 'bool')],
    ['an unsigned number', fn('\tif (how)\n\t\treturn -EIO;\n\treturn 0;', 'u32')],
  ])('%s', (_title, text) => {
    expect(returns(text)).toEqual(everything);
  });

  it('anything of a text made to take long', () => {
    const count = 60;
    const names = Array.from({ length: count }, (_, index) => `v${String(index)}`);
    const body = names.map((name, index) => `\t${name} = ${names[(index + 1) % count] ?? ''};\n\t${names[0] ?? ''} = ${name};`).join('\n');
    expect(returns(fn(`\tint ${names.join(', ')};\n\tv59 = how;\n${body}\n\treturn v0;`))).toEqual(everything);
  });
});
