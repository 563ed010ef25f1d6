// Calls: code of our own, locks, built-in functions, rows of the binding, contracts; what is left is an unknown with its place.

import { lockOperation } from '../../kernel/locks.ts';
import { everything } from '../../flow/intervals.ts';
import type { Expr } from '../../flow/ir.ts';
import { printExpr } from '../../flow/print.ts';
import type { Act } from '../../model/machine/code.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { failsHere, fallible } from '../../model/calls/terms.ts';
import { allocate, allocatedStruct, codeMemory, free, isAllocation, isFree } from '../primitives/allocation.ts';
import { effectOf, isSilent } from '../primitives/effects.ts';
import { HANDED_ON } from '../lost.ts';
import type { FunctionRow } from '../types.ts';
import { isFunction, isNothing, isPart, isSymbol } from '../values.ts';
import { store } from './assign.ts';
import type { Emitter } from './emitter.ts';
import { compileValue, isShared, type Evaluate } from './expressions.ts';
import { compileLock } from './locks.ts';
import { codeName } from './names.ts';
import { finish, type Call, type Site } from './site.ts';

export function compileCall(emitter: Emitter, call: Call): void {
  const { scope } = emitter;
  const text = `${printExpr(call.callee)}(${call.args.map(printExpr).join(', ')})`;
  const name = call.name ?? (call.callee.kind === 'field' ? call.callee.name : '');
  if (call.name !== null) {
    const site = (): Site => ({ emitter, call, name, text, args: readArguments(emitter, call.args, text) });
    compileDirect(site, call, call.name, emitter);
    return;
  }
  const row = scope.env.binding.functions.get(name);
  if (row !== undefined && name !== '') {
    const [pointer, ...args] = readArguments(emitter, [call.callee, ...call.args], text);
    // An operation that the driver does not have: the row speaks for those that are there.
    emitter.note((c) => {
      if (isNothing(pointer?.(c) ?? null)) c.crash('panic', `call of a NULL pointer: ${text}`);
    });
    compileRow({ emitter, call, name, text, args }, row);
    return;
  }
  compileIndirect({ emitter, call, name, text, args: readArguments(emitter, call.args, text) });
}

/** The arguments as functions of the state. Those in shared memory are read together, in one step before the call. */
function readArguments(emitter: Emitter, args: readonly Expr[], text: string): Evaluate[] {
  const { scope } = emitter;
  const loads: { into: string; value: Evaluate }[] = [];
  const found = args.map((arg): Evaluate => {
    const value = compileValue(scope, arg);
    if (!isShared(scope, arg)) return value;
    const into = scope.temporary('a');
    loads.push({ into, value });
    return (c) => scope.env.unknowns.resolve(c, c.v(into));
  });
  emitter.load(loads, 'read', `arguments of ${text}`);
  return found;
}

function compileDirect(site: () => Site, call: Call, name: string, emitter: Emitter): void {
  const { scope } = emitter;
  const { binding, options } = scope.env;
  const mustRun = options.functions.has(name);
  if (mustRun) {
    compileCode(site(), name);
    return;
  }
  const operation = lockOperation(name);
  if (operation !== null) {
    compileLock(site(), operation);
    return;
  }
  const row = binding.functions.get(name);
  if (row !== undefined) {
    compileRow(site(), row);
    return;
  }
  if (isAllocation(name)) {
    compileAllocation(site());
    return;
  }
  if (isFree(name)) {
    const { args, text } = site();
    step(emitter, 'free', text, (c) => {
      free(scope, c, args[0]?.(c) ?? null, text);
    });
    return;
  }
  if (isSilent(name)) {
    // What a message prints is not read: a log line takes no step.
    finish({ emitter, call, name, text: name, args: [] }, () => null);
    return;
  }
  const effect = effectOf(name);
  if (effect !== null) {
    const one = site();
    compileValueCall(one, effect.kind, (c, args) => effect.run(scope, c, args, one.text));
    return;
  }
  const standIn = binding.standIns?.get(name);
  if (scope.env.isCode(name, scope.source.file, scope.depth)) compileCode(site(), name);
  else if (standIn !== undefined) compileRow(site(), standIn);
  else compileUnseen(site(), name);
}

function step(emitter: Emitter, kind: Act['kind'], label: string, run: (c: Cpu) => void): void {
  emitter.act(kind, label, run);
}

function compileCode(site: Site, name: string): void {
  const { emitter, call } = site;
  const into = call.result === null ? null : emitter.scope.temporary('r');
  emitter.call(codeName(name), site.args, into);
  if (into !== null) finish(site, (c) => c.v(into));
}

function compileValueCall(site: Site, kind: Act['kind'] | null, value: (c: Cpu, args: readonly Value[]) => Value): void {
  const { emitter, call, args, text } = site;
  const into = call.result === null ? null : emitter.scope.temporary('r');
  const run = (c: Cpu): void => {
    const result = value(
      c,
      args.map((arg) => arg(c)),
    );
    if (into !== null) c.put(into, result);
  };
  if (kind === null) emitter.note(run);
  else emitter.act(kind, text, run);
  if (into !== null) finish(site, (c) => c.v(into));
}

function compileRow(site: Site, row: FunctionRow): void {
  const { emitter, call, args } = site;
  switch (row.how) {
    case 'model': {
      const values = (c: Cpu): Value[] => args.map((arg) => arg(c));
      const into = call.result === null && row.result === undefined ? null : emitter.scope.temporary('r');
      const given = row.args.map((one): Evaluate => (typeof one === 'number' ? (args[one] ?? (() => null)) : (c) => one(c, values(c))));
      warnOfOpen(site, given);
      emitter.call(row.procedure, given, into);
      const { result } = row;
      if (into !== null) finish(site, result === undefined ? (c) => c.v(into) : (c) => result(c.v(into), values(c)));
      return;
    }
    case 'value':
      compileValueCall(site, row.kind, (c, values) => row.value(c, values, codeMemory(emitter.scope, c, site.text)));
      return;
    case 'choice':
      compileChoice(site, row.results, row.fails, row.why, null);
      return;
    case 'each':
      compileEach(site, row);
      return;
    case 'nothing':
      emitter.note((c) => {
        handOn(c, args);
      });
      finish(site, () => row.result ?? null);
  }
}

/** Memory that is handed to a function whose doing is not seen may be kept there: it is not lost when nothing else leads to it. */
function handOn(c: Cpu, args: readonly Evaluate[]): void {
  for (const arg of args) {
    const value = arg(c);
    const object = isPart(value) ? value.slice(1, value.includes('.') ? value.indexOf('.') : undefined) : value;
    if (typeof object === 'string' && object.startsWith('mem:') && c.peek(object, 'freed') !== true) c.set(object, HANDED_ON, true);
  }
}

/** Flags and sizes without a number of their own are not meant. */
const isOpen = (value: Value): boolean => isSymbol(value) && !/^\?(?:[A-Z][A-Z0-9_]*|sizeof.*)$/.test(value);

/** The model takes a value that is not known for an object of its own: what follows rests on that. */
function warnOfOpen(site: Site, given: readonly Evaluate[]): void {
  const { emitter, text } = site;
  const { ledger } = emitter.scope.env;
  const range = emitter.here;
  emitter.note((c) => {
    if (given.some((value) => isOpen(value(c)))) ledger.assume(c, 'value', `${text} is called with a value that is not known`, range);
  });
}

/** A call that comes back with one of several results; its failures are injected, once in a schedule. */
function compileChoice(site: Site, results: readonly Value[], fails: readonly Value[], why: string, contract: string | null): void {
  const { emitter, name, text, call } = site;
  const { ledger } = emitter.scope.env;
  const range = emitter.here;
  const into = emitter.scope.temporary('r');
  const come = (c: Cpu, result: Value, failed: boolean): void => {
    c.put(into, result);
    if (!failed) handOn(c, site.args);
    if (contract !== null) ledger.assume(c, 'contract', contract, range);
  };
  const words = fails.map((value) => String(value ?? 0));
  if (results.length > 1) {
    const texts = results.map((value) => String(value ?? 0));
    emitter.act(
      'callback',
      `${text}: ${why}`,
      (c) => {
        const failure = words.indexOf(c.choice);
        if (failure >= 0) c.set('world', 'inject', false);
        come(c, (failure >= 0 ? fails[failure] : results[Math.max(0, texts.indexOf(c.choice))]) ?? null, failure >= 0);
      },
      (c) => (failsHere(c, name) ? [...texts, ...words] : texts),
    );
  } else if (fails.length === 0) {
    emitter.act('callback', text, (c) => {
      come(c, results[0] ?? null, false);
    });
  } else {
    const fail = fallible(
      'callback',
      text,
      name,
      () => name,
      words,
      (c, how) => {
        come(c, how === null ? (results[0] ?? null) : (fails[Math.max(0, words.indexOf(how))] ?? null), how !== null);
      },
    );
    if (fail.op === 'act') emitter.act('callback', text, fail.run, fail.choices);
  }
  if (call.result !== null) finish(site, (c) => c.v(into));
}

function compileAllocation(site: Site): void {
  const { emitter, call, name, text } = site;
  const { scope } = emitter;
  const into = scope.temporary('r');
  const struct = allocatedStruct(scope, call.args, resultTarget(site));
  const fail = fallible(
    'callback',
    text,
    name,
    () => struct,
    ['fails'],
    (c, how) => {
      c.put(into, how === null ? allocate(scope, c, struct) : null);
    },
  );
  if (fail.op === 'act') emitter.act('callback', text, fail.run, fail.choices);
  finish(site, (c) => c.v(into));
}

/** The variable that a call's result is assigned to right away, for its type. */
function resultTarget(site: Site): Expr | null {
  const { call, emitter } = site;
  for (const block of emitter.scope.source.ir.blocks) {
    const place = block.instructions.indexOf(call);
    if (place < 0) continue;
    const next = block.instructions[place + 1];
    return next?.op === 'assign' ? next.target : null;
  }
  return null;
}

/** Neither code nor row nor contract: the result is open, and what the function does is not seen. */
function compileUnseen(site: Site, name: string): void {
  const { emitter, text, call } = site;
  const { options, ledger, unknowns } = emitter.scope.env;
  const contract = options.contract?.(name) ?? null;
  if (contract !== null) {
    compileChoice(site, contract.results, contract.fails, contract.why, `${name}: ${contract.why}`);
    return;
  }
  const range = emitter.here;
  const why = `${name}() is not known: its result is open, and what it does is not seen`;
  const into = emitter.scope.temporary('r');
  emitter.note((c) => {
    ledger.assume(c, 'callee', why, range);
    if (call.result === null) return;
    const place = `thread ${c.threadName}`;
    const number = c.count(place, `asked_${name}`) + 1;
    c.set(place, `asked_${name}`, number);
    const symbol = `?${name}${number}@${c.threadName}`;
    unknowns.limit(c, symbol, everything);
    c.put(into, symbol);
  });
  if (call.result !== null)
    store(emitter, { kind: 'variable', variable: call.result, start: call.span.start, end: call.span.end }, (c) => c.v(into), text);
}

/** A call through a pointer: to code of our own where the pointer leads there. */
function compileIndirect(site: Site): void {
  const { emitter, call, text, args } = site;
  const { scope } = emitter;
  const target = scope.temporary('f');
  const value = compileValue(scope, call.callee);
  if (isShared(scope, call.callee)) emitter.load([{ into: target, value }], 'read', `${text}: which function`);
  else emitter.put(target, value);
  const into = call.result === null ? null : scope.temporary('r');
  callThrough(site, target, args, into, text);
  if (into !== null) finish(site, (c) => c.v(into));
}

/** Calls the function that a local names. One without code: its result is open, and what it does is not seen. */
function callThrough(site: Site, target: string, args: readonly Evaluate[], into: string | null, text: string): void {
  const { emitter, call } = site;
  const { scope } = emitter;
  const { ledger, unknowns } = scope.env;
  const [unseen, end] = [emitter.label(), emitter.label()];
  const range = emitter.here;
  emitter.branch((c) => {
    const pointer = unknowns.resolve(c, c.v(target));
    if (isNothing(pointer)) c.crash('panic', `call of a NULL pointer: ${text}`);
    return isFunction(pointer) && scope.env.isCallable(pointer.slice(3), scope.source.file, scope.depth);
  }, unseen);
  emitter.call((c) => codeName(String(unknowns.resolve(c, c.v(target))).slice(3)), args, into);
  emitter.jump(end);
  emitter.place(unseen);
  emitter.note((c) => {
    const pointer = c.v(target);
    const who = isSymbol(pointer) ? 'a function that is not known' : String(pointer);
    ledger.assume(c, 'callee', `${text} calls ${who}: its result is open, and what it does is not seen`, range);
    if (into !== null) c.put(into, `?${printExpr(call.callee)}@${String(call.span.start)}`);
  });
  emitter.place(end);
}

/** bus_for_each_dev() and its kin: the callback for each item, until one gives something other than 0. */
function compileEach(site: Site, row: Extract<FunctionRow, { how: 'each' }>): void {
  const { emitter, args, text } = site;
  const { scope } = emitter;
  const { unknowns, ledger } = scope.env;
  const [list, at, target, into] = ['list', 'at', 'f', 'r'].map((prefix) => scope.temporary(prefix)) as [string, string, string, string];
  const values = (c: Cpu): Value[] => args.map((arg) => arg(c));
  const [next, end] = [emitter.label(), emitter.label()];
  const range = emitter.here;
  const { under } = row;
  if (under !== undefined) emitter.lock((c) => under(c, values(c)));
  emitter.act('list', text, (c) => {
    c.put(
      list,
      row.items(c, values(c)).map((item) => String(item ?? 0)),
    );
    c.put(at, null);
    c.put(target, values(c)[row.callback] ?? null);
    c.put(into, null);
  });
  emitter.place(next);
  emitter.branch((c) => c.number(at) < c.listOf(list).length, end);
  const passed = Array.from({ length: row.count }, (_, index): Evaluate => (c) => {
    return row.pass(c, c.listOf(list)[c.number(at)] ?? null, values(c))[index] ?? null;
  });
  callThrough(site, target, passed, into, text);
  emitter.put(at, (c) => c.number(at) + 1);
  emitter.decide(
    `${text}: goes on`,
    {
      test: (c) => unknowns.compare(c, '==', unknowns.resolve(c, c.v(into)), null),
      assume: (c, outcome) => {
        ledger.assume(c, 'value', `${text}: the callback ${outcome ? 'goes on' : 'stops the walk'}`, range);
        unknowns.assume(c, '==', unknowns.resolve(c, c.v(into)), null, outcome);
      },
    },
    end,
  );
  emitter.jump(next);
  emitter.place(end);
  if (under !== undefined) emitter.unlock((c) => under(c, values(c)));
  finish(site, (c) => c.v(into));
}
