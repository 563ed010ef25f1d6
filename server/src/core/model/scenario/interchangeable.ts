// Finds the actors of a scenario that are interchangeable: threads that make the same calls, but for the users, processes, groups and
// devices that they name, in a world that is the same when these change places.
//
// The text of the threads gives the candidates. Whether one holds is then looked up in the program: its initial state must stay as it is.

import type { Machine } from '../machine/machine.ts';
import { WORD, renameText } from '../machine/renamings.ts';
import type { Renaming } from '../machine/renamings.ts';
import type { MachineState } from '../machine/state.ts';
import type { Scenario, Step } from './scenario.ts';

/** Names whose words can be told from the words of the model: one letter, or letters and a number. */
const PLAIN = /^(?:[A-Za-z]|[A-Za-z]+\d+)$/;
/** Words of this form that mean something by themselves: the queue of a driver, types of containers, marks of invariants. */
const RESERVED = /^(?:Q|TYPE1|type1|I\d+)$/;

/** All orders of the numbers below `count`, the ascending one first. */
function orders(count: number): number[][] {
  let all: number[][] = [[]];
  for (let next = 0; next < count; next++)
    all = all.flatMap((order) => order.map((_, at) => order.toSpliced(at, 0, next)).concat([[...order, next]]));
  return all.sort((left, right) => (left.join() < right.join() ? -1 : 1));
}

/** What becomes of each word, put together from pairs of texts that must become each other. */
class Pairing {
  readonly words = new Map<string, string>();
  private readonly back = new Map<string, string>();

  /** False where the texts differ in more than words, or a word would have to become two. */
  pair(from: string, to: string): boolean {
    const left = from.match(WORD) ?? [];
    const right = to.match(WORD) ?? [];
    if (left.length !== right.length || from.replace(WORD, '-') !== to.replace(WORD, '-')) return false;
    return left.every((word, at) => this.set(word, right[at] ?? ''));
  }

  set(from: string, to: string): boolean {
    if ((this.words.get(from) ?? to) !== to || (this.back.get(to) ?? from) !== from) return false;
    this.words.set(from, to);
    this.back.set(to, from);
    return true;
  }
}

function sameStep(pairing: Pairing, left: Step, right: Step): boolean {
  if (left.action !== right.action || left.args.length !== right.args.length) return false;
  if ((left.handle === null) !== (right.handle === null) || (left.fail === null) !== (right.fail === null)) return false;
  return (
    left.args.every((arg, at) => pairing.pair(arg, right.args[at] ?? '')) &&
    pairing.pair(left.handle ?? '', right.handle ?? '') &&
    pairing.pair(left.fail ?? '', right.fail ?? '')
  );
}

/** Groups follow their members, and members their group. */
function pairGroups(pairing: Pairing, groups: Readonly<Record<string, readonly string[]>>): boolean {
  const names = Object.keys(groups);
  return names.every((name) => {
    const members = groups[name] ?? [];
    const moved = members.map((dev) => pairing.words.get(dev)).find((dev) => dev !== undefined);
    const other = pairing.words.get(name) ?? names.find((candidate) => moved !== undefined && (groups[candidate] ?? []).includes(moved));
    if (other === undefined) return true;
    const others = groups[other] ?? [];
    if (others.length !== members.length || !pairing.pair(name, other)) return false;
    return members.every((dev, at) => pairing.words.has(dev) || pairing.pair(dev, others[at] ?? ''));
  });
}

/** Objects that came up with the world (default domains) follow what holds them. False where the world is another one. */
function pairWorld(pairing: Pairing, machine: Machine, state: MachineState): boolean {
  const contents = machine.contents(state);
  const objects = new Set([...contents.keys()].map((path) => path.slice(0, path.lastIndexOf('.'))));
  for (let before = -1; before !== pairing.words.size;) {
    before = pairing.words.size;
    for (const [path, value] of contents) {
      const renamed = renameText(path, pairing.words);
      const other = contents.get(renamed);
      if (renamed === path || typeof value !== 'string' || typeof other !== 'string') continue;
      if (value !== other && !(objects.has(value) && objects.has(other))) return false;
      if (!pairing.pair(value, other)) return false;
    }
  }
  return true;
}

const movedIn = (pairing: Pairing): Map<string, string> => new Map([...pairing.words].filter(([from, to]) => from !== to));

/** The renaming that lets each thread become another one, or null. */
function renamingFor(scenario: Scenario, machine: Machine, state: MachineState, order: readonly number[]): Renaming | null {
  const { threads, world } = scenario;
  const pairing = new Pairing();
  const alike = threads.every(({ name, steps }, at) => {
    const other = threads[order[at] ?? at];
    if (other?.steps.length !== steps.length || !pairing.pair(name, other.name)) return false;
    return steps.every((step, place) => {
      const counterpart = other.steps[place];
      return counterpart !== undefined && sameStep(pairing, step, counterpart);
    });
  });
  if (!alike || !pairGroups(pairing, world.groups)) return null;
  const kinds: readonly (readonly string[])[] = [
    threads.map((thread) => thread.name),
    world.devices.map((device) => device.name),
    Object.keys(world.groups),
    Object.keys(world.drivers),
    world.users,
    Object.keys(world.mms),
    [...new Set(threads.flatMap((thread) => thread.steps.flatMap((step) => step.handle ?? [])))],
  ];
  // Numbers, flags and other words of a call mean what they say.
  if (![...movedIn(pairing).keys()].every((word) => kinds.some((kind) => kind.includes(word)))) return null;
  if (!pairWorld(pairing, machine, state)) return null;
  const moved = movedIn(pairing);
  const targets = new Set(moved.values());
  if (![...moved.keys()].every((word) => targets.has(word) && PLAIN.test(word) && !RESERVED.test(word))) return null;
  // A word that names two things would be renamed in both.
  for (const word of moved.keys()) if (kinds.filter((kind) => kind.includes(word)).length > 1) return null;
  const closed = kinds.every((kind) => kind.every((name) => kind.includes(renameText(name, moved))));
  const pairs = new Set(scenario.order.map((pair) => pair.join(' < ')));
  const orderly = [...pairs].every((pair) => pairs.has(renameText(pair, moved)));
  return closed && orderly ? { threads: order, words: moved } : null;
}

const inverse = (order: readonly number[]): number[] => order.map((_, at) => order.indexOf(at));

/** Whether renamings and the identity make a group. */
function isGroup(renamings: readonly Renaming[]): boolean {
  const key = (threads: readonly number[], words: ReadonlyMap<string, string>): string =>
    `${threads.join()} ${[...words]
      .filter(([from, to]) => from !== to)
      .map((pair) => pair.join('>'))
      .sort()
      .join()}`;
  const known = new Set(renamings.map((one) => key(one.threads, one.words)));
  const identity = (threads: readonly number[]): boolean => threads.every((thread, at) => thread === at);
  return renamings.every(({ threads, words }) => {
    if (!known.has(key(inverse(threads), new Map([...words].map(([from, to]) => [to, from]))))) return false;
    return renamings.every((other) => {
      const both = threads.map((thread) => other.threads[thread] ?? thread);
      const through = new Map(
        [...words.keys(), ...other.words.keys()].map((word) => [word, renameText(renameText(word, words), other.words)]),
      );
      return identity(both) ? [...through].every(([from, to]) => from === to) : known.has(key(both, through));
    });
  });
}

/**
 * The renamings, without the identity, that leave the program of a scenario as it is; none where they are no group. `machine` is the
 * scenario's program. Threads of which one makes other calls, or other orders, than the rest are not renamed; nor are names other than
 * one letter, or letters and a number (`u1`, `mm2`, `T3`, `A`).
 */
export function interchangeable(scenario: Scenario, machine: Machine): readonly Renaming[] {
  if (scenario.threads.length < 2) return [];
  const state = machine.initial();
  const [, ...others] = orders(scenario.threads.length);
  const renamings = others.flatMap((order) => {
    const renaming = renamingFor(scenario, machine, state, order);
    return renaming !== null && machine.same(machine.renamed([renaming]).image(state, 0), state) ? [renaming] : [];
  });
  return isGroup(renamings) ? renamings : [];
}
