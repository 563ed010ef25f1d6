// Functions of Linux that may sleep in every context that they are called from, and flags that let an allocation sleep.
// Sources: might_sleep(), mutexes and GFP_KERNEL in include/linux/{wait,completion,workqueue,delay,uaccess,clk,interrupt}.h, kernel/, mm/,
// fs/sysfs/, drivers/{clk,gpio,i2c,spi}/ of 6.1 and 6.12.

const sleeping = new Set(
  (
    'might_sleep might_fault schedule schedule_timeout schedule_timeout_interruptible schedule_timeout_killable schedule_timeout_uninterruptible io_schedule ' +
    'cond_resched msleep msleep_interruptible ssleep usleep_range usleep_range_state fsleep ' +
    'wait_for_completion wait_for_completion_timeout wait_for_completion_interruptible wait_for_completion_interruptible_timeout wait_for_completion_killable ' +
    'wait_on_bit wait_on_bit_lock ' +
    'synchronize_rcu synchronize_rcu_expedited synchronize_srcu synchronize_srcu_expedited synchronize_net rcu_barrier srcu_barrier ' +
    'flush_work flush_delayed_work flush_workqueue drain_workqueue destroy_workqueue alloc_workqueue cancel_work_sync cancel_delayed_work_sync ' +
    'kthread_run kthread_create kthread_stop kthread_flush_worker kthread_destroy_worker ' +
    'vmalloc vzalloc vmalloc_user vmap vfree vunmap copy_to_user copy_from_user clear_user strncpy_from_user strndup_user memdup_user memdup_user_nul ' +
    'get_user put_user pin_user_pages pin_user_pages_fast get_user_pages get_user_pages_fast ' +
    'request_irq request_threaded_irq free_irq devm_request_irq devm_request_threaded_irq devm_free_irq pci_alloc_irq_vectors pci_free_irq_vectors ' +
    'clk_prepare clk_prepare_enable clk_unprepare clk_disable_unprepare clk_bulk_prepare clk_bulk_prepare_enable ' +
    'regulator_enable regulator_disable device_register device_unregister device_add device_del platform_device_register platform_device_unregister ' +
    'misc_register misc_deregister mmu_notifier_register mmu_notifier_unregister mmput ' +
    'pin_user_pages_remote get_user_pages_remote access_process_vm kernel_read kernel_write ioremap iounmap dma_pool_create dma_pool_destroy ' +
    'synchronize_irq tasklet_kill blocking_notifier_call_chain clk_set_rate clk_set_parent i2c_transfer spi_sync request_firmware ' +
    'gpiod_get_value_cansleep gpiod_set_value_cansleep ' +
    'sysfs_create_group sysfs_remove_group sysfs_notify kobject_uevent debugfs_create_dir debugfs_create_file'
  ).split(' '),
);

/** Functions that copy to or from user memory: they may run with page faults switched off. */
const userCopies = new Set('copy_to_user copy_from_user clear_user strncpy_from_user get_user put_user might_fault'.split(' '));

/** `wait_event()` and its forms, without those that drop the lock that they are given. */
const waits = /^wait_event(?:_\w+)?$/;

/** Whether a function may sleep, whatever its arguments. Lock functions are in the table of locks. */
export function maySleep(name: string): boolean {
  return sleeping.has(name) || (waits.test(name) && !/lock|_cmd/.test(name));
}

/** Whether a function touches user memory, which does not sleep behind `pagefault_disable()`. */
export function copiesUserMemory(name: string): boolean {
  return userCopies.has(name);
}

/** Allocation flags that let the allocator wait. */
const blockingFlags = new Set([
  'GFP_KERNEL',
  'GFP_KERNEL_ACCOUNT',
  'GFP_USER',
  'GFP_HIGHUSER',
  'GFP_NOIO',
  'GFP_NOFS',
  '__GFP_RECLAIM',
  '__GFP_DIRECT_RECLAIM',
]);

export function isBlockingFlag(name: string): boolean {
  return blockingFlags.has(name);
}

/** Allocators that fall back on `vmalloc()`, and it itself: they take no flags that forbid to wait (mm/util.c and mm/vmalloc.c of 6.12). */
const virtual = /^kv[mzc]alloc(?:_array)?(?:_node)?$|^kv(?:memdup|realloc)$|^__vmalloc(?:_node)?$/;

/** The flag that an allocator does not support, if it is handed it: `kvcalloc(n, size, GFP_ATOMIC)`. */
export function isVirtualAllocation(name: string): boolean {
  return virtual.test(name);
}

const allocates =
  /alloc|dup(?:_|$)|asprintf|get_free_page|get_zeroed_page|preload|^xa_(?:store|insert|alloc|reserve|cmpxchg)|^id[ar]_|^iommu_map|^radix_tree_|^add_/;

/** Whether a function allocates with the flags that it is handed; `__xa_store()` and its like drop their lock to do so and do not count. */
export function allocatesWithFlags(name: string): boolean {
  return allocates.test(name) && !/^__xa_|^xas_|^(?:set|init)_/i.test(name);
}

/** Index of the argument of the pause between two polls of a register; a pause that is not 0 sleeps. Null for functions that do not poll. */
export function pauseArgument(name: string): number | null {
  return /^read(?:[bwlq](?:_relaxed)?)?_poll_timeout$/.test(name) ? 3 : null;
}
