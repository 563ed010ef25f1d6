// Locks as cells: `holder` names the thread that has a lock alone, `readers` those that share it. Who waits, waits for these.

import type { Turn } from '../explore/program.ts';
import type { Cpu } from './cpu.ts';
import type { Names, Value } from './names.ts';

const HOLDER = 'holder';
const READERS = 'readers';
const noNumbers: readonly number[] = [];

const listOf = (value: Value): readonly string[] => (typeof value === 'object' && value !== null ? value : []);

/** Whether a thread can take a lock now: alone where nobody has it, shared where nobody has it alone. */
export function lockTurn(
  names: Names,
  cells: ArrayLike<number>,
  threads: readonly string[],
  reads: readonly number[],
  name: string,
  shared: boolean,
): Turn {
  const [alone, together] = [names.cell(name, HOLDER), names.cell(name, READERS)];
  const holder = names.value(cells[alone] ?? 0);
  const readers = shared ? [] : listOf(names.value(cells[together] ?? 0));
  const others = holder === null ? readers : [String(holder)];
  const looked = [...reads, shared ? alone : together];
  const takes = [shared ? together : alone];
  if (others.length === 0) return { status: 'ready', choices: 1, reads: looked, takes, waitsFor: noNumbers };
  return { status: 'blocked', choices: 0, reads: looked, takes, waitsFor: others.map((other) => threads.indexOf(other)) };
}

/** Takes a lock that is free for this. */
export function takeLock(c: Cpu, name: string, shared: boolean): void {
  const cell = c.names.cell(name, shared ? READERS : HOLDER);
  if (shared) c.set(name, READERS, [...c.list(name, READERS), c.threadName].sort());
  else c.store(cell, c.names.valueId(c.threadName));
  c.held.push(cell);
}

/** Gives a lock back; giving back what the thread does not hold in this way ends the schedule. */
export function giveLock(c: Cpu, name: string, shared: boolean): void {
  const cell = c.names.cell(name, shared ? READERS : HOLDER);
  const place = c.held.lastIndexOf(cell);
  if (place < 0) c.crash('I31', `${name} released by ${c.threadName}, which does not hold it`);
  c.held.splice(place, 1);
  if (!shared) {
    c.store(cell, 0);
    return;
  }
  const readers = [...c.list(name, READERS)];
  readers.splice(readers.indexOf(c.threadName), 1);
  c.set(name, READERS, readers);
}

/** Whether a thread holds a lock, alone or with others. */
export const holdsLock = (c: Cpu, name: string): boolean =>
  c.get(name, HOLDER) === c.threadName || c.list(name, READERS).includes(c.threadName);

/** Whether a lock could be taken now. */
export const isLockFree = (c: Cpu, name: string, shared: boolean): boolean =>
  c.get(name, HOLDER) === null && (shared || c.list(name, READERS).length === 0);

/** Of the locks that a thread holds, those that it has alone: what they guard, nobody else touches meanwhile. */
export const heldAlone = (names: Names, held: readonly number[]): readonly number[] =>
  held.every((cell) => names.cellName(cell).field === HOLDER) ? held : held.filter((cell) => names.cellName(cell).field === HOLDER);
