// Printing of summaries: for people as text, for programs and tests as JSON.

import { errnos } from '../kernel/errnos.ts';
import { lockOperation } from '../kernel/locks.ts';
import { isNoReturn, isPure, isSilentCall, isTransparent, isWarning } from '../kernel/primitives.ts';
import { errorOrNull, errorValues, isEverything, nonZero, sameIntervals, validAddresses, type Intervals } from './intervals.ts';
import { printExpr } from './print.ts';
import { plainLockName } from './lock-names.ts';
import type { LockUse } from './lock-uses.ts';
import type { FlowFile, FlowFunction } from './flow-file.ts';
import type { ExitClass, LockEffect, Path } from './summary.ts';

/** One way to come back, in C-like words of the function's own parameters. */
export interface PrintedExit {
  /** `0`, `-EBUSY`, `error`, `not 0`, `any`, or numbers with their ranges; several are joined by `or`. */
  readonly returns: string;
  /** What is returned where that is one thing that the caller can name: `&group->mutex`; else null. */
  readonly value: string | null;
  /** Arguments for which this way is taken: `locked is 0`; empty where they do not tell ways apart. */
  readonly when: readonly string[];
  /** Locks taken and not given back. */
  readonly left: readonly string[];
  /** Locks of the caller's that are given back. */
  readonly released: readonly string[];
  /** Locks whose state is not known behind the call. */
  readonly unknown: readonly string[];
  /** Objects of which functions that were not seen may have taken or given back locks. */
  readonly touched: readonly string[];
}

export interface PrintedSummary {
  readonly function: string;
  /** Where the knowledge comes from; null if nothing is known, for the reason in `unknown`. */
  readonly source: 'code' | 'annotation' | 'contract' | 'name' | null;
  readonly unknown: string | null;
  readonly requires: readonly string[];
  /** Locks taken somewhere inside, by called functions too. */
  readonly takes: readonly string[];
  /** Classes of locks that may be taken inside, whoever has the instance: `iommu_group.mutex`, `demo.lock (shared, tried)`. */
  readonly classes: readonly string[];
  /** Calls through tables of functions that may take more: `iommu_domain_ops.attach_dev`. */
  readonly indirect: readonly string[];
  /** Classes that those, as far as the tree shows what fills the tables, may take in addition: `demo_group.sem by way of soft_attach()`. */
  readonly behind: readonly string[];
  readonly exits: readonly PrintedExit[];
  /** Called functions of which nothing is known, and calls through pointers as written. */
  readonly calleesUnknown: readonly string[];
}

/** The summary of a function of the file, with what it does not know. */
export function describeSummary(file: FlowFile, flow: FlowFunction): PrintedSummary {
  const summary = file.summaryOf(flow.fn.name);
  const parameters = flow.fn.parameters.map((one, index) => one.name ?? `argument ${String(index + 1)}`);
  const place = (path: Path): string => placeText(path, parameters);
  return {
    function: flow.fn.name,
    source: summary?.source ?? null,
    unknown: summary ? null : reasonOf(file, flow),
    requires: summary?.requires.map(place) ?? [],
    takes: summary?.takes.map(place) ?? [],
    classes: [...new Set(summary?.uses.acquires.map((use) => classText(use, parameters)) ?? [])],
    indirect:
      summary?.uses.indirect.map(({ target }) => (target.kind === 'function' ? target.name : `${target.struct}.${target.field}`)) ?? [],
    behind: behindTables(file, flow),
    exits: summary?.exits.map((exit) => describeExit(exit, flow.procedure.returnType, parameters)) ?? [],
    calleesUnknown: unknownCallees(file, flow),
  };
}

/** A summary as lines of text; the last ends in a line feed. */
export function summaryText(summary: PrintedSummary): string {
  const lines = [`${summary.function}(): ${summary.source === null ? `unknown: ${summary.unknown ?? ''}` : `from ${summary.source}`}`];
  const list = (what: string, names: readonly string[]): void => {
    if (names.length > 0) lines.push(`  ${what}: ${names.join(', ')}`);
  };
  list('requires', summary.requires);
  list('takes inside', summary.takes);
  list('classes taken inside', summary.classes);
  list('calls through tables', summary.indirect);
  list('classes taken behind them', summary.behind);
  for (const exit of summary.exits) {
    const effects = (
      [
        ['leaves held', exit.left],
        ['releases', exit.released],
        ['unknown behind it', exit.unknown],
        ['may lock or unlock in', exit.touched],
      ] as const
    ).flatMap(([what, names]) => (names.length > 0 ? [`${what} ${names.join(', ')}`] : []));
    const value = exit.value === null ? '' : ` (${exit.value})`;
    const when = exit.when.length > 0 ? ` when ${exit.when.join(' and ')}` : '';
    lines.push(`  returns ${exit.returns}${value}${when}: ${effects.join('; ') || "the caller's locks as they were"}`);
  }
  if (summary.source !== null && summary.exits.length === 0) lines.push('  does not return');
  list('callees unknown', summary.calleesUnknown);
  return `${lines.join('\n')}\n`;
}

/** What only tables of functions, and functions that are handed on, lead to; each class once. */
function behindTables(file: FlowFile, flow: FlowFunction): string[] {
  const reached = flow.procedure.blocks.flatMap((block) =>
    block.instructions.flatMap((one) => (one.op === 'call' ? file.reachOf(flow, one, true) : [])),
  );
  const sure = new Set(reached.flatMap((one) => (one.isGuess ? [] : [one.name])));
  const found = new Map<string, string>();
  for (const { name, chain, isGuess } of reached)
    if (isGuess && !sure.has(name) && !found.has(name))
      found.set(name, `${plainLockName(name)} by way of ${chain.map((link) => `${link.function}()`).join(', ')}`);
  return [...found.values()];
}

function classText({ lock, mode, irq, isTry }: LockUse, parameters: readonly string[]): string {
  const name = lock.name === null ? `*${parameters[lock.parameter] ?? ''}` : plainLockName(lock.name);
  const words = [mode === 'shared' ? 'shared' : '', irq === 'none' ? '' : irq, isTry ? 'tried' : ''].filter((word) => word !== '');
  return words.length > 0 ? `${name} (${words.join(', ')})` : name;
}

function reasonOf(file: FlowFile, flow: FlowFunction): string {
  const [first] = file.coverage((fn) => fn === flow.fn).flatMap((one) => one.reasons);
  return first ? first.detail : 'not all of its code is visible';
}

function describeExit(exit: ExitClass, returnType: string, parameters: readonly string[]): PrintedExit {
  const locks = (action: LockEffect['action']): string[] =>
    exit.effects.flatMap((effect) => (effect.action === action ? [placeText(effect.lock, parameters)] : []));
  return {
    returns: returnType === 'void' ? 'nothing' : setText(exit.returns),
    value: exit.value && valueText(exit.value, parameters),
    when: exit.parameters.map(({ index, set }) => `${parameters[index] ?? ''} is ${setText(set)}`),
    left: locks('take'),
    released: locks('give'),
    unknown: locks('unknown'),
    touched: exit.touches.map((path) => valueText(path, parameters)),
  };
}

/** Names that neither the tables nor any code speak for, in order of first call, each once. */
function unknownCallees(file: FlowFile, flow: FlowFunction): string[] {
  const found = new Set<string>();
  for (const block of flow.procedure.blocks)
    for (const instruction of block.instructions) {
      if (instruction.op !== 'call') continue;
      if (instruction.name === null) found.add(printExpr(instruction.callee));
      else if (!isOfTables(instruction.name) && !file.summaryOf(instruction.name)) found.add(instruction.name);
    }
  return [...found];
}

function isOfTables(name: string): boolean {
  return lockOperation(name) !== null || isPure(name) || isTransparent(name) || isWarning(name) || isNoReturn(name) || isSilentCall(name);
}

const errnoNames = new Map<number, string>();
for (const [name, value] of Object.entries(errnos)) if (!errnoNames.has(value)) errnoNames.set(value, name);

/** A set of numbers as people say it. */
function setText(set: Intervals): string {
  if (set.length === 0) return 'nothing';
  if (isEverything(set)) return 'any';
  if (sameIntervals(set, nonZero)) return 'not 0';
  if (sameIntervals(set, errorValues)) return 'error';
  if (sameIntervals(set, errorOrNull)) return 'error or 0';
  if (sameIntervals(set, validAddresses)) return 'a valid address';
  const pieces: string[] = [];
  for (let at = 0; at + 1 < set.length; at += 2) {
    const [low, high] = [set[at] ?? 0, set[at + 1] ?? 0];
    if (low === high) pieces.push(numberText(low));
    else if (low === -Infinity) pieces.push(`at most ${numberText(high)}`);
    else pieces.push(high === Infinity ? `at least ${numberText(low)}` : `${numberText(low)} to ${numberText(high)}`);
  }
  return pieces.join(' or ');
}

function numberText(value: number): string {
  const name = value < 0 ? errnoNames.get(-value) : undefined;
  return name === undefined ? String(value) : `-${name}`;
}

/** What stands at an address: `group->mutex`. */
function placeText(address: Path, parameters: readonly string[]): string {
  switch (address.kind) {
    case 'global':
      return address.name;
    case 'field':
      return isAddress(address.base)
        ? `${placeText(address.base, parameters)}.${address.name}`
        : `${valueText(address.base, parameters)}->${address.name}`;
    case 'element':
      return `${isAddress(address.base) ? placeText(address.base, parameters) : valueText(address.base, parameters)}[${valueText(address.index, parameters)}]`;
    default:
      return `*${valueText(address, parameters)}`;
  }
}

function isAddress(path: Path): boolean {
  return path.kind === 'field' || path.kind === 'element' || path.kind === 'global';
}

/** A value: `group`, `&demo->lock`, `dev->iommu_group`. */
function valueText(path: Path, parameters: readonly string[]): string {
  switch (path.kind) {
    case 'parameter':
      return parameters[path.index] ?? `argument ${String(path.index + 1)}`;
    case 'result':
      return 'the result';
    case 'number':
      return String(path.value);
    case 'content':
      return placeText(path.address, parameters);
    case 'container':
      return `container_of(${valueText(path.of, parameters)}, ${path.name})`;
    default:
      return `&${placeText(path, parameters)}`;
  }
}
