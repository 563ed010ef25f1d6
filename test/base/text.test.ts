import { expect, test } from 'vitest';
import { LineIndex } from '../../server/src/core/base/text.ts';

test('a line index gives 1-based lines and columns', () => {
  const index = new LineIndex('ab\ncd\n');
  expect(index.at(4)).toEqual({ line: 2, column: 2 });
  expect(index.lineText(2)).toBe('cd');
  expect(index.count).toBe(3);
});
