// Lock functions as steps of the machine: a lock that is taken waits for its holder, a try or an interrupted wait may come back without.

import type { LockOperation } from '../../kernel/locks.ts';
import { fallible } from '../../model/calls/terms.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import { giveLock, holdsLock, isLockFree, takeLock } from '../../model/machine/locks.ts';
import { partOf } from '../values.ts';
import { finish, type Site } from './site.ts';

export function compileLock(site: Site, operation: LockOperation): void {
  const { emitter, call, args, text } = site;
  const { scope } = emitter;
  const { memory } = scope.env;
  const argument = operation.argument === null ? null : args[operation.argument];
  const named = (c: Cpu): string => {
    if (argument === null || argument === undefined) return operation.field ?? text;
    const pointer = argument(c);
    if (operation.field === null) return memory.lockName(c, pointer, text);
    const at = memory.target(c, pointer, text);
    const path = at.path === '*' ? operation.field : `${at.path}.${operation.field}`;
    return memory.lockName(c, partOf(at.object, path), text);
  };
  const isLockless = operation.class === 'rcu' || operation.class === 'srcu' || operation.action === 'assert-free';
  if (isLockless) {
    finish(site, () => null);
    return;
  }
  const shared = operation.mode === 'shared';
  switch (operation.action) {
    case 'acquire':
      if (operation.success === 'nonzero') {
        tryLock(site, named, shared);
        return;
      }
      if (operation.success === 'zero') {
        interruptibleLock(site, named, shared);
        return;
      }
      emitter.lock(named, shared);
      finish(site, () => null);
      return;
    case 'release':
      emitter.unlock(named, shared);
      return;
    case 'downgrade':
      emitter.act('mutate', text, (c) => {
        giveLock(c, named(c), false);
        takeLock(c, named(c), true);
      });
      return;
    case 'assert-held':
      emitter.note((c) => {
        const name = named(c);
        if (!holdsLock(c, name)) c.warn(`${call.name ?? ''}: ${name} is not held`);
      });
      return;
    default:
  }
}

function tryLock(site: Site, named: (c: Cpu) => string, shared: boolean): void {
  const { emitter, text } = site;
  const into = emitter.scope.temporary('r');
  emitter.act('mutate', text, (c) => {
    const name = named(c);
    const isFree = isLockFree(c, name, shared);
    if (isFree) takeLock(c, name, shared);
    c.put(into, isFree ? 1 : null);
  });
  finish(site, (c) => c.v(into));
}

/** mutex_lock_interruptible() and its kin: a signal ends the wait, once in a schedule. */
function interruptibleLock(site: Site, named: (c: Cpu) => string, shared: boolean): void {
  const { emitter, text, name } = site;
  const into = emitter.scope.temporary('r');
  const end = emitter.label();
  const fail = fallible(
    'callback',
    `${text}: a signal?`,
    name,
    () => name,
    ['-EINTR'],
    (c, how) => {
      c.put(into, how);
    },
  );
  if (fail.op === 'act') emitter.act('callback', text, fail.run, fail.choices);
  emitter.branch((c) => c.v(into) === null, end);
  emitter.lock(named, shared);
  emitter.place(end);
  finish(site, (c) => c.v(into));
}
