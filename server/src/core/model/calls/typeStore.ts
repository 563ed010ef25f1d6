// Writing /sys/kernel/iommu_groups/<id>/type before v6.12: the posted V3 (2020), the merged form (v5.11) and v6.1.
// Every store is framed by the sysfs active reference that the last group put waits for.

import type { Expr, Procedure, Statement } from '../machine/code.ts';
import { act, call, give, procedure, set, when } from '../machine/code.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { Value } from '../machine/names.ts';
import { freeDomain } from './references.ts';
import { failed, fallible, isError, local, lockDevice, lockGroup, orElse, unlockDevice, unlockGroup } from './terms.ts';

/** The word of a request as a domain type; null is "auto" (0), undefined an unknown word. */
export function wordToType(word: Value, withFlushQueue: boolean): string | null | undefined {
  switch (word) {
    case 'identity':
      return 'IDENTITY';
    case 'DMA':
      return 'DMA';
    case 'DMA-FQ':
      return withFlushQueue ? 'DMA_FQ' : undefined;
    case 'auto':
      return null;
    default:
      return undefined;
  }
}

/** Counts the running store of a group, so that its last put can wait for it. */
export const sysfsEnter: Statement = act('mutate', 'store on {group} begins', (c) => {
  c.put('refused', c.flag(c.o('group'), 'files_removed') ? '-ENODEV' : null);
  if (c.v('refused') === null) c.set(c.o('group'), 'sysfs_active', [...c.list(c.o('group'), 'sysfs_active'), c.threadName]);
});
export const sysfsExit: Statement = act('mutate', 'store on {group} ends', (c) =>
  c.set(
    c.o('group'),
    'sysfs_active',
    c.list(c.o('group'), 'sysfs_active').filter((name) => name !== c.threadName),
  ),
);

/** write_type(G, word): what a write to the sysfs file does around the group's store method. */
export const writeType = procedure('write_type', ['group', 'word'], 'fs/kernfs: active reference around iommu_group_store_type', [
  sysfsEnter,
  when(failed('refused'), [give(local('refused'))]),
  call('iommu_group_store_type', [local('group'), local('word')], 'ret'),
  sysfsExit,
  give(local('ret')),
]);

export interface TypeStoreOptions {
  readonly source: string;
  /** A store without a default domain fails at once (v6.1), before any lock. */
  readonly defaultDomainFirst: boolean;
  readonly flushQueue: boolean;
  /** get_device() before the mutex is dropped. */
  readonly getDevice: boolean;
  /** The helper of V3: gets the device, requires the mutex and gives it back. */
  readonly helper: 'v3' | 'merged';
  /** How V3 resolves the type: as posted, or by one of the two shorthands that its review proposed. */
  readonly resolution?: 'posted' | 'shorthand-1' | 'shorthand-2';
  /** Locks in the refused order: group mutex kept, then device_lock. */
  readonly groupThenDevice?: boolean;
  /** Also take the device_locks of all members, in list order. */
  readonly allDeviceLocks?: boolean;
  /** Calls probe_finalize with the mutex held. */
  readonly finalizeUnderMutex?: boolean;
}

/** Decides the type; leaves it in `type`, or an error in `ret`. `type` holds the request, `def` the mandatory type of the device. */
function resolve(how: 'posted' | 'shorthand-1' | 'shorthand-2'): (c: Cpu) => void {
  return (c) => {
    const def = c.v('def');
    const request = c.v('type');
    const global = c.peek('world', 'def_domain_type');
    c.put('ret', 0);
    switch (how) {
      case 'posted':
        if (request === null) c.put('type', orElse(def, global));
        else if (def !== null && request !== def) c.put('ret', '-EINVAL');
        return;
      case 'shorthand-1':
        // The validation stays; "auto" becomes whatever the driver says, and that may be 0.
        if (request === null) c.put('type', def);
        else if (def !== null && request !== def) c.put('ret', '-EINVAL');
        return;
      case 'shorthand-2':
        if (request === null) c.put('type', orElse(def, global));
    }
  };
}

/** Sets up a flush queue; the type of the domain is the caller's to change. */
export const initFlushQueue = procedure('iommu_dma_init_fq', ['domain'], '61, 612: drivers/iommu/dma-iommu.c iommu_dma_init_fq', [
  fallible(
    'callback',
    'flush queue for {domain}',
    'flush_queue',
    () => 'domain',
    ['fails'],
    (c, how) => c.put('ret', how === null ? 0 : '-ENOMEM'),
  ),
  give(local('ret')),
]);

const memberCount: Expr<number> = (c) => c.list(c.o('group'), 'devices').length;

/** The default domain that the helper replaces, put back after a failure. */
const freeNewDomain: Statement = act('free', 'new domain freed, {prev_dom} back in {group}', (c) => {
  const group = c.o('group');
  const fresh = c.ref(group, 'default_domain');
  if (fresh !== null) freeDomain(c, fresh);
  c.set(group, 'default_domain', c.v('prev_dom'));
  c.set(group, 'domain', c.v('prev_dom'));
});

const publish: Statement = act('mutate', '{group}.domain = default domain', (c) =>
  c.set(c.o('group'), 'domain', c.ref(c.o('group'), 'default_domain')),
);

function finish(options: TypeStoreOptions): Statement[] {
  const free = act('free', '{prev_dom} freed', (c) => {
    const previous = c.v('prev_dom');
    if (typeof previous === 'string') freeDomain(c, previous);
  });
  const finalize = call('iommu_group_do_probe_finalize', [local('dev')], 'ignored');
  return options.finalizeUnderMutex === true ? [finalize, unlockGroup(), free, give(0)] : [unlockGroup(), finalize, free, give(0)];
}

/** V3: `dev` and `prev_dom` come from the caller, the mutex is taken by the caller and given back here. */
function helperV3(options: TypeStoreOptions): Procedure {
  return procedure('iommu_change_dev_def_domain', ['dev', 'group', 'prev_dom', 'type'], options.source, [
    call('iommu_group_alloc_default_domain', [local('group'), local('type')], 'ret'),
    when(failed('ret'), [unlockGroup(), give(local('ret'))]),
    call('__iommu_attach_device', [(c) => c.ref(c.o('group'), 'default_domain'), local('dev')], 'ret'),
    when(failed('ret'), [freeNewDomain, unlockGroup(), give(local('ret'))]),
    publish,
    call('iommu_create_device_direct_mappings', [local('group'), local('dev')], 'ret'),
    when(failed('ret'), [freeNewDomain, unlockGroup(), give(local('ret'))]),
    ...finish(options),
  ]);
}

/** The merged form: takes the mutex itself, checks that the device is still the one the caller saw, maps before it attaches. */
function helperMerged(options: TypeStoreOptions): Procedure {
  const out = [unlockGroup(), give(local('ret'))];
  return procedure('iommu_change_dev_def_domain', ['group', 'prev_dev', 'type'], options.source, [
    lockGroup(),
    act('list', 'default domain current, same single device?', (c) => {
      const group = c.o('group');
      const devices = c.list(group, 'devices');
      c.put('ret', 0);
      if (c.ref(group, 'default_domain') !== c.ref(group, 'domain')) c.put('ret', '-EBUSY');
      else if (devices.length !== 1) c.put('ret', '-EINVAL');
      else if (devices[0] !== c.v('prev_dev')) c.put('ret', '-EBUSY');
      else if (c.ref(group, 'default_domain') === null) c.put('ret', '-EINVAL');
      c.put('dev', devices[0] ?? null);
      c.put('prev_dom', c.ref(group, 'default_domain'));
    }),
    when(failed('ret'), out),
    call('iommu_get_def_domain_type', [local('dev')], 'def'),
    act('check', 'type {type} against mandatory {def}', resolve(options.resolution ?? 'posted')),
    when(failed('ret'), out),
    when((c) => c.get(c.o('prev_dom'), 'type') === c.v('type'), out),
    ...(options.flushQueue
      ? [
          when(
            (c) => c.v('type') === 'DMA_FQ' && c.get(c.o('prev_dom'), 'type') === 'DMA',
            [
              call('iommu_dma_init_fq', [local('prev_dom')], 'ret'),
              when(
                (c) => !isError(c.v('ret')),
                [act('mutate', '{prev_dom} has a flush queue', (c) => c.set(c.o('prev_dom'), 'type', 'DMA_FQ'))],
              ),
              ...out,
            ],
          ),
        ]
      : []),
    call('iommu_group_alloc_default_domain', [local('group'), local('type')], 'ret'),
    when(failed('ret'), out),
    call('iommu_create_device_direct_mappings', [local('group'), local('dev')], 'ret'),
    when(failed('ret'), [freeNewDomain, ...out]),
    call('__iommu_attach_device', [(c) => c.ref(c.o('group'), 'default_domain'), local('dev')], 'ret'),
    when(failed('ret'), [freeNewDomain, ...out]),
    publish,
    ...finish(options),
  ]);
}

/** iommu_group_store_type() of the three forms, and its helper. */
export function typeStore(options: TypeStoreOptions): Procedure[] {
  const peekFirst = act('list', 'one member in {group}? which?', (c) => {
    c.put('ret', memberCount(c) === 1 ? 0 : '-EINVAL');
    c.put('dev', c.list(c.o('group'), 'devices')[0] ?? null);
  });
  const put: Statement[] = options.getDevice ? [call('put_device', [local('dev')])] : [];
  const get: Statement[] = options.getDevice ? [call('get_device', [local('dev')])] : [];
  const bound = act('check', '{dev} bound?', (c) => {
    const exempt = options.flushQueue && c.v('type') === 'DMA_FQ' && c.get(c.ref(c.o('group'), 'default_domain') ?? '', 'type') === 'DMA';
    c.put('ret', c.flag(c.o('dev'), 'bound') && !exempt ? '-EBUSY' : 0);
  });
  const leaveDevice: Statement[] = [unlockDevice(), ...put, give(local('ret'))];
  const v3Body: Statement[] = [
    act('list', 'one member in {group} again?', (c) => c.put('ret', memberCount(c) === 1 ? 0 : '-EINVAL')),
    when(failed('ret'), [unlockGroup(), ...leaveDevice]),
    act('check', 'default domain current?', (c) => {
      const group = c.o('group');
      const standard = c.ref(group, 'default_domain');
      c.put('prev_dom', standard);
      if (standard !== c.ref(group, 'domain')) c.put('ret', '-EINVAL');
      else if (standard === null || c.peek('world', 'no_def_domain_type_op') === true) c.put('ret', '-EINVAL');
      c.put('def', c.peek(c.o('dev'), 'def_type'));
    }),
    when(failed('ret'), [unlockGroup(), ...leaveDevice]),
    act('check', 'type {type} against mandatory {def}', resolve(options.resolution ?? 'posted')),
    when(failed('ret'), [unlockGroup(), ...leaveDevice]),
    when((c) => c.get(c.o('prev_dom'), 'type') === c.v('type'), [unlockGroup(), ...leaveDevice]),
    call('iommu_change_dev_def_domain', [local('dev'), local('group'), local('prev_dom'), local('type')], 'ret'),
    ...leaveDevice,
  ];
  const inner: Statement[] =
    options.helper === 'v3'
      ? [...(options.groupThenDevice === true ? [] : [lockGroup()]), ...v3Body]
      : [call('iommu_change_dev_def_domain', [local('group'), local('dev'), local('type')], 'ret'), ...leaveDevice];
  const keepOrDrop: Statement[] = options.groupThenDevice === true ? [] : [unlockGroup()];
  const busy: Statement[] = options.groupThenDevice === true ? [unlockGroup(), ...leaveDevice] : leaveDevice;
  return [
    ...(options.flushQueue ? [initFlushQueue] : []),
    options.helper === 'v3' ? helperV3(options) : helperMerged(options),
    procedure('iommu_group_store_type', ['group', 'word'], `${options.source} iommu_group_store_type`, [
      when((c) => c.peek('world', 'no_rawio') === true, [give('-EACCES')]),
      ...(options.defaultDomainFirst
        ? [
            act('check', 'default domain of {group}, without the mutex', (c) =>
              c.put('none', c.ref(c.o('group'), 'default_domain') === null),
            ),
            when((c) => c.v('none') === true, [give('-EINVAL')]),
          ]
        : []),
      set('type', (c) => wordToType(c.v('word'), options.flushQueue) ?? null),
      when((c) => wordToType(c.v('word'), options.flushQueue) === undefined, [give('-EINVAL')]),
      lockGroup(),
      ...(options.allDeviceLocks === true ? lockAllMembers(leaveAll) : []),
      peekFirst,
      when((c) => isError(c.v('ret')), [unlockGroup(), give(local('ret'))]),
      ...get,
      ...keepOrDrop,
      lockDevice(),
      bound,
      when(failed('ret'), busy),
      ...inner,
    ]),
  ];
}

const leaveAll: Statement[] = [give(0)];

/**
 * The second refused design: the device_locks of all members, in list order, after the mutex was dropped. It ends there; the point
 * of it is the order.
 */
function lockAllMembers(after: readonly Statement[]): Statement[] {
  return [
    set('all', (c) => c.list(c.o('group'), 'devices')),
    unlockGroup(),
    set('first', (c) => c.listOf('all')[0] ?? null),
    set('second', (c) => c.listOf('all')[1] ?? null),
    lockDevice('first'),
    when((c) => c.v('second') !== null, [lockDevice('second'), unlockDevice('second')]),
    unlockDevice('first'),
    ...after,
  ];
}
