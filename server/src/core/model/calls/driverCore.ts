// The driver core around the IOMMU: hot-add and unplug with their notifiers, bind and unbind with the bus's DMA hooks.
// [61, 612: drivers/base/core.c, drivers/base/dd.c, drivers/pci/pci-driver.c]

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure, Statement } from '../machine/code.ts';
import { act, call, give, procedure, set, when } from '../machine/code.ts';
import { touches } from '../invariants/I36.ts';
import { nextLife } from './lives.ts';
import { failed, fallible, isError, local, lockDevice, lockGroup, unlockDevice, unlockGroup } from './terms.ts';

export interface DriverCoreOptions {
  /** dma_configure claims the default domain for drivers that do not manage DMA themselves (v6.1, v6.12). */
  readonly ownershipHook: boolean;
  /** A bind takes the group mutex somewhere under device_lock, although the era has no ownership hook. */
  readonly bindTakesGroupMutex: boolean;
  /** device_del() sends REMOVED with device_lock still held: what the comment of V3 claims, and no tree does. */
  readonly removedUnderDeviceLock: boolean;
  /** dma_configure sets the DMA ops again at every bind, where the architecture has a hook for it (v6.1, not x86). */
  readonly dmaOpsAtBind: boolean;
  /** A driver of VFIO registers its devices there; the VFIO of 2020 is not in the model, its drivers are stubs. */
  readonly vfio: boolean;
  /** The cdx bus of v6.12 drops the result of the claim. */
  readonly cdxDropsError: boolean;
}

const dd = '61, 612: drivers/base/dd.c';

/** Whether the driver in a local leaves DMA to its user. */
const managed = (c: { v: (name: string) => unknown; peek: (object: string, field: string) => unknown }): boolean =>
  c.peek(String(c.v('drv')), 'managed_dma') === true;

export function driverCore(options: DriverCoreOptions): Procedure[] {
  const dmaConfigure: Statement[] = options.ownershipHook
    ? [
        when(
          (c) =>
            c.peek(c.o('dev'), 'firmware_late') === true && c.peek(c.o('dev'), 'iommu') === true && c.ref(c.o('dev'), 'group') === null,
          [
            act('mutate', 'firmware data of {dev}', (c) => c.set(c.o('dev'), 'firmware_seen', true)),
            call('iommu_probe_device', [local('dev')], 'ignored'),
          ],
        ),
        when(
          (c) => options.dmaOpsAtBind && c.peek('world', 'x86') !== true && c.flag(c.o('dev'), 'iommu_dev'),
          [call('probe_finalize', [local('dev')])],
        ),
        when((c) => !managed(c), [call('iommu_device_use_default_domain', [local('dev')], 'ret')]),
        when((c) => options.cdxDropsError && c.peek(c.o('dev'), 'bus') === 'cdx', [set('ret', () => 0)]),
      ]
    : [];
  const dmaCleanup: Statement[] = options.ownershipHook
    ? [
        when(
          (c) => !managed(c) && c.peek(c.o('dev'), 'bus_without_hook') !== true,
          [call('iommu_device_unuse_default_domain', [local('dev')])],
        ),
      ]
    : [];
  const driverLocks: Statement[] = options.bindTakesGroupMutex
    ? [
        set('group', (c) => c.ref(c.o('dev'), 'group')),
        when(
          (c) => c.v('group') !== null,
          [lockGroup(), act('callback', 'the driver of {dev} attaches a domain', () => undefined), unlockGroup()],
        ),
      ]
    : [];
  const isVfio = (c: Cpu): boolean => c.peek(c.o('drv'), 'is_vfio') === true;
  const register: Statement[] = options.vfio
    ? [when((c) => !isError(c.v('ret')) && isVfio(c), [call('vfio_register_group_dev', [local('dev'), local('drv')], 'ret')])]
    : [];
  const unregister: Statement[] = options.vfio ? [when(isVfio, [call('vfio_unregister_group_dev', [local('dev')])])] : [];
  const release = call('iommu_release_device', [local('dev')]);
  return [
    procedure('driver_attach', ['dev', 'drv'], `${dd} device_driver_attach, really_probe`, [
      lockDevice(),
      act('check', '{dev} there and free?', (c) => {
        const dev = c.o('dev');
        if (!c.flag(dev, 'present') || c.flag(dev, 'dead')) c.put('ret', '-ENODEV');
        else c.put('ret', c.ref(dev, 'drv') === null ? 0 : '-EBUSY');
      }),
      when(failed('ret'), [unlockDevice(), give(local('ret'))]),
      act('mutate', '{dev}.drv = {drv}', (c) => {
        c.set(c.o('dev'), 'drv', c.v('drv'));
        c.set(c.o('dev'), 'probing', true);
      }),
      ...dmaConfigure,
      when(failed('ret'), [
        act('mutate', '{dev} stays without driver', (c) => {
          c.set(c.o('dev'), 'drv', null);
          c.set(c.o('dev'), 'probing', null);
        }),
        unlockDevice(),
        give(local('ret')),
      ]),
      ...driverLocks,
      call('driver_probe', [local('dev'), local('drv')], 'ret'),
      when(failed('ret'), [
        ...dmaCleanup,
        act('mutate', '{dev} stays without driver', (c) => {
          c.set(c.o('dev'), 'drv', null);
          c.set(c.o('dev'), 'probing', null);
        }),
        unlockDevice(),
        give(local('ret')),
      ]),
      act('mutate', '{dev} is bound to {drv}', (c) => {
        c.set(c.o('dev'), 'probing', null);
        c.set(c.o('dev'), 'bound', true);
      }),
      unlockDevice(),
      give(0),
    ]),
    // device_bind_driver(): a driver set from outside, without really_probe and so without dma_configure.
    procedure('device_bind_driver', ['dev', 'drv'], `${dd} device_bind_driver`, [
      lockDevice(),
      act('mutate', '{dev} is bound to {drv}, past really_probe', (c) => {
        c.set(c.o('dev'), 'drv', c.v('drv'));
        c.set(c.o('dev'), 'bound', true);
      }),
      unlockDevice(),
      give(0),
    ]),
    procedure('driver_probe', ['dev', 'drv'], `${dd} call_driver_probe`, [
      set('ret', () => 0),
      when(
        (c) => c.peek(String(c.v('drv')), 'touches_device_in_probe') === true,
        [
          act('callback', '{drv} touches {dev} in probe', (c) => {
            if (managed(c)) touches(c, c.o('dev'), c.o('drv'));
          }),
        ],
      ),
      fallible(
        'callback',
        'probe of {dev} by {drv}',
        'driver_probe',
        (c) => c.o('dev'),
        ['fails'],
        (c, how) => {
          c.put('ret', how === null ? (c.peek(c.o('drv'), 'probe_result') ?? 0) : '-EIO');
        },
      ),
      ...register,
      give(local('ret')),
    ]),
    procedure('driver_detach', ['dev'], `${dd} device_driver_detach, __device_release_driver`, [
      lockDevice(),
      call('__device_release_driver', [local('dev')], 'ret'),
      unlockDevice(),
      give(local('ret')),
    ]),
    procedure('__device_release_driver', ['dev'], `${dd} __device_release_driver`, [
      set('drv', (c) => c.ref(c.o('dev'), 'drv')),
      when((c) => c.v('drv') === null, [give('-ENODEV')]),
      ...unregister,
      act('mutate', 'remove of {dev} by {drv}', (c) => c.set(c.o('dev'), 'bound', null)),
      ...dmaCleanup,
      act('mutate', '{dev}.drv = NULL', (c) => c.set(c.o('dev'), 'drv', null)),
      give(0),
    ]),
    procedure('device_add', ['dev'], '61, 612: drivers/base/core.c device_add', [
      act('mutate', '{dev} is there', (c) => {
        const over = c.see(c.o('dev'), 'dead') === true;
        if (over && c.see(c.o('dev'), 'present') !== true) c.put('dev', nextLife(c, c.o('dev')));
        const there = c.see(c.o('dev'), 'present') === true;
        c.put('ret', there ? '-EEXIST' : 0);
        if (there) return;
        c.set(c.o('dev'), 'present', true);
        c.set(c.o('dev'), 'refs', 1);
      }),
      when(failed('ret'), [give(local('ret'))]),
      call('iommu_probe_device', [local('dev')], 'ignored'),
      give(0),
    ]),
    procedure('device_del', ['dev'], '61, 612: drivers/base/core.c device_del', [
      lockDevice(),
      act('mutate', '{dev} is dead', (c) => c.set(c.o('dev'), 'dead', true)),
      ...(options.removedUnderDeviceLock
        ? [call('__device_release_driver', [local('dev')], 'ignored'), release, unlockDevice()]
        : [unlockDevice(), lockDevice(), call('__device_release_driver', [local('dev')], 'ignored'), unlockDevice(), release]),
      act('mutate', '{dev} is removed', (c) => c.set(c.o('dev'), 'present', null)),
      call('put_device', [local('dev')]),
      give(0),
    ]),
  ];
}
