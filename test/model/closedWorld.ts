// All sequences of calls of one actor, each run to its end: closes the state space of a small world.

import { eraById } from '../../server/src/core/model/eras/eras.ts';
import { buildScenario, procedureFor, proceduresOf } from '../../server/src/core/model/scenario/build.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import { Machine } from '../../server/src/core/model/machine/machine.ts';
import { call, note, procedure } from '../../server/src/core/model/machine/code.ts';
import { invariants } from '../../server/src/core/model/invariants/registry.ts';
import { strayMembers } from '../../server/src/core/model/invariants/invariant.ts';
import { checkCall, monitorOf } from '../../server/src/core/model/invariants/monitor.ts';
import type { Value } from '../../server/src/core/model/machine/names.ts';
import type { MachineState } from '../../server/src/core/model/machine/state.ts';

export interface Action {
  readonly text: string;
  readonly action: string;
  /** Arguments; `@m` is the value at a place in the state. */
  readonly args: readonly string[];
  /** Whether an actor would do this now. */
  readonly when: (read: (object: string, field: string) => Value) => boolean;
  /** Where the result is kept, as `object.field`. */
  readonly keep?: string;
  /** Kept place that the call uses up. */
  readonly drop?: string;
}

export interface Closed {
  readonly states: number;
  /** Invariant to the shortest sequences of calls (at most three) that break it. */
  readonly violations: ReadonlyMap<string, readonly string[]>;
  readonly results: ReadonlyMap<string, ReadonlySet<string>>;
}

const DYNAMIC = /^(?:dma|dmafq|identity|unmanaged|blocked)\d+(?:@\w+)?$/;

/** Renames domains by the order in which a fixed walk meets them, and forgets what nothing names any more. */
function canonical(contents: ReadonlyMap<string, Value>): [string, string, Value][] {
  const names = new Map<string, string>();
  const visit = (value: Value): void => {
    if (typeof value === 'string' && DYNAMIC.test(value) && !names.has(value)) names.set(value, `unmanaged${names.size + 100}`);
  };
  const entries = [...contents].map(([path, value]): [string, string, Value] => {
    const dot = path.lastIndexOf('.');
    return [path.slice(0, dot), path.slice(dot + 1), value];
  });
  const kept = entries
    .filter(
      ([object, field]) =>
        !DYNAMIC.test(object) && !object.startsWith('thread ') && !object.startsWith('~') && field !== 'warnings' && field !== 'lives',
    )
    .sort(([a, b], [x, y]) => (`${a}.${b}` < `${x}.${y}` ? -1 : 1));
  for (const [, , value] of kept) visit(value);
  const domains = entries.filter(([object]) => names.has(object));
  return [...kept, ...domains].map(([object, field, value]): [string, string, Value] => [
    names.get(object) ?? object,
    field,
    typeof value === 'string' ? (names.get(value) ?? value) : value,
  ]);
}

export function close(eraId: string, world: string, actions: readonly Action[], limit = 5000): Closed {
  const era = eraById(eraId);
  const read = readScenario(`id: closed\ntitle: closed\nworld:\n${world}\nthreads:\n  T:\n    - owner_claimed(G): any\n`);
  if (era === null || !read.ok) throw new Error(read.ok ? 'no era' : `${read.problems[0]?.line ?? 0}: ${read.problems[0]?.message ?? ''}`);
  const start = buildScenario(read.scenario, era);
  if (start.problems.length > 0) throw new Error(start.problems[0]?.message);
  const { procedures } = proceduresOf(era, null);
  const names = start.machine.names;
  const freeable = new Set<string>(read.scenario.world.devices.map((device) => device.name));
  const available = actions.filter((action) => procedureFor(era, procedures, action.action) !== null);
  const machines = available.map((action) => {
    const target = procedureFor(era, procedures, action.action) ?? '';
    const main = procedure('T', [], 'closed', [
      note((c) => {
        c.set('thread T', 'action', action.action);
        c.set(
          'thread T',
          'args',
          action.args.map((arg) => (arg.startsWith('@') ? String(c.peek('kept', arg.slice(1))) : arg)),
        );
        const groups = c.peek('world', 'groups');
        c.set(
          'thread T',
          'before strays',
          (typeof groups === 'object' && groups !== null ? groups : []).flatMap((group) => strayMembers(c, group)),
        );
        c.set('thread T', 'before default_domain', c.peek('G', 'default_domain'));
        const domain = c.peek('G', 'domain');
        c.set(
          'thread T',
          'before private',
          domain !== null && domain !== c.peek('G', 'default_domain') && domain !== c.peek('G', 'blocking_domain'),
        );
      }),
      call(
        target,
        action.args.map((arg) => (c) => (arg.startsWith('@') ? c.peek('kept', arg.slice(1)) : arg)),
        'ret',
      ),
      note((c) => {
        const ret = c.v('ret');
        c.set('thread T', 'ret', ret === null ? '0' : String(ret));
        const fine = ret === null || (typeof ret === 'string' && !ret.startsWith('-E'));
        if (action.keep !== undefined && fine) c.set('kept', action.keep, ret);
        if (action.drop !== undefined && fine) c.set('kept', action.drop, null);
        if (c.held.length > 0) c.violate('I31', 'a lock is held at the end');
        checkCall(c, invariants);
      }),
    ]);
    return new Machine({ procedures, threads: [{ name: 'T', main }], initial: [], freeable, monitor: monitorOf(invariants) }, names);
  });
  const cellsOf = (entries: readonly (readonly [string, string, Value])[]): MachineState => {
    const cells: number[] = [];
    for (const [object, field, value] of entries) {
      const cell = names.cell(object, field);
      while (cells.length <= cell) cells.push(0);
      cells[cell] = names.valueId(value);
      if (DYNAMIC.test(object)) freeable.add(object);
    }
    return { cells, threads: [], hash: 0 };
  };
  const violations = new Map<string, string[]>();
  const results = new Map<string, Set<string>>();
  const first = canonical(start.machine.contents(start.machine.initial()));
  const seen = new Set([JSON.stringify(first)]);
  const queue: { entries: [string, string, Value][]; path: string }[] = [{ entries: first, path: '' }];
  for (let next = 0; next < queue.length && queue.length < limit; next++) {
    const item = queue[next];
    if (item === undefined) break;
    const from = cellsOf(item.entries);
    const look = new Map(item.entries.map(([object, field, value]) => [`${object}.${field}`, value]));
    available.forEach((action, index) => {
      const machine = machines[index];
      if (machine === undefined || !action.when((object, field) => look.get(`${object}.${field}`) ?? null)) return;
      let state = machine.continueFrom(from);
      const path = item.path === '' ? action.text : `${item.path}; ${action.text}`;
      const broken: string[] = [];
      while (machine.enabled(0, state).status === 'ready') {
        const applied = machine.apply(0, state, 0);
        broken.push(...applied.violations.map((violation) => violation.id));
        state = applied.state;
        if (applied.fatal) break;
      }
      for (const id of new Set(broken)) {
        const list = violations.get(id) ?? [];
        if (list.length < 3) list.push(path);
        violations.set(id, list);
      }
      const ret = machine.read(state, 'thread T', 'ret');
      results.set(action.text, (results.get(action.text) ?? new Set()).add(String(ret)));
      // What follows a violation is not looked at: it would be the same violation again.
      if (broken.length > 0) return;
      const entries = canonical(machine.contents(state));
      const key = JSON.stringify(entries);
      if (seen.has(key)) return;
      seen.add(key);
      queue.push({ entries, path });
    });
  }
  return { states: seen.size, violations, results };
}
