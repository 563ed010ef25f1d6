// A device that is plugged in again is another struct device, and a group that forms again another group, although a scenario names
// them as before.

import type { Cpu } from '../machine/cpu.ts';

/** The object whose cell `now` says what a name stands for when what it named first is gone, and whose cell `count` how many there were. */
export const livesOf = (name: string): string => `lives of ${name}`;

/** The object that a name of the scenario stands for: the device or group that came last. */
export function currentLife(c: Cpu, name: string): string {
  const now = c.see(livesOf(name), 'now');
  return typeof now === 'string' ? now : name;
}

/** Fields that firmware and topology give to a device, in each of its lives. */
const FIRMWARE_FIELDS = 'firmware_fields';

/** Makes the next struct device at the place of one that is gone, and gives its name. */
export function nextLife(c: Cpu, old: string): string {
  const base = old.replace(/'\d+$/u, '');
  const lives = Math.max(1, c.count(livesOf(base), 'count')) + 1;
  const dev = `${base}'${lives}`;
  c.set(livesOf(base), 'count', lives);
  c.set(livesOf(base), 'now', dev);
  for (const field of c.list('world', FIRMWARE_FIELDS)) c.set(dev, field, c.see(old, field));
  const devices = c.list('world', 'all_devices');
  for (const other of devices) if (c.see(other, 'parent_bridge') === old) c.set(other, 'parent_bridge', dev);
  c.set(
    'world',
    'all_devices',
    devices.map((other) => (other === old ? dev : other)),
  );
  c.makeFreeable(dev);
  return dev;
}
