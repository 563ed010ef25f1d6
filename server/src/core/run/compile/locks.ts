// Lock functions as steps of the machine: a lock that is taken waits for its holder, a try or an interrupted wait may come back without.

import type { LockOperation } from '../../kernel/locks.ts';
import { fallible } from '../../model/calls/terms.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
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
  const isLockless =
    operation.class === 'rcu' || operation.class === 'srcu' || operation.action === 'downgrade' || operation.action === 'assert-free';
  if (isLockless) {
    finish(site, () => null);
    return;
  }
  switch (operation.action) {
    case 'acquire':
      if (operation.success === 'nonzero') {
        tryLock(site, named);
        return;
      }
      if (operation.success === 'zero') {
        interruptibleLock(site, named);
        return;
      }
      emitter.lock(named);
      finish(site, () => null);
      return;
    case 'release':
      emitter.unlock(named);
      return;
    case 'assert-held':
      emitter.note((c) => {
        const name = named(c);
        if (c.get(name, 'holder') !== c.threadName) c.warn(`${call.name ?? ''}: ${name} is not held`);
      });
      return;
    default:
  }
}

function tryLock(site: Site, named: (c: Cpu) => string): void {
  const { emitter, text } = site;
  const into = emitter.scope.temporary('r');
  emitter.act('mutate', text, (c) => {
    const name = named(c);
    const isFree = c.get(name, 'holder') === null;
    if (isFree) {
      c.set(name, 'holder', c.threadName);
      c.held.push(c.names.cell(name, 'holder'));
    }
    c.put(into, isFree ? 1 : null);
  });
  finish(site, (c) => c.v(into));
}

/** mutex_lock_interruptible() and its kin: a signal ends the wait, once in a schedule. */
function interruptibleLock(site: Site, named: (c: Cpu) => string): void {
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
  emitter.lock(named);
  emitter.place(end);
  finish(site, (c) => c.v(into));
}
