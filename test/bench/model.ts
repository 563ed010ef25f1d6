// The model: transitions a second with all invariants on, the share of states that the reduction visits, all scenarios in one
// process; and, for scale, spin on the same small lock model.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAll, shippedScenarios } from '../../server/src/core/model/catalogue.ts';
import { eraById } from '../../server/src/core/model/eras/eras.ts';
import { explore } from '../../server/src/core/model/explore/explore.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import { runScenario } from '../../server/src/core/model/scenario/run.ts';
import { LockToy, nested } from '../model/lockToy.ts';

const say = (text: string): void => {
  process.stdout.write(`  ${text}\n`);
};

function cpuSeconds(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** The lock model of the comparison: three threads, two nested locks in a ring, twelve additions each to a counter of their own. */
const STEPS = 12;
const pairs = [
  [0, 1],
  [0, 2],
  [1, 2],
] as const;

function toy(): LockToy {
  return new LockToy(
    pairs.map((locks, thread) => [
      ...Array.from({ length: STEPS }, () => ({ op: 'add' as const, counter: thread, by: 1 })),
      ...nested([...locks], [{ op: 'add', counter: 3, by: 1 }]),
      ...Array.from({ length: STEPS }, () => ({ op: 'add' as const, counter: thread, by: 1 })),
    ]),
    1_000_000,
  );
}

function promela(): string {
  const add = (counter: number): string => `  c[${counter}] = (c[${counter}] * 3 + 1) % 4096;\n`;
  const threads = pairs.map(([first, second], thread) => {
    const body =
      add(thread).repeat(STEPS) +
      `  atomic { !held[${first}]; held[${first}] = true };\n  atomic { !held[${second}]; held[${second}] = true };\n` +
      add(3) +
      `  held[${second}] = false;\n  held[${first}] = false;\n` +
      add(thread).repeat(STEPS);
    return `active proctype T${thread}() {\n${body}}\n`;
  });
  return `bool held[3];\nint c[4];\n${threads.join('')}`;
}

function spin(): void {
  const folder = mkdtempSync(join(tmpdir(), 'spin-'));
  try {
    writeFileSync(join(folder, 'locks.pml'), promela());
    const generated = spawnSync('spin', ['-a', 'locks.pml'], { cwd: folder, encoding: 'utf8' });
    if (generated.error !== undefined) {
      say('spin: missing (Debian package spin)');
      return;
    }
    const built = spawnSync('cc', ['-O2', '-DNOREDUCE', '-DSAFETY', '-o', 'pan', 'pan.c'], { cwd: folder, encoding: 'utf8' });
    if (built.status !== 0) {
      say('spin: no C compiler');
      return;
    }
    const ran = spawnSync('./pan', ['-m100000'], { cwd: folder, encoding: 'utf8' });
    for (const line of ran.stdout.split('\n')) {
      if (/states, stored|transitions|elapsed time|rate/.test(line)) say(`spin: ${line.trim()}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Threads that make the same calls, each with a user of its own. */
function benchSymmetry(threads: number): void {
  const users = Array.from({ length: threads }, (_, at) => `u${at + 1}`);
  const lists = users.map((user, at) => `  T${at + 1}:\n    - claim(G, ${user}): any\n    - release(G): any\n`).join('');
  const world = `world:\n  devices: {A: {pci: "01:00.0"}}\n  groups: {G: [A]}\n  users: [${users.join(', ')}]\n`;
  const read = readScenario(`id: claims\ntitle: claims and releases\nbounds: {users: 3}\n${world}threads:\n${lists}`);
  const era = eraById('v6.12');
  if (!read.ok || era === null) throw new Error('the scenario of claims cannot be read');
  const limits = { shortest: false, maxStates: 100_000 };
  const once = runScenario(read.scenario, era, limits);
  const each = runScenario(read.scenario, era, { ...limits, symmetry: false });
  const share = ((100 * once.states) / each.states).toFixed(1);
  say(
    `${threads} users that claim and release one group: ${once.states} states with interchangeable users once, ${each.states} without: ${share} %`,
  );
}

export function benchModel(): Promise<void> {
  const scenarios = shippedScenarios();
  runAll(scenarios, null, { shortest: false });
  let runs = runAll(scenarios, null, { shortest: false });
  const all = cpuSeconds(() => {
    runs = runAll(scenarios, null);
  });
  say(`all ${runs.length} runs of ${scenarios.length} scenarios, shortest schedules included: ${all.toFixed(2)} s of CPU`);
  let full = 0;
  let transitions = 0;
  const seconds = cpuSeconds(() => {
    for (let round = 0; round < 5; round++) {
      const unreduced = runAll(scenarios, null, { reduce: false });
      full = unreduced.reduce((sum, run) => sum + run.states, 0);
      transitions += unreduced.reduce((sum, run) => sum + run.transitions, 0);
    }
  });
  const reduced = runs.reduce((sum, run) => sum + run.states, 0);
  say(`full search, all invariants on: ${Math.round(transitions / seconds)} transitions a second (boot and reading included)`);
  const apart = runAll(scenarios, null, { shortest: false, symmetry: false }).reduce((sum, run) => sum + run.states, 0);
  say(`states kept: ${apart} with the reduction, ${full} without: ${((100 * apart) / full).toFixed(1)} %`);
  say(`states kept with interchangeable actors searched once too: ${reduced} (${((100 * reduced) / full).toFixed(1)} %)`);
  for (const threads of [2, 3]) benchSymmetry(threads);
  let states = 0;
  let moves = 0;
  const toySeconds = cpuSeconds(() => {
    const result = explore(toy(), { maxStates: 2_000_000, maxBytes: 4_000_000_000 });
    states = result.states;
    moves = result.transitions;
  });
  say(`lock model: ${states} states, ${moves} transitions, ${Math.round(moves / toySeconds)} transitions a second`);
  spin();
  return Promise.resolve();
}
