// Objects of an iommufd context in v6.12: their user counts and their end. [612: drivers/iommu/iommufd/main.c]
//
// A context is a user's file and the owner token of its groups. An object counts one user for the table of the context, so it can be
// destroyed by id when exactly that one is left.

import type { Cpu } from '../../machine/cpu.ts';
import type { Expr, Procedure, Statement } from '../../machine/code.ts';
import { act, call, give, lock, loop, procedure, set, unlock, when } from '../../machine/code.ts';
import type { Value } from '../../machine/names.ts';
import { freeDomain } from '../references.ts';
import { failed, fallible, isError, local, newName } from '../terms.ts';
import { removeDomain } from './iopt.ts';

export const source = '612: drivers/iommu/iommufd';
export const lockIoas = lock((c) => `${c.o('ioas')}.ioas_mutex`);
export const unlockIoas = unlock((c) => `${c.o('ioas')}.ioas_mutex`);
/** domains_rwsem, taken for reading or writing alike: the model knows no readers beside each other. */
export const lockDomains = lock((c) => `${c.o('ioas')}.domains_rwsem`);
export const unlockDomains = unlock((c) => `${c.o('ioas')}.domains_rwsem`);
export const lockIova = lock((c) => `${c.o('ioas')}.iova_rwsem`);
export const unlockIova = unlock((c) => `${c.o('ioas')}.iova_rwsem`);

/** Makes an object with the table of its context as only user. */
export function makeObject(c: Cpu, kind: string, ctx: Value): string {
  const object = newName(c, kind);
  c.set(object, 'kind', kind);
  c.set(object, 'ctx', ctx);
  c.set(object, 'users', 1);
  if (typeof ctx === 'string') c.set(ctx, 'objects', [...c.list(ctx, 'objects'), object].sort());
  return object;
}

export const addUsers = (c: Cpu, object: string, by: number): void => c.set(object, 'users', c.count(object, 'users') + by);

/** The kind of a live object that a value names, or null: then the kernel says -ENOENT. */
export function kindOf(c: Cpu, value: Value): string | null {
  if (typeof value !== 'string') return null;
  return c.flag(value, 'destroyed') ? null : c.ref(value, 'kind');
}

/** iommufd_get_object(): whether a value names a live object of these kinds in a context (any context where it is NULL). */
export function names(c: Cpu, value: Value, ctx: Value, kinds: readonly string[]): value is string {
  const kind = kindOf(c, value);
  return kind !== null && kinds.includes(kind) && (ctx === null || c.get(String(value), 'ctx') === ctx);
}

/** Cell of a thread: the objects that its call works with, which nobody can destroy meanwhile. */
const IN_USE = 'objects_in_use';

/**
 * iommufd_get_object() inside a call: as `names`, and the object has a user more until the call is over. The kernel gives most of them
 * back a few lines before its ioctl returns.
 */
export function takes(c: Cpu, value: Value, ctx: Value, kinds: readonly string[]): value is string {
  if (!names(c, value, ctx, kinds)) return false;
  addUsers(c, value, 1);
  c.set(value, 'shortterm_users', c.count(value, 'shortterm_users') + 1);
  const place = `thread ${c.threadName}`;
  c.set(place, IN_USE, [...c.list(place, IN_USE), value]);
  return true;
}

/** iommufd_put_object() of all that a call took, at its end. */
export function putTaken(c: Cpu): void {
  const place = `thread ${c.threadName}`;
  const taken = c.peek(place, IN_USE);
  if (typeof taken !== 'object' || taken === null) return;
  for (const object of taken) {
    addUsers(c, object, -1);
    c.set(object, 'shortterm_users', c.count(object, 'shortterm_users') - 1);
  }
  c.set(place, IN_USE, null);
}

export const isHwpt = (kind: string | null): boolean => kind === 'hwpt' || kind === 'hwpt_nested';

/** find_hwpt_paging(): the page table with an IOAS behind a page table. */
export const pagingOf = (c: Cpu, hwpt: string): string => (kindOf(c, hwpt) === 'hwpt_nested' ? (c.ref(hwpt, 'parent') ?? hwpt) : hwpt);

/** Takes an object out of the table of its context. */
export function eraseObject(c: Cpu, object: string): void {
  const ctx = c.ref(object, 'ctx');
  c.set(object, 'destroyed', true);
  if (ctx === null) return;
  c.set(
    ctx,
    'objects',
    c.list(ctx, 'objects').filter((other) => other !== object),
  );
  if (c.ref(ctx, 'vfio_ioas') === object) c.set(ctx, 'vfio_ioas', null);
}

/** Allocation of the object itself: -ENOMEM where a scenario plans it, else the rest of the step. */
export const allocObject = (label: string, run: (c: Cpu) => void): Statement =>
  fallible(
    'mutate',
    label,
    'object',
    () => 'object',
    ['fails'],
    (c, how) => {
      c.put('ret', how === null ? 0 : '-ENOMEM');
      if (how === null) run(c);
    },
  );

/** iommufd_ucmd_respond(): the results go to the user; a bad pointer is found here. */
export const copyOut = (target: Expr<string> = () => 'user'): Statement =>
  fallible('callback', 'results to the user', 'copy_out', target, ['fails'], (c, how) => {
    c.put('ret', how === null ? 0 : '-EFAULT');
  });

/** Frees what a page table holds: its domain, its fault queue, its user of what is above. */
function releaseHwpt(c: Cpu, above: 'ioas' | 'parent'): void {
  const hwpt = c.o('object');
  const domain = c.ref(hwpt, 'domain');
  if (domain !== null) freeDomain(c, domain);
  const fault = c.ref(hwpt, 'fault');
  if (fault !== null) addUsers(c, fault, -1);
  const over = c.ref(hwpt, above);
  if (over !== null) addUsers(c, over, -1);
}

export function objectCalls(): Procedure[] {
  return [
    procedure('iommufd_destroy', ['ctx', 'object'], `${source}/main.c iommufd_destroy, iommufd_object_remove`, [
      act('check', '{object} unused?', (c) => {
        const object = c.v('object');
        const ctx = c.v('ctx');
        c.put('ret', '-ENOENT');
        if (!names(c, object, ctx, ALL_KINDS)) return;
        c.put('ret', c.count(object, 'users') === 1 ? 0 : '-EBUSY');
        if (!isError(c.v('ret'))) {
          c.set(object, 'users', 0);
          eraseObject(c, object);
        }
      }),
      when(failed('ret'), [give(local('ret'))]),
      call('iommufd_object_destroy', [local('object')]),
      give(0),
    ]),
    // iommufd_object_ops[].destroy: with no user left and the object out of the table.
    procedure('iommufd_object_destroy', ['object'], `${source} iommufd_object_ops`, [
      set('kind', (c) => c.ref(c.o('object'), 'kind')),
      when(
        (c) => c.v('kind') === 'hwpt',
        [
          set('ioas', (c) => c.ref(c.o('object'), 'ioas')),
          lockDomains,
          lockIova,
          act('mutate', '{object} leaves {ioas}', (c) => removeDomain(c, c.o('ioas'), c.o('object'))),
          unlockIova,
          unlockDomains,
          act('free', '{object} freed', (c) => releaseHwpt(c, 'ioas')),
        ],
      ),
      when((c) => c.v('kind') === 'hwpt_nested', [act('free', '{object} freed', (c) => releaseHwpt(c, 'parent'))]),
      when((c) => c.v('kind') === 'access', [call('iommufd_access_destroy_object', [local('object')])]),
      when((c) => c.v('kind') === 'idev', [call('iommufd_device_destroy', [local('object')])]),
      when((c) => c.v('kind') === 'selftest', [call('iommufd_selftest_destroy', [local('object')])]),
      give(null),
    ]),
    // An object that nobody else has seen yet.
    procedure('iommufd_object_abort_and_destroy', ['object'], `${source}/main.c iommufd_object_abort_and_destroy`, [
      call('iommufd_object_destroy', [local('object')]),
      act('free', '{object} aborted', (c) => eraseObject(c, c.o('object'))),
      give(null),
    ]),
    // iommufd_fops_release(): leaves first, until the table is empty.
    procedure('iommufd_fops_release', ['ctx'], `${source}/main.c iommufd_fops_release`, [
      loop(
        (c) => c.list(c.o('ctx'), 'objects').some((object) => c.count(object, 'users') === 1),
        [
          act('mutate', 'an object of {ctx} without other users', (c) => {
            const object = c.list(c.o('ctx'), 'objects').find((one) => c.count(one, 'users') === 1) ?? null;
            c.put('object', object);
            if (object === null) return;
            c.set(object, 'users', 0);
            eraseObject(c, object);
          }),
          when((c) => c.v('object') !== null, [call('iommufd_object_destroy', [local('object')])]),
        ],
      ),
      when(
        (c) => c.list(c.o('ctx'), 'objects').length > 0,
        [act('check', 'WARN', (c) => c.warn(`objects of ${c.o('ctx')} are left: ${c.list(c.o('ctx'), 'objects').join(', ')}`))],
      ),
      give(null),
    ]),
    // close() of whatever is open: a fault queue, an access, a context, or else a device of VFIO.
    procedure('close_any', ['object', 'user'], `${source}: close of a file`, [
      when((c) => kindOf(c, c.v('object')) === 'access', [call('iommufd_access_destroy', [local('object')], 'ret'), give(local('ret'))]),
      when(
        (c) => kindOf(c, c.v('object')) === 'fault' || (c.v('user') === null && c.peek(c.o('object'), 'bus') === null),
        [call('iommufd_close', [local('object')], 'ret'), give(local('ret'))],
      ),
      call('close', [local('object'), local('user')], 'ret'),
      give(local('ret')),
    ]),
    // The reference of a file that another part of the kernel takes: as long as it is held, the context lives.
    procedure('iommufd_ctx_from_fd', ['fd'], `${source}/main.c iommufd_ctx_from_fd`, [
      act('check', '{fd} is an open file of iommufd?', (c) => {
        const fd = c.v('fd');
        const open = typeof fd === 'string' && !c.flag(fd, 'closed');
        c.put('ret', !open || /^\d+$/.test(fd) ? '-EBADF' : c.list('world', 'users').includes(fd) ? 0 : '-EBADFD');
        if (c.v('ret') === null) c.set(c.o('fd'), 'refs', c.count(c.o('fd'), 'refs') + 1);
      }),
      when(failed('ret'), [give(local('ret'))]),
      give(local('fd')),
    ]),
    procedure('iommufd_ctx_put', ['ictx'], `${source}/main.c iommufd_ctx_put`, [
      act('mutate', 'reference of {ictx} dropped', (c) => {
        const refs = c.count(c.o('ictx'), 'refs') - 1;
        if (refs < 0) c.violate('I32', `${c.o('ictx')} put more often than taken`);
        c.set(c.o('ictx'), 'refs', refs);
        c.put('last', refs === 0 && c.flag(c.o('ictx'), 'closed'));
      }),
      when((c) => c.v('last') === true, [call('iommufd_fops_release', [local('ictx')])]),
      give(null),
    ]),
    // close() of a file: the context ends with its last reference, which bound devices, accesses and fault queues hold too.
    procedure('iommufd_close', ['file'], `${source}: close of a file`, [
      act('mutate', '{file} closed', (c) => {
        const file = c.o('file');
        c.put('ctx', null);
        if (kindOf(c, file) === 'fault') {
          if (c.flag(file, 'closed')) {
            c.put('ret', '-EBADF');
            return;
          }
          c.set(file, 'closed', true);
          addUsers(c, file, -1);
          const ctx = String(c.get(file, 'ctx'));
          c.set(ctx, 'refs', c.count(ctx, 'refs') - 1);
          c.put('ctx', ctx);
        } else if (c.flag(file, 'closed')) c.put('ret', '-EBADF');
        else {
          c.set(file, 'closed', true);
          c.put('ctx', file);
        }
      }),
      when((c) => isError(c.v('ret')), [give(local('ret'))]),
      when((c) => c.flag(c.o('ctx'), 'closed') && c.count(c.o('ctx'), 'refs') === 0, [call('iommufd_fops_release', [local('ctx')])]),
      give(0),
    ]),
  ];
}

export const ALL_KINDS: readonly string[] = ['ioas', 'hwpt', 'hwpt_nested', 'idev', 'access', 'fault', 'selftest'];
