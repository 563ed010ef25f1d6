// The default domain of v6.12: which type it can have, setting it up, and the write to sysfs.

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure } from '../machine/code.ts';
import { act, call, each, give, leave, procedure, set, when } from '../machine/code.ts';
import type { Value } from '../machine/names.ts';
import { isDmaType } from './driverOps.ts';
import { freeDomain } from './references.ts';
import { failed, isError, local, lockGroup, members, unlockGroup } from './terms.ts';
import { initFlushQueue, wordToType } from './typeStore.ts';

const source = '612: drivers/iommu/iommu.c';

/** iommu_get_default_domain_type(): a mandatory type of any member wins; null means "the global default", -1 is a refusal. */
export function defaultType(c: Cpu, group: string, target: Value): string | null | -1 {
  let type: string | null = null;
  let untrusted = false;
  for (const dev of c.list(group, 'devices')) {
    const fixed = c.peek('world', 'static_default_domain');
    const wish = typeof fixed === 'string' ? fixed : c.peek(dev, 'def_type');
    if (typeof wish === 'string' && wish !== type) {
      if (type === null) type = wish;
      else if (wish === 'IDENTITY') type = wish;
    }
    if (c.peek(dev, 'bus') === 'pci' && c.peek(dev, 'untrusted') === true) untrusted = true;
  }
  if (untrusted) {
    if (type !== null && type !== 'DMA') return -1;
    type = 'DMA';
  }
  if (typeof target === 'string') return type !== null && type !== target ? -1 : target;
  return type;
}

/** What a member's DMA ops follow from: the *current* domain. */
export function setupDmaOps(c: Cpu, dev: string): void {
  const group = c.ref(dev, 'group');
  const domain = group === null ? null : c.ref(group, 'domain');
  if (domain === null) return c.crash('panic', `NULL dereference of the current domain of ${dev}`);
  c.set(dev, 'dma_iommu', isDmaType(c.get(domain, 'type')));
}

export function typeStore612(): Procedure[] {
  return [
    initFlushQueue,
    procedure('iommu_group_alloc_default_domain', ['group', 'type'], `${source} iommu_group_alloc_default_domain`, [
      set('fixed', (c) => c.peek('world', 'static_default_domain')),
      when(
        (c) => c.v('fixed') !== null,
        [
          when((c) => c.v('fixed') !== c.v('type'), [give('-EINVAL')]),
          act('callback', 'the static default domain', (c) => {
            if (c.get('default_static', 'type') === null) {
              c.set('default_static', 'type', c.v('fixed'));
              c.set('default_static', 'static', true);
            }
          }),
          give('default_static'),
        ],
      ),
      set('auto', (c) => c.v('type') === null),
      set('type', (c) => c.v('type') ?? c.peek('world', 'def_domain_type')),
      set('current', (c) => c.ref(c.o('group'), 'default_domain')),
      when((c) => c.v('current') !== null && c.get(c.o('current'), 'type') === c.v('type'), [give(local('current'))]),
      call('__iommu_group_domain_alloc', [local('group'), local('type')], 'dom'),
      when((c) => !isError(c.v('dom')) || c.v('auto') !== true, [give(local('dom'))]),
      when((c) => c.v('type') === 'DMA', [give('-EINVAL')]),
      when((c) => c.v('current') !== null && c.get(c.o('current'), 'type') === 'DMA', [give(local('current'))]),
      call('__iommu_group_domain_alloc', [local('group'), () => 'DMA'], 'dom'),
      give(local('dom')),
    ]),
    procedure('iommu_setup_default_domain', ['group', 'target_type'], `${source} iommu_setup_default_domain`, [
      act('check', 'type that {group} can have', (c) => {
        const type = defaultType(c, c.o('group'), c.v('target_type'));
        c.put('ret', type === -1 ? '-EINVAL' : 0);
        c.put('type', type === -1 ? null : type);
        c.put('old_dom', c.ref(c.o('group'), 'default_domain'));
      }),
      when(failed('ret'), [give(local('ret'))]),
      call('iommu_group_alloc_default_domain', [local('group'), local('type')], 'dom'),
      when(failed('dom'), [give(local('dom'))]),
      when((c) => c.v('dom') === c.v('old_dom'), [give(0)]),
      set('direct_failed', () => false),
      ...each('member', members(), [
        call('iommu_create_device_direct_mappings', [local('dom'), local('member')], 'ret'),
        when(failed('ret'), [set('direct_failed', () => true)]),
      ]),
      act('mutate', '{group}.default_domain = {dom}', (c) => c.set(c.o('group'), 'default_domain', c.v('dom'))),
      set('first', (c) => c.ref(c.o('group'), 'domain') === null),
      call('__iommu_group_set_domain', [local('group'), local('dom'), local('first')], 'ret'),
      when(failed('ret'), [
        when(
          (c) => c.v('first') === true,
          [act('mutate', 'WARN', (c) => c.warn('the first attach failed'))],
          [act('free', '{dom} freed, {old_dom} back', (c) => restoreDefault(c))],
        ),
        give(local('ret')),
      ]),
      set('ret', () => 0),
      when(
        (c) => c.v('direct_failed') === true,
        each('member', members(), [
          call('iommu_create_device_direct_mappings', [local('dom'), local('member')], 'ret'),
          when(failed('ret'), [leave('member')]),
        ]),
      ),
      when(failed('ret'), [
        when(
          (c) => c.v('old_dom') !== null,
          [
            call('__iommu_group_set_domain', [local('group'), local('old_dom'), () => true], 'ignored'),
            act('free', '{dom} freed, {old_dom} back', (c) => restoreDefault(c)),
          ],
        ),
        give(local('ret')),
      ]),
      when((c) => c.v('old_dom') !== null, [act('free', '{old_dom} freed', (c) => freeDomain(c, c.o('old_dom')))]),
      give(0),
    ]),
    procedure('iommu_group_store_type', ['group', 'word'], `${source} iommu_group_store_type`, [
      when((c) => c.peek('world', 'no_rawio') === true, [give('-EACCES')]),
      act('check', 'default domain of {group}, without the mutex', (c) => c.put('none', c.ref(c.o('group'), 'default_domain') === null)),
      when((c) => c.v('none') === true, [give('-EINVAL')]),
      when((c) => wordToType(c.v('word'), true) === undefined, [give('-EINVAL')]),
      set('type', (c) => wordToType(c.v('word'), true) ?? null),
      lockGroup(),
      act('check', 'DMA to DMA-FQ in place?', (c) => {
        c.put('in_place', false);
        if (c.v('type') !== 'DMA_FQ') return;
        const domain = c.ref(c.o('group'), 'default_domain');
        if (domain === null) return c.crash('panic', `NULL dereference of ${c.o('group')}.default_domain`);
        c.put('current', domain);
        c.put('in_place', c.get(domain, 'type') === 'DMA');
      }),
      when(
        (c) => c.v('in_place') === true,
        [
          call('iommu_dma_init_fq', [local('current')], 'ret'),
          when((c) => !isError(c.v('ret')), [act('mutate', '{current} has a flush queue', (c) => c.set(c.o('current'), 'type', 'DMA_FQ'))]),
          unlockGroup(),
          give(local('ret')),
        ],
      ),
      act('list', 'members, and no driver or user?', (c) => {
        const group = c.o('group');
        c.put('ret', c.list(group, 'devices').length === 0 || c.count(group, 'owner_cnt') > 0 ? '-EPERM' : 0);
      }),
      when((c) => !isError(c.v('ret')), [call('iommu_setup_default_domain', [local('group'), local('type')], 'ret')]),
      when(
        (c) => !isError(c.v('ret')),
        each('member', members(), [act('mutate', 'DMA ops of {member}', (c) => setupDmaOps(c, c.o('member')))]),
      ),
      unlockGroup(),
      give(local('ret')),
    ]),
  ];
}

function restoreDefault(c: Cpu): void {
  if (c.v('old_dom') === null) return;
  freeDomain(c, c.o('dom'));
  c.set(c.o('group'), 'default_domain', c.v('old_dom'));
}
