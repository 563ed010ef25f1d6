// Objects of an iommufd context in v6.12: their user counts, IO address spaces, page tables.
// [612: drivers/iommu/iommufd/main.c, ioas.c, io_pagetable.c, hw_pagetable.c]

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure } from '../machine/code.ts';
import { act, call, give, lock, procedure, set, unlock, when } from '../machine/code.ts';
import type { Value } from '../machine/names.ts';
import { failed, isError, local, newName } from './terms.ts';

const source = '612: drivers/iommu/iommufd';
export const lockIoas = lock((c) => `${c.o('ioas')}.ioas_mutex`);
export const unlockIoas = unlock((c) => `${c.o('ioas')}.ioas_mutex`);

export function makeObject(c: Cpu, kind: string, ctx: Value): string {
  const object = newName(c, kind);
  c.set(object, 'kind', kind);
  c.set(object, 'ctx', ctx);
  c.set(object, 'users', 1);
  return object;
}

export const addUsers = (c: Cpu, object: string, by: number): void => c.set(object, 'users', c.count(object, 'users') + by);

/** The kind of a live object that a value names, or null: then the kernel says -ENOENT. */
export function kindOf(c: Cpu, value: Value): string | null {
  if (typeof value !== 'string') return null;
  return c.flag(value, 'destroyed') ? null : c.ref(value, 'kind');
}

export const isHwpt = (kind: string | null): boolean => kind === 'hwpt' || kind === 'hwpt_nested';

/** Frees what stands behind an object that has lost its last user. */
export function destroyObject(c: Cpu, object: string): void {
  c.set(object, 'destroyed', true);
  const kind = c.ref(object, 'kind');
  if (kind === 'hwpt' || kind === 'hwpt_nested') {
    const domain = c.ref(object, 'domain');
    if (domain !== null) c.set(domain, 'freed', true);
    const above = c.ref(object, kind === 'hwpt' ? 'ioas' : 'parent');
    if (above !== null) addUsers(c, above, -1);
    if (kind === 'hwpt' && above !== null) {
      c.set(
        above,
        'hwpts',
        c.list(above, 'hwpts').filter((other) => other !== object),
      );
    }
  }
}

export function iommufdObjects(): Procedure[] {
  return [
    procedure('iommufd_ioas_alloc', ['ctx'], `${source}/ioas.c iommufd_ioas_alloc_ioctl`, [
      act('mutate', 'new IO address space of {ctx}', (c) => c.put('ioas', makeObject(c, 'ioas', c.v('ctx')))),
      give(local('ioas')),
    ]),
    procedure('iommufd_destroy', ['ctx', 'object'], `${source}/main.c iommufd_destroy, iommufd_object_remove`, [
      act('check', '{object} unused?', (c) => {
        const object = c.v('object');
        if (typeof object !== 'string' || kindOf(c, object) === null || c.get(object, 'ctx') !== c.v('ctx')) {
          c.put('ret', '-ENOENT');
          return;
        }
        c.put('ret', c.count(object, 'users') === 1 ? 0 : '-EBUSY');
        if (!isError(c.v('ret'))) destroyObject(c, object);
      }),
      give(local('ret')),
    ]),
    procedure('iommufd_hwpt_alloc', ['idev', 'pt', 'flags'], `${source}/hw_pagetable.c iommufd_hwpt_alloc`, [
      act('check', '{idev} and {pt} are there?', (c) => {
        c.put('ret', 0);
        c.put('kind', null);
        if (kindOf(c, c.v('idev')) !== 'idev') {
          c.put('ret', '-ENOENT');
          return;
        }
        const kind = kindOf(c, c.v('pt'));
        c.put('kind', kind);
        if (kind !== 'ioas' && kind !== 'hwpt') c.put('ret', '-EINVAL');
        else if (kind === 'hwpt' && (c.flag(c.o('pt'), 'auto_domain') || !c.flag(c.o('pt'), 'nest_parent'))) c.put('ret', '-EINVAL');
      }),
      when(failed('ret'), [give(local('ret'))]),
      set('ioas', local('pt')),
      when((c) => c.v('kind') === 'ioas', [lockIoas]),
      call('domain_alloc', [(c) => (c.v('kind') === 'ioas' ? 'UNMANAGED' : 'NESTED')], 'domain'),
      when(
        (c) => c.v('domain') !== null,
        [
          act('mutate', 'page table on {pt}', (c) => {
            const nested = c.v('kind') === 'hwpt';
            const hwpt = makeObject(c, nested ? 'hwpt_nested' : 'hwpt', c.get(c.o('idev'), 'ctx'));
            c.set(hwpt, 'domain', c.v('domain'));
            c.set(hwpt, nested ? 'parent' : 'ioas', c.v('pt'));
            c.set(hwpt, 'nest_parent', c.v('flags') === 'nest_parent');
            addUsers(c, c.o('pt'), 1);
            if (!nested) c.set(c.o('pt'), 'hwpts', [...c.list(c.o('pt'), 'hwpts'), hwpt]);
            c.put('ret', hwpt);
          }),
        ],
        [set('ret', () => '-ENOMEM')],
      ),
      when((c) => c.v('kind') === 'ioas', [unlockIoas]),
      give(local('ret')),
    ]),
    procedure('iommufd_ioas_map', ['ioas', 'iova', 'length'], `${source}/io_pagetable.c iopt_map_pages`, [
      act('mutate', 'map {iova}+{length} in {ioas}', (c) => {
        const start = c.number('iova');
        const end = start + c.number('length');
        if (kindOf(c, c.v('ioas')) !== 'ioas') c.put('ret', '-ENOENT');
        else if (end === start) c.put('ret', '-EINVAL');
        else if (areas(c).some(([first, last]) => first < end && start < last)) c.put('ret', '-EEXIST');
        else {
          c.put('ret', 0);
          c.set(c.o('ioas'), 'areas', [...c.list(c.o('ioas'), 'areas'), `${start}-${end}`].sort());
        }
      }),
      give(local('ret')),
    ]),
    procedure('iommufd_ioas_unmap', ['ioas', 'iova', 'length'], `${source}/io_pagetable.c iopt_unmap_iova`, [
      act('mutate', 'unmap {iova}+{length} of {ioas}', (c) => {
        const start = c.number('iova');
        const end = start + c.number('length');
        if (kindOf(c, c.v('ioas')) !== 'ioas') {
          c.put('ret', '-ENOENT');
          return;
        }
        if (end === start) {
          c.put('ret', '-EINVAL');
          return;
        }
        const touched = areas(c).filter(([first, last]) => first < end && start < last);
        const whole = touched.length > 0 && touched.every(([first, last]) => first >= start && last <= end);
        c.put('ret', whole ? 0 : '-ENOENT');
        if (whole) {
          const gone = new Set(touched.map(([first, last]) => `${first}-${last}`));
          c.set(
            c.o('ioas'),
            'areas',
            c.list(c.o('ioas'), 'areas').filter((area) => !gone.has(area)),
          );
        }
      }),
      give(local('ret')),
    ]),
  ];
}

const areas = (c: Cpu): (readonly [number, number])[] =>
  c.list(c.o('ioas'), 'areas').map((area) => {
    const [first = '0', last = '0'] = area.split('-');
    return [Number(first), Number(last)] as const;
  });
