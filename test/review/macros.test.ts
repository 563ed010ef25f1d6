import { expect, it } from 'vitest';
import type { Outside } from '../../server/src/core/base/outside.ts';
import { kernelMacros } from '../../server/src/core/kernel/macro-tables.ts';
import { macrosOf } from '../../server/src/core/review/macros.ts';

function outsideWith(clangFormat: string | null): { outside: Outside; reads: () => number } {
  let reads = 0;
  const outside: Outside = {
    grammar: { symbols: [], fields: [] },
    parse: () => ({ ok: false, reason: 'size', detail: '' }),
    decode: (bytes) => new TextDecoder().decode(bytes),
    sha1: () => '',
    readTree: (path) => {
      reads++;
      return path === '.clang-format' && clangFormat !== null ? new TextEncoder().encode(clangFormat) : null;
    },
    readBlob: () => null,
    defines: () => [],
    hasTree: clangFormat !== null,
  };
  return { outside, reads: () => reads };
}

it("takes the loop macros of the tree's .clang-format, and reads it once", () => {
  const { outside, reads } = outsideWith("ForEachMacros:\n  - 'grp_walk'\n");
  expect(macrosOf(outside).loops.has('grp_walk')).toBe(true);
  expect(macrosOf(outside)).toBe(macrosOf(outside));
  expect(reads()).toBe(1);
});

it('takes those of Linux without a tree', () => {
  const { outside, reads } = outsideWith(null);
  expect(macrosOf(outside)).toBe(kernelMacros);
  expect(reads()).toBe(0);
});
