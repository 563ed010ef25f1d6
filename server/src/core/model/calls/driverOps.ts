// What the IOMMU driver does when the core calls it: allocate, attach, map. The places that can fail are here.

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure, Statement } from '../machine/code.ts';
import { act, give, procedure } from '../machine/code.ts';
import type { Value } from '../machine/names.ts';
import { beforeAttach } from '../invariants/I12.ts';
import type { DomainType } from './terms.ts';
import { fallible, local, newName } from './terms.ts';

const PREFIX: Readonly<Record<DomainType, string>> = {
  BLOCKED: 'blocked',
  IDENTITY: 'identity',
  UNMANAGED: 'unmanaged',
  DMA: 'dma',
  DMA_FQ: 'dmafq',
  SVA: 'sva',
  PLATFORM: 'platform',
  NESTED: 'nested',
};

export function isDmaType(type: Value): boolean {
  return type === 'DMA' || type === 'DMA_FQ';
}

/** Domain type of what a request names; 0 ("none") is the number of BLOCKED. */
export function domainType(value: Value): DomainType {
  return typeof value === 'string' && value in PREFIX ? (value as DomainType) : 'BLOCKED';
}

/** Makes a domain of a type. The caller has decided that it can be allocated. */
export function makeDomain(c: Cpu, type: DomainType): string {
  const domain = newName(c, PREFIX[type]);
  c.makeFreeable(domain);
  c.set(domain, 'type', type);
  c.set(domain, 'ops_owner', 'iommu');
  return domain;
}

/** Ranges that the firmware wants mapped one to one for a device. */
export function directRanges(c: Cpu, dev: string): readonly string[] {
  return c.list(dev, 'resv_direct');
}

/** The driver's `probe_device` of `dev`; 0 or `-ENODEV` in `ret`. */
export function probeDevice(): Statement {
  return fallible(
    'callback',
    'probe_device of {dev}',
    'probe',
    (c) => c.o('dev'),
    ['fails'],
    (c, how) => {
      if (how === null) c.set(c.o('dev'), 'iommu_dev', true);
      c.put('ret', how === null ? 0 : '-ENODEV');
    },
  );
}

export const attachVariants = ['after-detach', 'before-detach'] as const;

export function driverOps(): Procedure[] {
  const source = 'IOMMU driver';
  return [
    procedure('attach_dev', ['domain', 'dev'], `${source}: attach_dev`, [
      fallible(
        'callback',
        'attach {dev} to {domain}',
        'attach',
        (c) => String(c.v('dev')),
        attachVariants,
        (c, how) => {
          const dev = c.o('dev');
          const domain = c.o('domain');
          c.get(domain, 'type');
          if (c.flag(dev, 'released')) {
            // v6.1 releases a device before it leaves its group; a driver that keeps no data of it refuses.
            c.put('ret', '-ENODEV');
            return;
          }
          if (c.flag(domain, 'dirty_ops') && c.peek(dev, 'no_dirty') === true) {
            c.put('ret', '-EINVAL');
            return;
          }
          if (how !== null) {
            if (how === 'after-detach') c.set(dev, 'hw_domain', null);
            c.put('ret', '-ENOMEM');
            return;
          }
          beforeAttach(c, domain, dev);
          c.set(dev, 'hw_domain', domain);
          c.put('ret', 0);
        },
      ),
      give(local('ret')),
    ]),
    procedure('detach_dev', ['dev'], `${source}: detach_dev`, [
      act('callback', 'detach {dev}', (c) => c.set(c.o('dev'), 'hw_domain', null)),
      give(null),
    ]),
    // Returns the new domain, or NULL; how NULL is told to the caller differs by era.
    procedure('domain_alloc', ['type'], `${source}: domain_alloc`, [
      fallible(
        'callback',
        'allocate a domain of type {type}',
        'alloc',
        (c) => domainType(c.v('type')),
        ['fails'],
        (c, how) => {
          const type = domainType(c.v('type'));
          const refused = c.list('world', 'no_alloc').includes(type);
          c.put('domain', how !== null || refused ? null : makeDomain(c, type));
        },
      ),
      give(local('domain')),
    ]),
    procedure('map_direct', ['domain', 'dev'], `${source}: iommu_map of direct ranges`, [
      fallible(
        'callback',
        'map direct ranges of {dev} in {domain}',
        'map',
        (c) => String(c.v('dev')),
        ['fails'],
        (c, how) => {
          const domain = c.o('domain');
          const ranges = directRanges(c, c.o('dev'));
          if (how !== null) {
            c.put('ret', '-ENOMEM');
            return;
          }
          const maps = c.list(domain, 'maps');
          const fresh = ranges.filter((range) => !maps.includes(range));
          if (fresh.length > 0) c.set(domain, 'maps', [...maps, ...fresh].sort());
          c.put('ret', 0);
        },
      ),
      give(local('ret')),
    ]),
  ];
}
