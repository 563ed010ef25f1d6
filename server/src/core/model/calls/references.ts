// References on groups and devices. The last put of a group waits for running reads and writes of its sysfs files (W3): removing the
// kobject drains kernfs [61, 612: iommu_group_put, kernfs_drain].

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure } from '../machine/code.ts';
import { act, give, procedure, wait, when } from '../machine/code.ts';
import { local } from './terms.ts';

/** Adds a reference to a group. */
export function holdGroup(c: Cpu, group: string): void {
  c.set(group, 'refs', c.count(group, 'refs') + 1);
}

const source = '61, 612: drivers/iommu/iommu.c';

export function references(options: { readonly releaseFreesDomains: boolean }): Procedure[] {
  return [
    procedure('iommu_group_get', ['dev'], `${source} iommu_group_get`, [
      act('mutate', 'group = {dev}->iommu_group, reference taken', (c) => {
        const group = c.ref(c.o('dev'), 'group');
        if (group !== null) holdGroup(c, group);
        c.put('group', group);
      }),
      give(local('group')),
    ]),
    procedure('iommu_group_put', ['group'], `${source} iommu_group_put`, [
      when((c) => c.v('group') === null, [give(null)]),
      act('mutate', 'reference of {group} dropped', (c) => {
        const refs = c.count(c.o('group'), 'refs') - 1;
        if (refs < 0) c.violate('I32', `${c.o('group')} put more often than taken`);
        c.set(c.o('group'), 'refs', refs);
        c.put('last', refs === 0);
      }),
      when(
        (c) => c.v('last') === true,
        [
          act('mutate', 'files of {group} removed', (c) => c.set(c.o('group'), 'files_removed', true)),
          wait(
            'running sysfs calls of {group} end',
            (c) => c.list(c.o('group'), 'sysfs_active').length === 0,
            (c) => c.list(c.o('group'), 'sysfs_active'),
          ),
          act('free', '{group} is gone', (c) => {
            const group = c.o('group');
            for (const pointer of ['default_domain', 'blocking_domain']) {
              const domain = c.ref(group, pointer);
              if (domain === null) continue;
              if (options.releaseFreesDomains) freeDomain(c, domain);
              else c.warn(`${group} released with its ${pointer}`);
              c.set(group, pointer, null);
            }
            c.set(group, 'domain', null);
            c.set(group, 'gone', true);
            c.set(
              'world',
              'groups',
              c.list('world', 'groups').filter((other) => other !== group),
            );
          }),
        ],
      ),
      give(null),
    ]),
    procedure('get_device', ['dev'], '61, 612: drivers/base/core.c get_device', [
      act('mutate', 'reference of {dev} taken', (c) => c.set(c.o('dev'), 'refs', c.count(c.o('dev'), 'refs') + 1)),
      give(local('dev')),
    ]),
    procedure('put_device', ['dev'], '61, 612: drivers/base/core.c put_device', [
      act('mutate', 'reference of {dev} dropped', (c) => {
        const dev = c.o('dev');
        const refs = c.count(dev, 'refs') - 1;
        if (refs < 0) c.violate('I32', `${dev} put more often than taken`);
        c.set(dev, 'refs', refs);
        if (refs === 0) c.set(dev, 'freed', true);
      }),
      give(null),
    ]),
  ];
}

/** iommu_domain_free(): nothing happens to a static domain. */
export function freeDomain(c: Cpu, domain: string): void {
  if (c.flag(domain, 'static')) return;
  if (c.flag(domain, 'freed')) {
    c.crash('use-after-free', `${domain} freed twice`);
  }
  c.set(domain, 'freed', true);
}
