// Macros and functions of Linux whose meaning the flow layer knows by itself.

/** Compute a value from their arguments and do nothing else. */
const pure = new Set(
  (
    'IS_ERR IS_ERR_OR_NULL IS_ERR_VALUE ERR_PTR ERR_CAST PTR_ERR PTR_ERR_OR_ZERO container_of container_of_const list_entry list_entry_is_head ' +
    'from_timer timer_container_of from_tasklet from_work to_delayed_work list_first_entry list_last_entry list_next_entry list_prev_entry list_first_entry_or_null list_is_head list_is_last list_is_first hlist_entry ' +
    'rb_entry rb_entry_safe rb_first rb_last llist_entry list_empty list_empty_careful list_is_singular hlist_empty RB_EMPTY_ROOT RB_EMPTY_NODE ' +
    'READ_ONCE rcu_dereference rcu_dereference_protected rcu_dereference_check rcu_dereference_raw rcu_access_pointer rcu_dereference_bh smp_load_acquire ' +
    'srcu_dereference min max min_t max_t min3 max3 clamp clamp_t clamp_val ARRAY_SIZE BIT BIT_ULL GENMASK GENMASK_ULL FIELD_GET FIELD_PREP ' +
    'offsetof sizeof_field typecheck PAGE_ALIGN ALIGN ALIGN_DOWN IS_ALIGNED DIV_ROUND_UP DIV_ROUND_CLOSEST round_up round_down roundup rounddown swab32 swab64 ' +
    'cpu_to_le16 cpu_to_le32 cpu_to_le64 le16_to_cpu le32_to_cpu le64_to_cpu cpu_to_be16 cpu_to_be32 cpu_to_be64 be16_to_cpu be32_to_cpu be64_to_cpu ' +
    'upper_32_bits lower_32_bits u64_to_user_ptr virt_to_phys phys_to_virt __pa __va page_to_pfn pfn_to_page page_to_phys pfn_to_kaddr ilog2 order_base_2 ' +
    'is_power_of_2 ffs fls fls64 __ffs __ffs64 hweight32 hweight64 test_bit abs dev_name dev_get_drvdata dev_to_node to_pci_dev struct_size array_size ' +
    'dev_is_pci dev_is_platform capable kobject_name current_cred __builtin_constant_p __builtin_expect __builtin_ctz ' +
    'XA_ERROR xa_is_err xa_err xa_is_value xa_to_value xa_mk_value atomic_read atomic64_read atomic_long_read refcount_read kref_read ' +
    'strcmp strncmp memcmp sysfs_streq'
  ).split(' '),
);

/** Give one argument on as it is: `likely(x)`. */
const transparent = new Set([
  'likely',
  'unlikely',
  '__force',
  'data_race',
  'ACCESS_PRIVATE',
  'no_printk',
  '__builtin_expect',
  'array_index_nospec',
  'untagged_addr',
]);

/** Test a condition, complain if it holds, and give it back. */
const warnings = new Set([
  'WARN_ON',
  'WARN_ON_ONCE',
  'WARN',
  'WARN_ONCE',
  'WARN_TAINT',
  'WARN_TAINT_ONCE',
  'VM_WARN_ON',
  'VM_WARN_ON_ONCE',
  'lockdep_WARN_ON',
  'dev_WARN_ONCE_IF',
  'pci_WARN_ON',
  'WARN_ON_ASSERT',
  'DEBUG_LOCKS_WARN_ON',
  'IOMMUFD_TEST_WARN_ON',
]);

const noReturn = new Set([
  'BUG',
  'panic',
  'do_exit',
  'make_task_dead',
  'kthread_exit',
  'unreachable',
  '__builtin_unreachable',
  '__builtin_trap',
  'emergency_restart',
  'nmi_panic',
  'ex_handler_unreachable',
  'BUILD_BUG',
]);

/** Log and tracing calls: they change nothing that a path depends on. */
const silentCall =
  /^(?:pr|dev|netdev|pci|drm|ibdev|iommu)_(?:emerg|alert|crit|err|warn|notice|info|dbg|debug|printk|vdbg|cont|devel)(?:_once|_ratelimited)?$|^(?:printk|printk_once|printk_ratelimited|_dev_\w+|trace_\w+|lockdep_\w+|might_sleep|might_lock|might_fault|might_alloc|BUILD_BUG_ON|BUILD_BUG_ON_MSG|static_assert|kfree|kvfree|kzalloc|kmalloc|kcalloc|memset|memcpy|barrier|smp_\w+|cpu_relax|cond_resched|EXPORT_SYMBOL\w*)$/;

/** Macros that assign one of their arguments: name to index. */
const assigns = new Map<string, number>([
  ['get_user', 0],
  ['__get_user', 0],
  ['unsafe_get_user', 0],
  ['get_kernel_nofault', 0],
  ['do_div', 0],
  ['local_irq_save', 0],
  ['local_save_flags', 0],
  ['raw_local_irq_save', 0],
  ['read_poll_timeout', 1],
  ['read_poll_timeout_atomic', 1],
  ['readx_poll_timeout', 2],
  ['readx_poll_timeout_atomic', 2],
  ['regmap_read_poll_timeout', 2],
  ['pci_dev_config_read', 2],
  ['va_start', 0],
  ['rdmsrl', 1],
]);
for (const word of ['readb', 'readw', 'readl', 'readq'])
  for (const form of ['', '_relaxed']) for (const way of ['', '_atomic']) assigns.set(`${word}${form}_poll_timeout${way}`, 1);

export function isPure(name: string): boolean {
  return pure.has(name);
}

export function isTransparent(name: string): boolean {
  return transparent.has(name);
}

export function isWarning(name: string): boolean {
  return warnings.has(name);
}

export function isNoReturn(name: string): boolean {
  return noReturn.has(name);
}

/** Whether a call by this name leaves memory that others can see as it was. */
export function isSilentCall(name: string): boolean {
  return silentCall.test(name);
}

/** Index of the argument that a macro assigns, or null. */
export function assignedArgument(name: string): number | null {
  return assigns.get(name) ?? null;
}

/** Macros that declare a local variable, named by their first argument: `LIST_HEAD(head);`. */
const declares =
  /^(?:LIST_HEAD|HLIST_HEAD|LLIST_HEAD|DEFINE_[A-Z0-9_]+|DECLARE_[A-Z0-9_]+|XA_STATE|XA_STATE_ORDER|MA_STATE|VMA_ITERATOR|[A-Z]+_ON_?STACK|SHASH_DESC_ON_STACK)$/;

export function declaresVariable(name: string): boolean {
  return declares.test(name);
}

/**
 * Whether a function or macro gives the structure around a structure in it, by its name: file systems call the one around an inode
 * `FOO_I(inode)`, and have the inode in its field `vfs_inode` (include/linux/fs.h and its users in fs/ of 6.12).
 */
export function givesContainer(name: string, field: string): boolean {
  return field === 'vfs_inode' && /^[A-Z0-9]+_I$/.test(name);
}
