import { expect, it } from 'vitest';
import { guardClass } from '../../server/src/core/kernel/guards.ts';
import { lockOperation, releaseFor } from '../../server/src/core/kernel/locks.ts';

it.each([
  ['mutex_lock', 'mutex_unlock', 1],
  ['mutex_lock_interruptible', 'mutex_unlock', 1],
  ['mutex_lock_nested', 'mutex_unlock', 1],
  ['down_read_trylock', 'up_read', 1],
  ['down_write_killable', 'up_write', 1],
  ['spin_lock_irqsave', 'spin_unlock_irqrestore', 2],
  ['spin_lock_bh', 'spin_unlock_bh', 1],
  ['raw_spin_lock', 'raw_spin_unlock', 1],
  ['write_lock_irq', 'write_unlock_irq', 1],
  ['device_lock', 'device_unlock', 1],
  ['rcu_read_lock', 'rcu_read_unlock', 0],
  ['bit_spin_lock', 'bit_spin_unlock', 2],
])('gives back what %s took by %s', (take, give, args) => {
  expect(releaseFor(take)).toEqual({ name: give, args });
});

it('knows with which results a lock was taken', () => {
  expect(lockOperation('mutex_trylock')?.success).toBe('nonzero');
  expect(lockOperation('mutex_lock_killable')?.success).toBe('zero');
  expect(lockOperation('down_trylock')?.success).toBe('zero');
  expect(lockOperation('kfree')).toBeNull();
});

it('has lock functions behind every guard that is named after one', () => {
  for (const name of [
    'mutex',
    'mutex_intr',
    'rwsem_read',
    'rwsem_write_try',
    'spinlock_irqsave',
    'raw_spinlock',
    'rcu',
    'device',
    'read_lock_irq',
  ]) {
    const guard = guardClass(name);
    expect(lockOperation(guard?.take ?? '')?.action, name).toBe('acquire');
    expect(lockOperation(guard?.give ?? '')?.action, name).toBe('release');
    expect(lockOperation(guard?.take ?? '')?.success, name).toBe(guard?.success);
  }
});
