// Worlds in which an entry point is tried when no shipped scenario does: each call alone with every failure once, and against each of
// the others. A call that has to succeed (`ok`) keeps failures out of its world. Written as scenarios, so that a reader can take one and change it.

import { readScenario } from '../../model/scenario/read.ts';
import type { Scenario } from '../../model/scenario/scenario.ts';

const ONE = `  devices: { A: {pci: "01:00.0"} }\n  groups: { G: [A] }\n`;
const DIRECT = `  devices: { A: {pci: "01:00.0", direct: [r0]} }\n  groups: { G: [A] }\n  options: { def_domain_type: identity }\n`;
const TWO = `  devices: { A: {pci: "01:00.0", multifunction: true}, B: {pci: "01:00.1", multifunction: true} }\n  groups: { G: [A, B] }\n`;
const JOINING = `  devices: { A: {pci: "01:00.0", multifunction: true}, B: {pci: "01:00.1", multifunction: true, absent: true} }\n  groups: { G: [A, B] }\n`;
const SVA = `  devices:\n    A: {pci: "01:00.0", max_pasids: 16, sva: true}\n    B: {pci: "02:00.0", max_pasids: 16, sva: true}\n  groups: { G: [A], H: [B] }\n  mms: [mm1]\n`;
const USERS = '  users: [u1, u2]\n';
const HELD = '  held: [G]\n';

/** Title, world, and the calls of each thread. */
type Row = readonly [id: string, title: string, world: string, ...threads: readonly (readonly string[])[]];

/** A call in which a place fails. */
const failing = (call: string, fail: string): string => `call: ${call}\n      returns: any\n      fail: ${fail}`;

const ROWS: readonly Row[] = [
  ['W1', 'a type write, with every failure once', ONE, ['write_type(G, identity): any']],
  ['W2', 'a type write for a device with direct ranges, with every failure once', DIRECT, ['write_type(G, DMA): any']],
  ['W3', 'a type write to a group of two, with every failure once', TWO, ['write_type(G, identity): any']],
  ['W4', 'an attach that fails', ONE, ['m = alloc(A): ok', failing('attach(m, A)', 'attach(A) after-detach')]],
  [
    'W5',
    'an attach of a group that fails at the second member',
    TWO,
    ['m = alloc(A): ok', failing('attach_group(m, G)', 'attach(B) after-detach')],
  ],
  ['W6', 'a claim and a release, with every failure once', TWO + USERS, ['claim(G, u1): any']],
  ['W7', 'a device is added, with every failure once', JOINING, ['hot_add(B): any']],
  ['W8', 'a driver binds and unbinds', TWO, ['bind(A, nic): any', 'bind(B, nic): any', 'unbind(A): any', 'unbind(B): any']],
  ['W9', 'a type write races a type write', ONE, ['write_type(G, identity): any'], ['write_type(G, DMA): any']],
  ['W10', 'a type write races a bind', ONE, ['write_type(G, identity): any'], ['bind(A, nic): any']],
  ['W11', 'a type write races an unplug', ONE + HELD, ['write_type(G, identity): any'], ['unplug(A): any']],
  ['W12', 'a type write races a hot-add', JOINING, ['write_type(G, identity): any'], ['hot_add(B): any']],
  ['W13', 'a claim races a bind', TWO + USERS, ['claim(G, u1): any'], ['bind(B, nic): any']],
  ['W14', 'a claim races a claim', TWO + USERS, ['claim(G, u1): any'], ['claim(G, u2): any']],
  ['W15', 'a claim races a hot-add', JOINING + USERS, ['claim(G, u1): any'], ['hot_add(B): any']],
  ['W16', 'a claim and its release race a bind', TWO + USERS, ['claim(G, u1): any', 'release(G)'], ['bind(B, nic): any']],
  ['W17', 'a claim races a type write', ONE + USERS, ['claim(G, u1): any'], ['write_type(G, identity): any']],
  ['W18', 'an unbind races a bind', TWO + '  bound: { A: nic }\n', ['unbind(A): any'], ['bind(B, nic): any']],
  ['W19', 'a process is bound to a device, with every failure once', SVA, ['h = sva_bind(A, mm1): any']],
  [
    'W20',
    'a process is bound to two devices, unbound from one after the other, and bound again',
    SVA,
    [
      'h = sva_bind(A, mm1): ok',
      'k = sva_bind(B, mm1): ok',
      'sva_unbind(h)',
      'dma(B, mm1): any',
      'sva_unbind(k)',
      'n = sva_bind(A, mm1): ok',
    ],
  ],
  ['W21', 'a type write for a device with direct ranges', DIRECT, ['write_type(G, DMA): ok']],
  [
    'W22',
    'a type write while the member is exchanged for one with a driver',
    JOINING,
    ['write_type(G, identity): any'],
    ['hot_add(B): any', 'unplug(A): any', 'bind(B, nic): any'],
  ],
];

let read: readonly Scenario[] | null = null;

/** The standard worlds, in order. A name that an era lacks keeps the world out of that era. */
export function standardScenarios(): readonly Scenario[] {
  read ??= ROWS.map(([id, title, world, ...threads]) => {
    const lists = threads.map((steps, index) => `  T${String(index + 1)}:\n${steps.map((step) => `    - ${step}\n`).join('')}`);
    const result = readScenario(`id: ${id}\ntitle: ${title}\nsources: []\nworld:\n${world}threads:\n${lists.join('')}`);
    if (!result.ok) throw new Error(`${id}: ${result.problems[0]?.message ?? 'not a scenario'}`);
    return result.scenario;
  });
  return read;
}
