// From a scenario and an era to a program: boots the world, then makes one thread for each list of steps.

import { nearest } from '../../base/nearest.ts';
import type { Era, EraVariant } from '../eras/era.ts';
import { override } from '../eras/era.ts';
import { afterCall } from '../invariants/I31.ts';
import { invariants } from '../invariants/registry.ts';
import { strayMembers } from '../invariants/invariant.ts';
import { checkCall, monitorOf } from '../invariants/monitor.ts';
import type { Procedure, Statement } from '../machine/code.ts';
import { act, call, give, note, procedure, wait, when } from '../machine/code.ts';
import type { Cpu } from '../machine/cpu.ts';
import { Machine } from '../machine/machine.ts';
import { Names } from '../machine/names.ts';
import type { Value } from '../machine/names.ts';
import type { MachineState } from '../machine/state.ts';
import { form } from '../calls/form.ts';
import { currentLife } from '../calls/lives.ts';
import { putTaken } from '../calls/iommufd/objects.ts';
import { failed } from '../calls/terms.ts';
import type { Binding, BoundCall } from './arguments.ts';
import { bindCall } from './arguments.ts';
import { kindsOf, namesOf } from './names.ts';
import type { DeviceSpec, Scenario, ScenarioProblem, Step } from './scenario.ts';

export interface Built {
  readonly machine: Machine;
  /** Violations that the world shows before the first step: then the scenario is not one. */
  readonly problems: readonly ScenarioProblem[];
}

export interface BuildOptions {
  /** Let every fallible place fail once, in some schedule. */
  readonly injectFailures?: boolean | readonly string[];
}

const DRIVERS: Readonly<Record<string, Readonly<Record<string, Value>>>> = {
  nic: {},
  vfio: { managed_dma: true, is_vfio: true },
  stub: { managed_dma: true },
  portdrv: { managed_dma: true },
};

/** Procedures of an era with one of its variants in place. */
export function proceduresOf(era: Era, variant: string | null): { procedures: Map<string, Procedure>; change: EraVariant | null } {
  const change = variant === null ? null : (era.variants[variant] ?? null);
  const list = change === null ? era.procedures : override(era.procedures, change.procedures);
  return { procedures: new Map(list.map((item) => [item.name, item])), change };
}

/** The procedure behind a step's action in an era: a neutral action, or a function by its name. */
export function procedureFor(era: Era, procedures: ReadonlyMap<string, Procedure>, action: string): string | null {
  const name = era.forms?.[action]?.procedure ?? era.actions[action] ?? action;
  return procedures.has(name) ? name : null;
}

/** The ioctl of the kernel's own tests, an operation in its structure. */
const TEST_COMMAND = 'IOMMU_TEST_CMD';

/** A step's call with its arguments in place, or what is wrong with them. An ioctl is written `ioctl(fd, COMMAND, ...)` too. */
function bindStep(scenario: Scenario, era: Era, procedures: ReadonlyMap<string, Procedure>, step: Step): Binding {
  const devices = new Set(scenario.world.devices.map((device) => device.name));
  const world = {
    names: namesOf(scenario.world, scenario.threads),
    handles: handlesOf(scenario),
    lives: new Set([...devices, ...[...devices].map((name) => `group_${name}`), ...Object.keys(scenario.world.groups)]),
    users: scenario.world.users,
    kinds: kindsOf(scenario.world),
  };
  let { action } = step;
  let args = argsInOrder(step, devices);
  if (action === 'ioctl' && era.forms !== undefined) {
    action = args[1] ?? '';
    if (era.forms[action] === undefined && action !== TEST_COMMAND)
      return { ok: true, call: { procedure: '', values: [], early: '-ENOTTY' } };
    if (args.length === 3 && args[2] === 'NULL') return { ok: true, call: { procedure: '', values: [], early: '-EFAULT' } };
    args = [args[0] ?? '', ...args.slice(2)];
  }
  if (action === TEST_COMMAND && era.forms !== undefined) {
    // The operation is the second argument, or the field `op`; the rest is as in the call of its name.
    const at = args.findIndex((arg) => /^\.?op ?=/u.test(arg) || era.forms?.[arg] !== undefined);
    action = (args[at] ?? '').replace(/^\.?op ?= ?/u, '');
    if (era.forms[action] === undefined) return { ok: true, call: { procedure: '', values: [], early: '-EOPNOTSUPP' } };
    args = args.filter((_, index) => index !== at);
  }
  const target = procedures.get(procedureFor(era, procedures, action) ?? '');
  if (target === undefined) return { ok: false, message: `${era.id} has no call '${action}'${nearest(action, callsOf(era))}` };
  return bindCall(era.forms?.[action] ?? form(target.name, target.parameters), target, args, world);
}

const handlesOf = (scenario: Scenario): Set<string> =>
  new Set(scenario.threads.flatMap((thread) => thread.steps.flatMap((step) => step.handle ?? [])));

/** The call of a step that an era does not have, or null. */
function missingCall(era: Era, procedures: ReadonlyMap<string, Procedure>, step: Step): string | null {
  if ((step.action === 'ioctl' || step.action === TEST_COMMAND) && era.forms !== undefined) return null;
  return procedureFor(era, procedures, step.action) === null ? step.action : null;
}

/** What a user can call in an era, by name. */
export function callsOf(era: Era): string[] {
  return [...new Set([...Object.keys(era.actions), ...Object.keys(era.forms ?? {}), ...era.procedures.map((item) => item.name)])];
}

/** Steps of a scenario whose call, or whose arguments, an era does not have; on their lines. */
export function callErrors(scenario: Scenario, era: Era): ScenarioProblem[] {
  if (scenario.variant !== null && era.variants[scenario.variant] === undefined) {
    const message = `${era.id} has no variant '${scenario.variant}'${nearest(scenario.variant, Object.keys(era.variants))}`;
    return [{ line: 1, message }];
  }
  const { procedures } = proceduresOf(era, scenario.variant);
  return scenario.threads.flatMap((thread) =>
    thread.steps.flatMap((step) => {
      const bound = bindStep(scenario, era, procedures, step);
      return bound.ok ? [] : [{ line: step.line, message: `${step.text}: ${bound.message}` }];
    }),
  );
}

/** Whether an era can run a scenario: it has all its calls, and its variant. */
export function eraHasCalls(era: Era, scenario: Scenario): boolean {
  if (scenario.variant !== null && era.variants[scenario.variant] === undefined) return false;
  const { procedures } = proceduresOf(era, scenario.variant);
  return scenario.threads.every((thread) => thread.steps.every((step) => missingCall(era, procedures, step) === null));
}

/** Bridges before what is below them; otherwise as written. */
function bridgesFirst(devices: readonly DeviceSpec[]): DeviceSpec[] {
  const depth = (device: DeviceSpec): number => {
    let levels = 0;
    for (let at: DeviceSpec | undefined = device; at !== undefined && at.under !== null && levels <= devices.length; levels++) {
      const under: string = at.under;
      at = devices.find((other) => other.name === under);
    }
    return levels;
  };
  return [...devices].sort((a, b) => depth(a) - depth(b));
}

function initialCells(scenario: Scenario, era: Era, change: EraVariant | null): [string, string, Value][] {
  const { world } = scenario;
  const cells: [string, string, Value][] = [
    ['world', 'all_devices', world.devices.map((device) => device.name)],
    ['world', 'mms', Object.keys(world.mms)],
    ['world', 'users', world.users],
    ['world', 'def_domain_type', 'DMA'],
    ['world', 'firmware_fields', [...new Set([...world.devices.flatMap((device) => Object.keys(device.cells)), 'group_name'])].sort()],
  ];
  for (const [key, value] of Object.entries({ ...era.switches, ...change?.switches, ...world.options })) cells.push(['world', key, value]);
  for (const device of world.devices) for (const [key, value] of Object.entries(device.cells)) cells.push([device.name, key, value]);
  for (const [group, members] of Object.entries(world.groups)) for (const dev of members) cells.push([dev, 'group_name', group]);
  for (const [driver, own] of Object.entries({ ...DRIVERS, ...world.drivers })) {
    const builtIn = DRIVERS[driver] ?? {};
    for (const [key, value] of Object.entries({ ...builtIn, ...own })) cells.push([driver, key, value]);
  }
  for (const [mm, own] of Object.entries(world.mms)) {
    cells.push([mm, 'count', 1]);
    for (const [key, value] of Object.entries(own)) cells.push([mm, key, value]);
  }
  return cells;
}

/** A thread called `boot` that brings up the world: the bus scan, the drivers that are bound at first, the other holders. */
function bootProcedure(scenario: Scenario): Procedure {
  const { world } = scenario;
  const order = bridgesFirst(world.devices)
    .filter((device) => !device.absent)
    .map((device) => device.name);
  return procedure('boot', [], 'boot', [
    call('bus_iommu_probe', [() => order], 'ignored'),
    ...Object.entries(world.bound).flatMap(([dev, drv]) => [
      call('driver_attach', [() => dev, () => drv], 'ret'),
      when(failed('ret'), [
        act('check', 'bind at boot', (c) => c.violate('world', `bind(${dev}, ${drv}) fails at boot with ${String(c.v('ret'))}`)),
      ]),
    ]),
    ...world.held.map((group) => call('group_hold', [() => group])),
    give(null),
  ]);
}

/** C's order of arguments: an attach or detach that names the device first is turned round. */
function argsInOrder(step: Step, devices: ReadonlySet<string>): readonly string[] {
  const [first = '', second] = step.args;
  const turn = (step.action === 'attach' || step.action === 'detach') && second !== undefined && devices.has(first);
  return turn ? [second, first] : step.args;
}

/** Whether a procedure looks at the world before its first step: then its caller's step has to be one that others can precede. */
function looksFirst(procedures: ReadonlyMap<string, Procedure>, name: string): boolean {
  const seen = new Set<string>();
  for (let at = procedures.get(name); at !== undefined && at.flat === undefined && !seen.has(at.name);) {
    seen.add(at.name);
    const [first] = at.body;
    if (first === undefined || first.op === 'act' || first.op === 'lock' || first.op === 'unlock' || first.op === 'wait') return false;
    if (first.op !== 'call') return true;
    at = procedures.get(first.procedure);
  }
  return false;
}

function stepStatements(scenario: Scenario, step: Step, bound: BoundCall, alone: boolean, looks: boolean): Statement[] {
  const args = argsInOrder(step, new Set(scenario.world.devices.map((device) => device.name)));
  const uses = USES[bound.procedure] ?? 0;
  const before = scenario.order.filter(([, second]) => second === step.label).map(([first]) => first);
  const statements: Statement[] = [];
  if (before.length > 0) {
    statements.push(
      wait(
        `${before.join(', ')} over`,
        (c) => before.every((label) => c.get(label, 'ret') !== null),
        () => before.map((label) => label.slice(0, label.indexOf('.'))),
      ),
    );
  }
  statements.push(
    note((c) => {
      c.set(step.label, 'started', true);
      if (step.fail !== null) c.set(`thread ${c.threadName}`, 'fail', step.fail);
      if (uses > 0) countUses(c, currentLife(c, args[0] ?? ''), 1);
      if (alone) rememberBefore(c, step, args);
    }),
    ...(looks ? [act('read', `into ${bound.procedure}`, () => undefined)] : []),
    ...(bound.early === null
      ? [call(bound.procedure, bound.values, 'ret')]
      : [act('check', 'the command is well formed?', (c) => c.put('ret', bound.early))]),
    note((c) => {
      const ret = c.v('ret');
      putTaken(c);
      const done = ret === null || ret === 0;
      if (uses > 0 ? !done : uses < 0) countUses(c, currentLife(c, args[0] ?? ''), -1);
      c.set(step.label, 'ret', ret === null ? '0' : String(ret));
      if (step.handle !== null) c.set('handles', step.handle, ret);
      if (step.fail !== null) {
        // A plan is used up by the place that fails: one that is left was never reached.
        c.set(step.label, 'failed', c.peek(`thread ${c.threadName}`, 'fail') === null);
        c.set(`thread ${c.threadName}`, 'fail', null);
      }
      afterCall(c, step.text);
      if (!alone) return;
      c.set(`thread ${c.threadName}`, 'ret', ret === null ? '0' : String(ret));
      checkCall(c, invariants);
    }),
  );
  return statements;
}

/** Calls by which a scenario does what a driver does when it comes and goes. */
const USES: Readonly<Record<string, number>> = { iommu_device_use_default_domain: 1, iommu_device_unuse_default_domain: -1 };

/** How often a scenario itself uses the default domain of a device, for the invariant that counts owners. */
function countUses(c: Cpu, dev: string, by: number): void {
  const now = Math.max(0, c.count(dev, 'own_uses') + by);
  if (typeof c.peek(dev, 'group') === 'string') c.set(dev, 'own_uses', now);
}

/** What invariants over a whole call need to know of its beginning. */
function rememberBefore(c: Cpu, step: Step, args: readonly string[]): void {
  const place = `thread ${c.threadName}`;
  c.set(place, 'action', step.action);
  c.set(place, 'args', args);
  c.set(place, 'ret', null);
  const groups = c.peek('world', 'groups');
  const all = typeof groups === 'object' && groups !== null ? groups : [];
  const named = args.map((arg) => currentLife(c, arg));
  const group = named.map((arg) => (all.includes(arg) ? arg : c.peek(arg, 'group'))).find((found) => typeof found === 'string');
  c.set(
    place,
    'before strays',
    all.flatMap((name) => strayMembers(c, name)),
  );
  c.set(place, 'before default_domain', null);
  c.set(place, 'before private', null);
  if (typeof group !== 'string') return;
  const domain = c.peek(group, 'domain');
  const core = domain === null || domain === c.peek(group, 'default_domain') || domain === c.peek(group, 'blocking_domain');
  c.set(place, 'before default_domain', c.peek(group, 'default_domain'));
  c.set(place, 'before private', !core);
}

/** Builds the program of a scenario in an era. The era must have its calls (`eraHasCalls`). */
export function buildScenario(scenario: Scenario, era: Era, options: BuildOptions = {}): Built {
  const { procedures, change } = proceduresOf(era, scenario.variant);
  const names = new Names();
  const freeable = new Set(scenario.world.devices.map((device) => device.name));
  const monitor = monitorOf(invariants);
  const asked = options.injectFailures ?? false;
  const inject: Value = asked === false ? (scenario.world.options['inject_failures'] ?? null) : asked === true ? true : [...asked];
  const boot = new Machine(
    {
      procedures,
      threads: [{ name: 'boot', main: bootProcedure(scenario) }],
      initial: initialCells(scenario, era, change),
      freeable,
      monitor,
    },
    names,
  );
  const problems: ScenarioProblem[] = [];
  let state: MachineState = boot.initial();
  while (boot.enabled(0, state).status === 'ready') {
    const applied = boot.apply(0, state, 0);
    for (const violation of applied.violations)
      problems.push({ line: 1, message: `before the first step: ${violation.id}: ${violation.message}` });
    state = applied.state;
    if (applied.fatal) break;
  }
  for (const [group, members] of Object.entries(scenario.world.groups)) {
    const there = members.filter((dev) => boot.read(state, dev, 'present') === true && boot.read(state, dev, 'firmware_late') !== true);
    const got = there.map((dev) => boot.read(state, dev, 'group'));
    if (got.some((name) => name !== group)) {
      problems.push({
        line: 1,
        message: `the topology does not give group ${group} = [${members.join(', ')}]: ${there.map((dev, at) => `${dev} is in ${String(got[at])}`).join(', ')}`,
      });
    }
  }
  const alone = scenario.threads.length === 1;
  const statements = (step: Step): Statement[] => {
    const bound = bindStep(scenario, era, procedures, step);
    if (bound.ok) {
      const others = scenario.threads.flatMap((thread) =>
        thread.steps.includes(step) ? [] : thread.steps.flatMap((other) => other.handle ?? []),
      );
      const shares = step.args.some((arg) => others.some((handle) => new RegExp(`\\b${handle}\\b`, 'u').test(arg)));
      const looks = bound.call.early === null && (shares || looksFirst(procedures, bound.call.procedure));
      return stepStatements(scenario, step, bound.call, alone, looks);
    }
    problems.push({ line: step.line, message: `${step.text}: ${bound.message}` });
    return [];
  };
  const threads = scenario.threads.map(({ name, steps }) => ({
    name,
    main: procedure(`thread ${name}`, [], 'scenario', [
      ...(inject === null ? [] : [note((c) => c.set('world', 'inject', inject))]),
      ...steps.flatMap(statements),
    ]),
  }));
  const start = state;
  const machine = new Machine({ procedures, threads, initial: [], freeable, monitor }, names, start);
  return { machine, problems };
}
