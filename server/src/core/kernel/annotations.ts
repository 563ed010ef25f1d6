// Annotation words: macros that stand for attributes, address spaces, sections, and so on, and mean nothing to control flow.

const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));

/** A word that may be an annotation by its form. */
export const bareAnnotationPattern = /^__[a-z]\w*$/;

/** Words of that form that are types or functions instead. */
export const typeNamePattern =
  /^__(?:u|s|le|be|virtio|fs|hc|sum|wsum|poll|kernel_|builtin|func|FUNC|int128|float|m128|auto_type|label|typeof|alignof|asm|volatile|VA_|LINE|FILE|COUNTER|stringify|this|bio|r)|_t$|__val$|__be$/;

/** Annotation words without arguments that are known by sight; macro-tables.ts adds what Linux defines. */
export const bareAnnotations = words(`
  __init __exit __initdata __exitdata __initconst __meminit __meminitdata __net_init __net_exit __net_initdata
  __cpuinit __devinit __devexit __initdata_or_module __ref __refdata __head __entry_text __noipa
  __iomem __user __percpu __rcu __force __kernel __bitwise __nocast __private __safe __ksym __arena __kptr
  __maybe_unused __always_unused __unused __used __weak __must_check __deprecated __noreturn __visible
  __cold __hot __pure __packed __nonstring __attribute_const__ __designated_init __data_racy
  __read_mostly __ro_after_init __page_aligned_bss __nosavedata __randomize_layout __latent_entropy
  noinline notrace noinstr asmlinkage nokprobe_inline noinline_for_stack noinline_for_kasan
  __always_inline __forceinline __noclone __sched __lockfunc __kprobes __cpuidle __irq_entry __softirq_entry
  __exception_irq_entry __noendbr __bpf_kfunc __vdso __fpu__
  __no_kcsan __no_kmsan_checks __no_sanitize_or_inline __no_caller_saved_registers __nostackprotector
  __no_stack_protector __no_profile __extension__ __restrict __restrict__ restrict __signed__
  __efiapi __stdcall __pascal __cdecl __compat __percpu_seg_override __capability NORET_TYPE ATTRIB_NORET const_debug`);

/** Annotation words with arguments that are known by sight. */
export const annotationCalls = words(`
  __must_hold __must_hold_shared __must_be_held __acquires __releases __cond_acquires __cond_releases __acquires_shared
  __guarded_by __pt_guarded_by __context_unsafe __exclusive_lock
  __free __cleanup __counted_by __counted_by_le __counted_by_be __sized_by __alloc_size __realloc_size __malloc __nonnull
  __printf __scanf __aligned __assume_aligned __page_aligned __section __mode __alias __attribute__ __attribute __declspec
  __diagnose_as __compiletime_error __compiletime_warning __no_sanitize __noprofile __retain
  __rpm_guard ACPI_PRINTF_LIKE SWIOTLB_ANY TARGET_ATTRIBUTE`);

/** Words that a tree defines like annotations but that stand for more: storage classes, statements, whole functions. */
export const neverAnnotations = words(`
  inline __inline __inline__ static INIT EXPORT IN OUT far FAR
  ARCH_ADD_TRAMP_KEY ARCH_DEFINE_STATIC_CALL_NULL_TRAMP ARCH_DEFINE_STATIC_CALL_RET0_TRAMP ARCH_DEFINE_STATIC_CALL_TRAMP
  DEFINE_ASM_FUNC SYSCALL_ALIAS savesegment store_ldt cond_syscall SYMBOL_CRC KSYMTAB_FUNC KSYMTAB_DATA __KSYMTAB
  __diag __diag_push __diag_pop __diag_GCC_8 __bpf_kfunc_end_defs __bpf_hook_end`);
