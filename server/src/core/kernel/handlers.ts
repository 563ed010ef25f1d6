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
