import type { MacroWords } from './macro-words.ts';

/** The macros of Linux that are known without a tree. */
export const kernelMacros: MacroWords = {
  loops: new Set([
    'list_for_each_entry',
    'scoped_guard',
    'scoped_cond_guard',
    'for_each_group_device',
    'idr_for_each_entry',
    'xa_for_each',
  ]),
  annotations: new Set(
    '__init __exit __initdata __iomem __user __percpu __rcu __force __maybe_unused __always_unused __must_check __cold __packed __read_mostly __ro_after_init noinline __sched'.split(
      ' ',
    ),
  ),
  annotationCalls: new Set(
    '__must_hold __acquires __releases __free __cleanup __counted_by __printf __aligned __section __attribute__'.split(' '),
  ),
};
