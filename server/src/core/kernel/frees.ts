// Functions that give memory back.

/** By function the argument that is freed (include/linux/slab.h, vmalloc.h and device.h of 6.12). */
const freed: ReadonlyMap<string, number> = new Map([
  ['kfree', 0],
  ['kvfree', 0],
  ['kfree_sensitive', 0],
  ['kvfree_sensitive', 0],
  ['kzfree', 0],
  ['vfree', 0],
  ['kmem_cache_free', 1],
  ['devm_kfree', 1],
]);

/** Index of the argument that a function frees at once; null for a function that frees none, or later. */
export function frees(name: string): number | null {
  return freed.get(name) ?? null;
}
