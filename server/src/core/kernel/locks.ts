// Lock functions of Linux: what each does, to which lock, and for which results.
// Sources: include/linux/{mutex,rtmutex,ww_mutex,rwsem,semaphore,spinlock,rwlock,seqlock,rcupdate,srcu,percpu-rwsem,local_lock,bit_spinlock,mmap_lock,device}.h of 6.12.

import { errnos } from './errnos.ts';

export type LockClass =
  | 'mutex'
  | 'rt_mutex'
  | 'ww_mutex'
  | 'rwsem'
  | 'percpu_rwsem'
  | 'semaphore'
  | 'spinlock'
  | 'raw_spinlock'
  | 'rwlock'
  | 'seqlock'
  | 'bit_spinlock'
  | 'local_lock'
  | 'rcu'
  | 'srcu'
  | 'global'
  | 'socket'
  | 'seqcount'
  /** A stretch in which this processor takes no interrupts, runs no bottom halves, or switches to no other task. */
  | 'irq-off'
  | 'bh-off'
  | 'preempt-off'
  /** Known only from an annotation or a name. */
  | 'unknown';

export interface LockOperation {
  readonly action: 'acquire' | 'release' | 'downgrade' | 'assert-held' | 'assert-free';
  readonly class: LockClass;
  readonly mode: 'exclusive' | 'shared';
  /** Index of the argument that leads to the lock, or null for a lock of the whole system. */
  readonly argument: number | null;
  /** Field of the argument that is the lock (`device_lock(dev)` takes `dev->mutex`), dotted if nested; for a global lock its name; else null. */
  readonly field: string | null;
  /** Tag of the structure that the argument points at and that has the field; null where any may have it. */
  readonly holder: string | null;
  /** Results with which the lock was taken. */
  readonly success: 'always' | 'zero' | 'nonzero';
  readonly irq: 'none' | 'irq' | 'irqsave' | 'bh';
  /** The call may sleep while it waits. */
  readonly sleeps: boolean;
}

const table = new Map<string, LockOperation>();

function add(name: string, lockClass: LockClass, action: LockOperation['action'], more: Partial<LockOperation> = {}): void {
  table.set(name, {
    action,
    class: lockClass,
    mode: 'exclusive',
    argument: 0,
    field: null,
    holder: null,
    success: 'always',
    irq: 'none',
    sleeps: false,
    ...more,
  });
}

/** A sleeping lock with the usual forms of taking it: plain, nested, interruptible, killable, try. */
function addSleeping(lockClass: LockClass, take: string, give: string, more: Partial<LockOperation> = {}): void {
  const waits = { ...more, sleeps: true };
  for (const suffix of ['', '_nested', '_nest_lock', '_io', '_slow']) add(`${take}${suffix}`, lockClass, 'acquire', waits);
  for (const way of ['interruptible', 'killable', 'slow_interruptible'])
    for (const suffix of ['', '_nested']) add(`${take}_${way}${suffix}`, lockClass, 'acquire', { ...waits, success: 'zero' });
  add(give, lockClass, 'release', more);
}

addSleeping('mutex', 'mutex_lock', 'mutex_unlock');
add('mutex_trylock', 'mutex', 'acquire', { success: 'nonzero' });
add('mutex_trylock_nest_lock', 'mutex', 'acquire', { success: 'nonzero' });
add('atomic_dec_and_mutex_lock', 'mutex', 'acquire', { argument: 1, success: 'nonzero', sleeps: true });
add('refcount_dec_and_mutex_lock', 'mutex', 'acquire', { argument: 1, success: 'nonzero', sleeps: true });

addSleeping('rt_mutex', 'rt_mutex_lock', 'rt_mutex_unlock');
add('rt_mutex_trylock', 'rt_mutex', 'acquire', { success: 'nonzero' });

addSleeping('ww_mutex', 'ww_mutex_lock', 'ww_mutex_unlock');
add('ww_mutex_lock', 'ww_mutex', 'acquire', { success: 'zero', sleeps: true });
add('ww_mutex_trylock', 'ww_mutex', 'acquire', { success: 'nonzero' });

for (const [mode, word] of [
  ['shared', 'read'],
  ['exclusive', 'write'],
] as const) {
  addSleeping('rwsem', `down_${word}`, `up_${word}`, { mode });
  // Who takes it so does not give it back: to the walk it is no other than a counting semaphore.
  add(`down_${word}_non_owner`, 'semaphore', 'acquire', { mode, sleeps: true });
  add(`up_${word}_non_owner`, 'semaphore', 'release', { mode });
  add(`down_${word}_trylock`, 'rwsem', 'acquire', { mode, success: 'nonzero' });
  addSleeping('percpu_rwsem', `percpu_down_${word}`, `percpu_up_${word}`, { mode });
  add(`percpu_down_${word}_trylock`, 'percpu_rwsem', 'acquire', { mode, success: 'nonzero' });
  addSleeping('rwsem', `mmap_${word}_lock`, `mmap_${word}_unlock`, { mode, field: 'mmap_lock', holder: 'mm_struct' });
  add(`mmap_${word}_trylock`, 'rwsem', 'acquire', { mode, field: 'mmap_lock', holder: 'mm_struct', success: 'nonzero' });
}
add('downgrade_write', 'rwsem', 'downgrade');
add('mmap_write_downgrade', 'rwsem', 'downgrade', { field: 'mmap_lock', holder: 'mm_struct' });
addSleeping('rwsem', 'inode_lock', 'inode_unlock', { field: 'i_rwsem', holder: 'inode' });
addSleeping('rwsem', 'inode_lock_shared', 'inode_unlock_shared', { field: 'i_rwsem', holder: 'inode', mode: 'shared' });
add('inode_trylock', 'rwsem', 'acquire', { field: 'i_rwsem', holder: 'inode', success: 'nonzero' });
add('inode_trylock_shared', 'rwsem', 'acquire', { field: 'i_rwsem', holder: 'inode', mode: 'shared', success: 'nonzero' });

add('down', 'semaphore', 'acquire', { sleeps: true });
for (const way of ['interruptible', 'killable', 'trylock', 'timeout'])
  add(`down_${way}`, 'semaphore', 'acquire', { success: 'zero', sleeps: way !== 'trylock' });
add('up', 'semaphore', 'release');

addSleeping('mutex', 'device_lock', 'device_unlock', { field: 'mutex', holder: 'device' });
add('device_trylock', 'mutex', 'acquire', { field: 'mutex', holder: 'device', success: 'nonzero' });
add('pci_dev_lock', 'mutex', 'acquire', { field: 'dev.mutex', holder: 'pci_dev', sleeps: true });
add('pci_dev_unlock', 'mutex', 'release', { field: 'dev.mutex', holder: 'pci_dev' });
add('pci_dev_trylock', 'mutex', 'acquire', { field: 'dev.mutex', holder: 'pci_dev', success: 'nonzero' });
add('device_lock_assert', 'mutex', 'assert-held', { field: 'mutex', holder: 'device' });

/** The forms of a spinning lock: plain, irq, bh, irqsave, nested, try. */
function addSpinning(lockClass: LockClass, lock: string, unlock: string, tryLock: string, more: Partial<LockOperation> = {}): void {
  for (const irq of ['none', 'irq', 'bh'] as const) {
    const suffix = irq === 'none' ? '' : `_${irq}`;
    add(`${lock}${suffix}`, lockClass, 'acquire', { ...more, irq });
    add(`${unlock}${suffix}`, lockClass, 'release', { ...more, irq });
    add(`${tryLock}${suffix}`, lockClass, 'acquire', { ...more, irq, success: 'nonzero' });
  }
  for (const suffix of ['_nested', '_nest_lock', '_bh_nested', '_irq_nested']) add(`${lock}${suffix}`, lockClass, 'acquire', more);
  add(`${lock}_irqsave`, lockClass, 'acquire', { ...more, irq: 'irqsave' });
  add(`${lock}_irqsave_nested`, lockClass, 'acquire', { ...more, irq: 'irqsave' });
  add(`${unlock}_irqrestore`, lockClass, 'release', { ...more, irq: 'irqsave' });
  add(`${tryLock}_irqsave`, lockClass, 'acquire', { ...more, irq: 'irqsave', success: 'nonzero' });
}

addSpinning('spinlock', 'spin_lock', 'spin_unlock', 'spin_trylock');
addSpinning('raw_spinlock', 'raw_spin_lock', 'raw_spin_unlock', 'raw_spin_trylock');
// The layers below, and the names of Linux before 2.6.33.
for (const stem of ['_spin', '_raw_spin', '__raw_spin', 'arch_spin', 'queued_spin', 'do_raw_spin'])
  addSpinning('raw_spinlock', `${stem}_lock`, `${stem}_unlock`, `${stem}_trylock`);
for (const [mode, word] of [
  ['shared', 'read'],
  ['exclusive', 'write'],
] as const) {
  addSpinning('rwlock', `${word}_lock`, `${word}_unlock`, `${word}_trylock`, { mode });
  for (const layer of ['raw_', '_', '_raw_', '__raw_', 'arch_', 'do_raw_'])
    addSpinning('rwlock', `${layer}${word}_lock`, `${layer}${word}_unlock`, `${layer}${word}_trylock`, { mode });
}
addSpinning('seqlock', 'write_seqlock', 'write_sequnlock', 'write_tryseqlock');
addSpinning('seqlock', 'read_seqlock_excl', 'read_sequnlock_excl', 'read_tryseqlock_excl');
addSpinning('spinlock', 'xa_lock', 'xa_unlock', 'xa_trylock', { field: 'xa_lock' });
addSpinning('spinlock', 'xas_lock', 'xas_unlock', 'xas_trylock', { field: 'xa' });
addSpinning('local_lock', 'local_lock', 'local_unlock', 'local_trylock');
add('task_lock', 'spinlock', 'acquire', { field: 'alloc_lock', holder: 'task_struct' });
add('task_unlock', 'spinlock', 'release', { field: 'alloc_lock', holder: 'task_struct' });
add('bit_spin_lock', 'bit_spinlock', 'acquire', { argument: 1 });
add('bit_spin_trylock', 'bit_spinlock', 'acquire', { argument: 1, success: 'nonzero' });
add('bit_spin_unlock', 'bit_spinlock', 'release', { argument: 1 });
add('__bit_spin_unlock', 'bit_spinlock', 'release', { argument: 1 });
add('lockref_put_or_lock', 'spinlock', 'acquire', { field: 'lock', success: 'zero' });
add('hlist_bl_lock', 'bit_spinlock', 'acquire');
add('hlist_bl_unlock', 'bit_spinlock', 'release');
for (const counter of ['atomic', 'refcount']) {
  add(`${counter}_dec_and_lock`, 'spinlock', 'acquire', { argument: 1, success: 'nonzero' });
  add(`${counter}_dec_and_lock_irqsave`, 'spinlock', 'acquire', { argument: 1, success: 'nonzero', irq: 'irqsave' });
}

for (const [suffix, name] of [
  ['', 'rcu'],
  ['_bh', 'rcu_bh'],
  ['_sched', 'rcu_sched'],
] as const) {
  add(`rcu_read_lock${suffix}`, 'rcu', 'acquire', { argument: null, field: name, mode: 'shared' });
  add(`rcu_read_unlock${suffix}`, 'rcu', 'release', { argument: null, field: name, mode: 'shared' });
}
add('rcu_read_lock_trace', 'rcu', 'acquire', { argument: null, field: 'rcu_trace', mode: 'shared' });
add('rcu_read_unlock_trace', 'rcu', 'release', { argument: null, field: 'rcu_trace', mode: 'shared' });
for (const suffix of ['', '_nmisafe', '_notrace', '_lite', '_fast']) {
  add(`srcu_read_lock${suffix}`, 'srcu', 'acquire', { mode: 'shared' });
  add(`srcu_read_unlock${suffix}`, 'srcu', 'release', { mode: 'shared' });
}
add('srcu_down_read', 'srcu', 'acquire', { mode: 'shared' });
add('srcu_up_read', 'srcu', 'release', { mode: 'shared' });

for (const [take, give] of [
  ['write_seqcount_begin', 'write_seqcount_end'],
  ['write_seqcount_begin_nested', 'write_seqcount_end'],
  ['raw_write_seqcount_begin', 'raw_write_seqcount_end'],
] as const) {
  add(take, 'seqcount', 'acquire');
  add(give, 'seqcount', 'release');
}

add('lock_sock', 'socket', 'acquire', { field: 'sk_lock', sleeps: true });
add('lock_sock_nested', 'socket', 'acquire', { field: 'sk_lock', sleeps: true });
add('release_sock', 'socket', 'release', { field: 'sk_lock' });
add('usb_lock_device', 'mutex', 'acquire', { field: 'dev.mutex', sleeps: true });
add('usb_unlock_device', 'mutex', 'release', { field: 'dev.mutex' });
add('usb_trylock_device', 'mutex', 'acquire', { field: 'dev.mutex', success: 'nonzero' });

// Hosts of SD cards, which their claimer may claim again (drivers/mmc/core/{core,sdio_io}.c of 6.12).
for (const [bus, field] of [
  ['sdio', 'card.host'],
  ['mmc', null],
] as const) {
  add(`${bus}_claim_host`, 'unknown', 'acquire', { field, mode: 'shared', sleeps: true });
  add(`${bus}_release_host`, 'unknown', 'release', { field, mode: 'shared' });
}
add('__mmc_claim_host', 'unknown', 'acquire', { mode: 'shared', success: 'zero', sleeps: true });

/** Stretches without interrupts, bottom halves or preemption, by the functions at their beginning and end. */
function addSection(lockClass: LockClass, name: string, irq: LockOperation['irq'], takes: string, gives: string): void {
  for (const take of takes.split(' ')) add(take, lockClass, 'acquire', { argument: null, field: name, irq });
  for (const give of gives.split(' ')) add(give, lockClass, 'release', { argument: null, field: name, irq });
}
addSection('irq-off', 'local_irq', 'irq', 'local_irq_disable raw_local_irq_disable', 'local_irq_enable raw_local_irq_enable');
addSection('irq-off', 'local_irq', 'irqsave', 'local_irq_save raw_local_irq_save', 'local_irq_restore raw_local_irq_restore');
addSection('bh-off', 'local_bh', 'bh', 'local_bh_disable', 'local_bh_enable _local_bh_enable');
addSection(
  'preempt-off',
  'preemption',
  'none',
  'preempt_disable preempt_disable_notrace get_cpu get_cpu_var get_cpu_ptr get_cpu_light',
  'preempt_enable preempt_enable_notrace preempt_enable_no_resched sched_preempt_enable_no_resched put_cpu put_cpu_var put_cpu_ptr',
);

/** The stretch without interrupts or bottom halves that a lock function begins or ends beside its lock; null for none. */
export function sectionOf(operation: LockOperation): { readonly class: LockClass; readonly name: string } | null {
  if (operation.irq === 'bh') return { class: 'bh-off', name: 'local_bh' };
  return operation.irq === 'none' ? null : { class: 'irq-off', name: 'local_irq' };
}

const sections: ReadonlySet<LockClass> = new Set(['irq-off', 'bh-off', 'preempt-off']);

/** Whether a class is a stretch of code on one processor and no lock that others wait for. */
export function isSection(lockClass: LockClass): boolean {
  return sections.has(lockClass);
}

/** Locks of the whole system, by their functions. */
const globals: readonly (readonly [take: string, give: string, name: string, mode: LockOperation['mode']])[] = [
  ['rtnl_lock', 'rtnl_unlock', 'rtnl_mutex', 'exclusive'],
  ['cpus_read_lock', 'cpus_read_unlock', 'cpu_hotplug_lock', 'shared'],
  ['cpus_write_lock', 'cpus_write_unlock', 'cpu_hotplug_lock', 'exclusive'],
  ['get_online_cpus', 'put_online_cpus', 'cpu_hotplug_lock', 'shared'],
  ['console_lock', 'console_unlock', 'console_sem', 'exclusive'],
  ['lock_device_hotplug', 'unlock_device_hotplug', 'device_hotplug_lock', 'exclusive'],
  // The big kernel lock of Linux before 2.6.39, which its holder may take again.
  ['lock_kernel', 'unlock_kernel', 'kernel_flag', 'shared'],
  ['pci_lock_rescan_remove', 'pci_unlock_rescan_remove', 'pci_rescan_remove_lock', 'exclusive'],
];
for (const [take, give, name, mode] of globals) {
  add(take, 'global', 'acquire', { argument: null, field: name, mode, sleeps: true });
  add(give, 'global', 'release', { argument: null, field: name, mode });
}
add('rtnl_trylock', 'global', 'acquire', { argument: null, field: 'rtnl_mutex', success: 'nonzero' });
add('rtnl_lock_killable', 'global', 'acquire', { argument: null, field: 'rtnl_mutex', success: 'zero', sleeps: true });
add('console_trylock', 'global', 'acquire', { argument: null, field: 'console_sem', success: 'nonzero' });
add('lock_device_hotplug_sysfs', 'global', 'acquire', { argument: null, field: 'device_hotplug_lock', success: 'zero', sleeps: true });

// Locks of the programs under tools/.
addSleeping('mutex', 'pthread_mutex_lock', 'pthread_mutex_unlock');
add('pthread_mutex_trylock', 'mutex', 'acquire', { success: 'zero' });
add('pthread_mutex_timedlock', 'mutex', 'acquire', { success: 'zero', sleeps: true });
add('pthread_spin_lock', 'spinlock', 'acquire');
add('pthread_spin_trylock', 'spinlock', 'acquire', { success: 'zero' });
add('pthread_spin_unlock', 'spinlock', 'release');
add('pthread_rwlock_rdlock', 'unknown', 'acquire', { mode: 'shared', sleeps: true });
add('pthread_rwlock_wrlock', 'unknown', 'acquire', { sleeps: true });
add('pthread_rwlock_tryrdlock', 'unknown', 'acquire', { mode: 'shared', success: 'zero' });
add('pthread_rwlock_trywrlock', 'unknown', 'acquire', { success: 'zero' });
add('pthread_rwlock_unlock', 'unknown', 'release');

for (const suffix of ['', '_once', '_write', '_read']) add(`lockdep_assert_held${suffix}`, 'unknown', 'assert-held');
add('assert_spin_locked', 'spinlock', 'assert-held');
add('assert_raw_spin_locked', 'raw_spinlock', 'assert-held');
add('lockdep_assert_not_held', 'unknown', 'assert-free');
add('mmap_assert_locked', 'rwsem', 'assert-held', { field: 'mmap_lock', holder: 'mm_struct' });
add('mmap_assert_write_locked', 'rwsem', 'assert-held', { field: 'mmap_lock', holder: 'mm_struct' });
add('lockdep_assert_cpus_held', 'global', 'assert-held', { argument: null, field: 'cpu_hotplug_lock' });
add('ASSERT_RTNL', 'global', 'assert-held', { argument: null, field: 'rtnl_mutex' });

/** What a function does to a lock, or null if it is no lock function of the tables. */
export function lockOperation(name: string): LockOperation | null {
  return table.get(name) ?? null;
}

/**
 * Numbers with which an acquisition that says by 0 that it got its lock gives up (kernel/locking/mutex.c, ww_mutex.h, rwsem.c and
 * semaphore.c of 6.12); null where it may be any but 0.
 */
export function failuresOf(name: string): readonly number[] | null {
  const { EINTR = 0, EDEADLK = 0, EALREADY = 0, ETIME = 0 } = errnos;
  if (name.startsWith('ww_mutex_lock')) return [-EALREADY, -EDEADLK, -EINTR];
  if (name === 'down_timeout') return [-ETIME];
  return /_(?:interruptible|killable)(?:_nested)?$/.test(name) ? [-EINTR] : null;
}

/** Locks that may be taken again by the thread that holds them, in the mode in which it holds them. */
export function isRecursive(lockClass: LockClass, mode: LockOperation['mode']): boolean {
  return lockClass === 'rcu' || lockClass === 'srcu' || (mode === 'shared' && lockClass !== 'rwsem');
}

const twoModes: ReadonlySet<LockClass> = new Set(['rwsem', 'rwlock', 'percpu_rwsem']);

/** Whether a lock that is held in one mode cannot be given back by a release of the other. */
export function isWrongMode(lockClass: LockClass, held: LockOperation['mode'], given: LockOperation['mode']): boolean {
  return twoModes.has(lockClass) && held !== given;
}

/** Whether a function asks whether a lock, or the lock of what it is handed, is held, by its name: `mutex_is_locked`, `rtnl_is_locked`. */
export function asksWhetherHeld(name: string): boolean {
  return /_is_(?:locked|held)$/.test(name);
}

/** Functions that give back a lock of their caller's for some results (mm/memory.c, mm/gup.c, mm/mmap.c, fs/userfaultfd.c, fs/fs_pin.c of 6.12). */
const droppers = new Set(
  (
    'handle_mm_fault fixup_user_fault userfaultfd_remove faultin_page faultin_page_range populate_vma_page_range expand_stack do_vmi_munmap ' +
    'do_vmi_align_munmap handle_userfault get_user_pages_remote pin_user_pages_remote get_user_pages_locked pin_user_pages_locked pin_kill mmap_region do_wp_page'
  ).split(' '),
);

/** Whether a function is known to give back locks that its caller holds, depending on its result. */
export function dropsLocks(name: string): boolean {
  return droppers.has(name);
}

const tellsInLast = new Set(['get_user_pages_remote', 'pin_user_pages_remote', 'get_user_pages_locked', 'pin_user_pages_locked']);

/** Whether a function that may give back a lock of its caller does so only where its last argument can say it (mm/gup.c of 6.12). */
export function needsPlaceToTell(name: string): boolean {
  return tellsInLast.has(name);
}

/**
 * The function that gives back what an acquisition took (`spin_unlock_irqrestore` for `spin_lock_irqsave`), with how many leading
 * arguments of the acquisition it is called; null for names that the table does not have, and where more than those is needed.
 */
export function releaseFor(name: string): { readonly name: string; readonly args: number } | null {
  const taken = table.get(name);
  if (taken?.action !== 'acquire' || taken.class === 'srcu') return null;
  let best: string | null = null;
  for (const [other, given] of table) {
    if (given.action !== 'release' || given.class !== taken.class || given.mode !== taken.mode || given.irq !== taken.irq) continue;
    if (given.argument !== taken.argument || given.field !== taken.field) continue;
    if (best === null || commonPrefix(other, name) > commonPrefix(best, name)) best = other;
  }
  if (best === null) return null;
  return { name: best, args: taken.argument === null ? 0 : taken.argument + 1 + (taken.irq === 'irqsave' ? 1 : 0) };
}

function commonPrefix(left: string, right: string): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  return at;
}
