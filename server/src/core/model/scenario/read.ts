// Reads a scenario from YAML 1.2 (core schema). Duplicate keys, anchors, aliases and tags are refused. Every problem names its line.
// With yamlReader.ts, this is the only place of the model that knows YAML.

import { isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Node, YAMLMap } from 'yaml';
import { nearest } from '../../base/nearest.ts';
import { eraIds } from '../../kernel/eras.ts';
import { errnos } from '../../kernel/errnos.ts';
import type { Value } from '../machine/names.ts';
import type { Expected, PerEra, Scenario, ScenarioProblem, Step, World } from './scenario.ts';
import { callWords, parseArgument } from './arguments.ts';
import { checkBounds, readBounds } from './bounds.ts';
import { namesOf } from './names.ts';
import { readWorld } from './readWorld.ts';
import { Reader, nestingOf, shown } from './yamlReader.ts';

const COMMAND = /^[A-Z][A-Z0-9_]{0,47}$/;

export type ReadResult =
  { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problems: readonly ScenarioProblem[] };

const MAX_TEXT = 65_536;
const MAX_NESTING = 24;
const CALL = /^(?:([A-Za-z_]\w{0,31}) = )?([A-Za-z_]\w{0,63})\(([^()]{0,400})\)$/;
const TOP_KEYS = new Set(['id', 'title', 'eras', 'variant', 'sources', 'bounds', 'world', 'threads', 'order', 'end', 'violates']);

/** Reads one scenario. Never throws; a file that is not a scenario gives its problems, each with its line. */
export function readScenario(text: string): ReadResult {
  const fail = (line: number, message: string): ReadResult => ({ ok: false, problems: [{ line, message }] });
  if (text.length > MAX_TEXT) return fail(1, `longer than ${MAX_TEXT} characters`);
  if (nestingOf(text) > MAX_NESTING) return fail(1, `nested deeper than ${MAX_NESTING}`);
  const reader = new Reader(text);
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    strict: true,
    merge: false,
    prettyErrors: false,
  });
  for (const error of [...document.errors, ...document.warnings]) {
    const message = error.code === 'DUPLICATE_KEY' ? 'a key stands twice' : error.message.split('\n')[0];
    reader.problems.push({ line: reader.lineAt(error.pos[0]), message: shown(message ?? 'not YAML') });
  }
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) reader.problem(node, 'aliases are not allowed');
      else if ('anchor' in node && node.anchor !== undefined) reader.problem(node, 'anchors are not allowed');
      if (node.tag !== undefined) reader.problem(node, 'tags are not allowed');
    },
  });
  if (reader.problems.length > 0) return { ok: false, problems: reader.problems };
  if (!isMap(document.contents)) return fail(1, 'a scenario is a map with id, world and threads');
  const scenario = readTop(reader, document.contents as YAMLMap);
  return reader.problems.length > 0 ? { ok: false, problems: byLine(reader.problems) } : { ok: true, scenario };
}

const byLine = (problems: ScenarioProblem[]): ScenarioProblem[] => problems.sort((a, b) => a.line - b.line);

function readTop(reader: Reader, top: YAMLMap): Scenario {
  const fields = new Map<string, Node | null>();
  for (const [key, value, node] of reader.map(top, 'scenario')) {
    if (!TOP_KEYS.has(key)) reader.unknown(node, 'key', key, [...TOP_KEYS]);
    fields.set(key, value);
  }
  for (const needed of ['id', 'title', 'world', 'threads']) if (!fields.has(needed)) reader.problem(top, `'${needed}' is missing`);
  const world = readWorld(reader, fields.get('world') ?? null);
  const threads = readThreads(reader, fields.get('threads') ?? null);
  checkNames(reader, world, threads);
  checkBounds(reader, readBounds(reader, fields.get('bounds') ?? null), world, threads, top);
  const labels = new Set(threads.flatMap((thread) => thread.steps.map((step) => step.label)));
  return {
    id: fields.has('id') ? reader.text(fields.get('id'), 'id') : '',
    title: fields.has('title') ? reader.text(fields.get('title'), 'title') : '',
    eras: fields.has('eras')
      ? reader.seq(fields.get('eras'), 'eras').map((node) => knownEra(reader, reader.text(node, 'era'), node))
      : null,
    variant: fields.has('variant') ? reader.text(fields.get('variant'), 'variant') : null,
    sources: reader.texts(fields.get('sources'), 'sources'),
    world,
    threads,
    order: reader.seq(fields.get('order'), 'order').flatMap((node) => readOrder(reader, node, labels)),
    end: readEnd(reader, fields.get('end') ?? null),
    violates: readViolates(reader, fields.get('violates') ?? null),
  };
}

function readThreads(reader: Reader, node: Node | null): { name: string; steps: Step[] }[] {
  const threads = reader.map(node, 'threads').map(([name, list, place]) => {
    reader.name(name, place, 'thread');
    const steps = reader.seq(list, `thread ${name}`).flatMap((item, index) => {
      const step = readStep(reader, item, `${name}.${index + 1}`);
      return step === null ? [] : [step];
    });
    return { name, steps };
  });
  if (node !== null && threads.length === 0) reader.problem(node, 'there is no thread');
  return threads;
}

function readStep(reader: Reader, node: Node, label: string): Step | null {
  if (isScalar(node)) return readCall(reader, node, label, String(node.value), null, null);
  const entries = reader.map(node, 'a step');
  const long = entries.find(([key]) => key === 'call');
  if (long === undefined) {
    const [first, ...rest] = entries;
    if (first === undefined) return null;
    for (const [key, , at] of rest) reader.problem(at, `'${shown(key)}': a step has one call, or the keys call, returns and fail`);
    return readCall(reader, first[2], label, first[0], { default: readExpected(reader, first[1]) }, null);
  }
  let returns: PerEra<Expected> | null = null;
  let fail: string | null = null;
  for (const [key, value, at] of entries) {
    if (key === 'returns') {
      returns = isMap(value)
        ? Object.fromEntries(
            reader.map(value, 'returns').map(([era, expected, at]) => [knownEra(reader, era, at), readExpected(reader, expected)]),
          )
        : { default: readExpected(reader, value) };
    } else if (key === 'fail') fail = readFail(reader, value);
    else if (key !== 'call') reader.unknown(at, 'key', key, ['call', 'returns', 'fail'], ' of a step');
  }
  return readCall(reader, long[1] ?? long[2], label, reader.text(long[1], 'call'), returns, fail);
}

const FAIL = /^[a-z_]{1,24}(?:\([\w-]{1,32}\))?(?: [a-z-]{1,24})?$/;

function readFail(reader: Reader, node: Node | null): string {
  const text = reader.text(node, 'fail');
  if (!FAIL.test(text)) reader.problem(node, `'${shown(text)}': a failure looks like attach(B) after-detach`);
  return text;
}

function readExpected(reader: Reader, node: Node | null): Expected {
  const results = isSeq(node) ? reader.texts(node, 'result') : [String(reader.scalar(node, 'result') ?? 'NULL')];
  for (const result of results) {
    const codes = Object.keys(errnos).map((name) => `-${name}`);
    if (result.startsWith('-') && !codes.includes(result)) {
      reader.problem(node, `there is no error code ${shown(result)}${nearest(result, codes)}`);
    } else if (codes.includes(`-${result}`)) reader.problem(node, `an error code is written -${result}`);
  }
  return results;
}

function readCall(
  reader: Reader,
  node: Node,
  label: string,
  text: string,
  returns: PerEra<Expected> | null,
  fail: string | null,
): Step | null {
  const parts = CALL.exec(text.trim());
  if (parts === null) {
    reader.problem(node, `'${shown(text)}' is not a call: write it as in C, name(arguments)`);
    return null;
  }
  const list = (parts[3] ?? '').trim();
  return {
    label,
    line: reader.lineOf(node),
    text: text.trim(),
    action: parts[2] ?? '',
    args: list === '' ? [] : list.split(',').map((arg) => arg.trim()),
    handle: parts[1] ?? null,
    returns,
    fail,
  };
}

const ORDER = /^([A-Za-z_]\w{0,31}\.\d{1,3}) ?< ?([A-Za-z_]\w{0,31}\.\d{1,3})$/;

function readOrder(reader: Reader, node: Node, labels: ReadonlySet<string>): (readonly [string, string])[] {
  const parts = ORDER.exec(reader.text(node, 'order').trim());
  if (parts === null) {
    reader.problem(node, 'an order looks like T1.1 < T2.1');
    return [];
  }
  const [, first = '', second = ''] = parts;
  for (const label of [first, second]) if (!labels.has(label)) reader.problem(node, `there is no step ${label}`);
  return [[first, second]];
}

/** The key of a table by era: an era that there is, in the model or not yet, or `default`. */
function knownEra(reader: Reader, era: string, node: Node): string {
  const known: readonly string[] = ['default', ...eraIds];
  if (!known.includes(era)) reader.unknown(node, 'era', era, known);
  return era;
}

/** `end` is one table for all eras, or a table by era whose values are tables. */
function readEnd(reader: Reader, node: Node | null): PerEra<readonly { path: string; value: Value }[]> {
  const entries = reader.map(node, 'end');
  const table = (pairs: [string, Node | null, Node][]): { path: string; value: Value }[] =>
    pairs.map(([path, value]) => ({ path, value: value === null ? null : reader.value(value, path) }));
  const byEra = entries.filter(([, value]) => isMap(value));
  if (byEra.length === 0) return { default: table(entries) };
  const shared = table(entries.filter(([, value]) => !isMap(value)));
  const result: Record<string, { path: string; value: Value }[]> = { default: shared };
  for (const [era, value, at] of byEra) result[knownEra(reader, era, at)] = [...shared, ...table(reader.map(value, 'end'))];
  return result;
}

function readViolates(reader: Reader, node: Node | null): PerEra<readonly string[]> {
  if (node === null) return { default: [] };
  if (isSeq(node)) return { default: reader.texts(node, 'violates') };
  const result: Record<string, readonly string[]> = { default: [] };
  for (const [era, list, at] of reader.map(node, 'violates')) result[knownEra(reader, era, at)] = reader.texts(list, 'violates');
  return result;
}

function checkNames(reader: Reader, world: World, threads: readonly { name: string; steps: Step[] }[]): void {
  const known = namesOf(world, threads);
  for (const { steps } of threads) {
    for (const step of steps) {
      for (const arg of step.args) {
        // What is written to a sysfs file is any text, and an unknown command of an ioctl is a case of its own.
        if (step.action === 'write_type' || (step.action === 'ioctl' && COMMAND.test(arg))) continue;
        if (parseArgument(arg, known) !== null) continue;
        const message = `'${shown(arg)}' is no device, group, driver, user, mm or result of this scenario, and no number or word of the calls${nearest(arg.replace(/^\.?[A-Za-z_]\w* ?= ?/u, ''), [...known, ...callWords])}`;
        reader.problems.push({ line: step.line, message });
      }
    }
  }
}
