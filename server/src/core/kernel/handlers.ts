// Functions of Linux that register a function to be called from an interrupt or a bottom half.
// Sources: include/linux/{interrupt,timer,rcupdate}.h, drivers/pci/irq.c, kernel/irq/{manage,devres}.c of 6.12.

/** Where a registered function runs. */
export type HandlerContext = 'interrupt' | 'bottom-half';

export interface HandlerRegistration {
  readonly context: HandlerContext;
  /** Index of the argument that is the function. */
  readonly argument: number;
}

const table = new Map<string, HandlerRegistration>();

function add(context: HandlerContext, argument: number, names: string): void {
  for (const name of names.split(' ')) table.set(name, { context, argument });
}

// The thread function of a threaded interrupt runs with interrupts on.
add('interrupt', 1, 'request_irq request_threaded_irq request_percpu_irq request_nmi');
add('interrupt', 2, 'devm_request_irq devm_request_threaded_irq pci_request_irq');
add('bottom-half', 1, 'timer_setup timer_setup_on_stack setup_timer tasklet_setup tasklet_init call_rcu open_softirq');

/** What a call registers; null for every other function. */
export function handlerRegistration(name: string): HandlerRegistration | null {
  return table.get(name) ?? null;
}

/** Operations that are called with interrupts on, long after a driver set its device up, by the structure that holds them. */
const calledWithInterrupts: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    // Under the mutex of the group, or with the file at hand that a process opened (drivers/iommu/iommu.c, fs and drivers/vfio of 6.12).
    iommu_domain_ops: 'attach_dev set_dev_pasid block_dev_pasid detach_dev',
    iommu_ops:
      'probe_device release_device probe_finalize domain_alloc domain_alloc_paging domain_alloc_sva dev_enable_feat dev_disable_feat',
    file_operations: 'open release unlocked_ioctl read write mmap',
    vfio_device_ops: 'open_device close_device ioctl read write mmap bind_iommufd unbind_iommufd attach_ioas',
  }).map(([struct, fields]) => [struct, new Set(fields.split(' '))]),
);

/** Whether what fills a field of a structure is called with interrupts on while its device works. */
export function isCalledWithInterrupts(struct: string, field: string): boolean {
  return calledWithInterrupts.get(struct)?.has(field) ?? false;
}

/** Operations that are called with a lock held that keeps interrupts off, by the structure that holds them. */
const calledWithoutInterrupts: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    // Under the lock of the interrupt's descriptor (kernel/irq/chip.c of 6.12).
    irq_chip:
      'irq_startup irq_shutdown irq_enable irq_disable irq_ack irq_mask irq_mask_ack irq_unmask irq_eoi irq_set_affinity irq_retrigger irq_set_type irq_set_wake',
    // Under the lock of the port (Documentation/driver-api/serial/driver.rst of 6.12).
    uart_ops: 'set_mctrl get_mctrl stop_tx start_tx stop_rx enable_ms',
    // Under the lock of the stream (sound/core/pcm_native.c of 6.12).
    snd_pcm_ops: 'trigger pointer',
    snd_soc_dai_ops: 'trigger',
    snd_soc_component_driver: 'trigger pointer',
  }).map(([struct, fields]) => [struct, new Set(fields.split(' '))]),
);

/** Whether what fills a field of a structure may be called with interrupts off. */
export function isCalledWithoutInterrupts(struct: string, field: string): boolean {
  return calledWithoutInterrupts.get(struct)?.has(field) ?? false;
}

const stops = new Set(
  (
    'free_irq devm_free_irq pci_free_irq disable_irq disable_irq_nosync synchronize_irq pci_free_irq_vectors ' +
    'del_timer_sync timer_delete_sync timer_shutdown_sync tasklet_kill tasklet_disable'
  ).split(' '),
);

/** Whether a function keeps a handler from running, or waits until it no longer does. */
export function stopsHandler(name: string): boolean {
  return stops.has(name);
}

/** How the object that a function runs for is set up, and which function waits until it no longer runs. */
export interface AwaitedFunction {
  /** Index of the argument that is the object. */
  readonly object: number;
  /** Index of the argument that is the function; null for one that waits. */
  readonly function: number | null;
  /** Field of the object that the function is handed the address of; null for the object itself. */
  readonly handed: string | null;
}

const setUps = new Map<string, AwaitedFunction>();
const waits = new Map<string, AwaitedFunction>();

function addAwaited(handed: string | null, setUp: string, wait: string): void {
  for (const name of setUp.split(' ')) setUps.set(name, { object: 0, function: 1, handed });
  for (const name of wait.split(' ')) waits.set(name, { object: 0, function: null, handed });
}

// include/linux/{workqueue,timer,interrupt}.h of 6.12, and the names that they had in 6.1.
addAwaited(null, 'INIT_WORK INIT_WORK_ONSTACK', 'cancel_work_sync flush_work');
addAwaited(
  'work',
  'INIT_DELAYED_WORK INIT_DEFERRABLE_WORK INIT_DELAYED_WORK_ONSTACK INIT_RCU_WORK',
  'cancel_delayed_work_sync flush_delayed_work flush_rcu_work',
);
addAwaited(null, 'timer_setup timer_setup_on_stack', 'del_timer_sync timer_delete_sync timer_shutdown_sync del_singleshot_timer_sync');
addAwaited(null, 'tasklet_setup', 'tasklet_kill tasklet_disable');

/** What a call sets up to run later; null for every other function. */
export function setsUpFunction(name: string): AwaitedFunction | null {
  return setUps.get(name) ?? null;
}

/** What a call waits for; null for every other function. */
export function waitsForFunction(name: string): AwaitedFunction | null {
  return waits.get(name) ?? null;
}
