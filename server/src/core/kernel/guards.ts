// Cleanup classes of Linux 6.12 (`DEFINE_GUARD`, `DEFINE_LOCK_GUARD_n`, `DEFINE_CLASS`, `DEFINE_FREE`): what `guard(x)`, `scoped_guard(x, ...)`,
// `CLASS(x, v)` and `__free(x)` call at their beginning and at the end of the scope.

export interface GuardClass {
  readonly take: string;
  readonly give: string;
  /** Results of `take` with which the lock is held; other than `always`, the guard is conditional. */
  readonly success: 'always' | 'zero' | 'nonzero';
}

const guards = new Map<string, GuardClass>();

function add(name: string, take: string, give: string, success: GuardClass['success'] = 'always'): void {
  guards.set(name, { take, give, success });
}

add('mutex', 'mutex_lock', 'mutex_unlock');
add('mutex_try', 'mutex_trylock', 'mutex_unlock', 'nonzero');
add('mutex_intr', 'mutex_lock_interruptible', 'mutex_unlock', 'zero');
add('mutex_kill', 'mutex_lock_killable', 'mutex_unlock', 'zero');
for (const [kind, word] of [
  ['rwsem_read', 'read'],
  ['rwsem_write', 'write'],
] as const) {
  add(kind, `down_${word}`, `up_${word}`);
  add(`${kind}_try`, `down_${word}_trylock`, `up_${word}`, 'nonzero');
  add(`${kind}_intr`, `down_${word}_interruptible`, `up_${word}`, 'zero');
  add(`${kind}_kill`, `down_${word}_killable`, `up_${word}`, 'zero');
}
add('percpu_read', 'percpu_down_read', 'percpu_up_read');
add('percpu_write', 'percpu_down_write', 'percpu_up_write');
for (const [kind, stem] of [
  ['spinlock', 'spin'],
  ['raw_spinlock', 'raw_spin'],
] as const) {
  add(kind, `${stem}_lock`, `${stem}_unlock`);
  add(`${kind}_nested`, `${stem}_lock_nested`, `${stem}_unlock`);
  add(`${kind}_try`, `${stem}_trylock`, `${stem}_unlock`, 'nonzero');
  for (const irq of ['irq', 'bh'] as const) {
    add(`${kind}_${irq}`, `${stem}_lock_${irq}`, `${stem}_unlock_${irq}`);
    add(`${kind}_${irq}_try`, `${stem}_trylock_${irq}`, `${stem}_unlock_${irq}`, 'nonzero');
  }
  add(`${kind}_irqsave`, `${stem}_lock_irqsave`, `${stem}_unlock_irqrestore`);
  add(`${kind}_irqsave_try`, `${stem}_trylock_irqsave`, `${stem}_unlock_irqrestore`, 'nonzero');
}
for (const word of ['read', 'write'] as const) {
  add(`${word}_lock`, `${word}_lock`, `${word}_unlock`);
  add(`${word}_lock_irq`, `${word}_lock_irq`, `${word}_unlock_irq`);
  add(`${word}_lock_irqsave`, `${word}_lock_irqsave`, `${word}_unlock_irqrestore`);
}
add('rcu', 'rcu_read_lock', 'rcu_read_unlock');
add('srcu', 'srcu_read_lock', 'srcu_read_unlock');
add('device', 'device_lock', 'device_unlock');
add('device_intr', 'device_lock_interruptible', 'device_unlock', 'zero');
add('pci_dev', 'pci_dev_lock', 'pci_dev_unlock');
add('task_lock', 'task_lock', 'task_unlock');
add('irq', 'local_irq_disable', 'local_irq_enable');
add('irqsave', 'local_irq_save', 'local_irq_restore');
add('preempt', 'preempt_disable', 'preempt_enable');
add('preempt_notrace', 'preempt_disable_notrace', 'preempt_enable_notrace');
add('migrate', 'migrate_disable', 'migrate_enable');
add('cpus_read_lock', 'cpus_read_lock', 'cpus_read_unlock');
add('rtnl', 'rtnl_lock', 'rtnl_unlock');
add('console_lock', 'console_lock', 'console_unlock');
add('local_lock', 'local_lock', 'local_unlock');
add('local_lock_irq', 'local_lock_irq', 'local_unlock_irq');
add('local_lock_irqsave', 'local_lock_irqsave', 'local_unlock_irqrestore');
add('disable_irq', 'disable_irq', 'enable_irq');

/** The functions behind a guard class of the tables; null for a class they do not have. */
export function guardClass(name: string): GuardClass | null {
  return guards.get(name) ?? null;
}

export interface ObjectClass {
  readonly constructor: string;
  readonly destructor: string;
}

const objects = new Map<string, ObjectClass>([
  ['fd', { constructor: 'fdget', destructor: 'fdput' }],
  ['fd_raw', { constructor: 'fdget_raw', destructor: 'fdput' }],
  ['fd_pos', { constructor: 'fdget_pos', destructor: 'fdput_pos' }],
  ['get_unused_fd', { constructor: 'get_unused_fd_flags', destructor: 'put_unused_fd' }],
  ['override_creds', { constructor: 'override_creds', destructor: 'revert_creds' }],
]);

/** Constructor and destructor of a `CLASS`; null for a class the tables do not have. */
export function objectClass(name: string): ObjectClass | null {
  return objects.get(name) ?? null;
}

/** The functions that `DEFINE_CLASS` and `DEFINE_GUARD` of Linux 6.12 generate. */
export function generatedClass(name: string): ObjectClass {
  return { constructor: `class_${name}_constructor`, destructor: `class_${name}_destructor` };
}

export interface FreeClass {
  readonly frees: string;
  /** Values that the release takes without harm besides a real object. */
  readonly tolerates: 'null' | 'null-and-error' | 'nothing';
}

const frees = new Map<string, FreeClass>([
  ['kfree', { frees: 'kfree', tolerates: 'null-and-error' }],
  ['kvfree', { frees: 'kvfree', tolerates: 'null-and-error' }],
  ['kfree_sensitive', { frees: 'kfree_sensitive', tolerates: 'null-and-error' }],
  ['fput', { frees: 'fput', tolerates: 'null-and-error' }],
  ['put_mnt_ns', { frees: 'put_mnt_ns', tolerates: 'null-and-error' }],
  ['put_nsproxy', { frees: 'put_nsproxy', tolerates: 'null' }],
  ['put_device', { frees: 'put_device', tolerates: 'null' }],
  ['device_del', { frees: 'device_del', tolerates: 'null' }],
  ['device_node', { frees: 'of_node_put', tolerates: 'null' }],
  ['fwnode_handle', { frees: 'fwnode_handle_put', tolerates: 'null-and-error' }],
  ['pci_dev_put', { frees: 'pci_dev_put', tolerates: 'null' }],
  ['put_task', { frees: 'put_task_struct', tolerates: 'null' }],
  ['dev_put', { frees: 'dev_put', tolerates: 'null' }],
  ['free_cpumask_var', { frees: 'free_cpumask_var', tolerates: 'null' }],
  ['bitmap', { frees: 'bitmap_free', tolerates: 'null' }],
  ['firmware', { frees: 'release_firmware', tolerates: 'null' }],
  ['free_page', { frees: 'free_page', tolerates: 'null' }],
  ['path_put', { frees: 'path_put', tolerates: 'nothing' }],
  ['x509_free_certificate', { frees: 'x509_free_certificate', tolerates: 'null-and-error' }],
]);

/** What `__free(name)` calls at the end of the scope; null for a class the tables do not have. */
export function freeClass(name: string): FreeClass | null {
  return frees.get(name) ?? null;
}
