// Which line of the code is wrong when a schedule breaks an invariant: not where it shows, but where it was done.

import type { CodeRange } from '../../model/machine/code.ts';
import { invariants, stepInvariants } from '../../model/invariants/registry.ts';
import { numbered } from '../../model/scenario/run.ts';
import type { Replay, ReplayedStep, Write } from './replay.ts';

/** A place that a finding names beside its own, with what happens there. */
export interface BlameStep {
  readonly range: CodeRange;
  readonly message: string;
}

/** What kind of fault it is (the rule that speaks of it), the line, and the way to it. */
export interface Blame {
  readonly rule: string;
  readonly at: CodeRange;
  readonly evidence: readonly BlameStep[];
  /** Only the nearest line of code: what did it is not code of the patch, so its part is a guess. */
  readonly isWeak?: boolean;
  /** Words for the rule's message: `lock`, `use`, `against`, ... */
  readonly data: Readonly<Record<string, string>>;
}

/** Rules of invariants whose breach has one meaning wherever it happens; the others are `group-invariant-broken`. */
const RULES: Readonly<Record<string, string>> = {
  I4: 'claim-without-blocking-domain',
  I5: 'unpaired-claim',
  I8: 'published-transient-pointer',
  I10: 'silent-fallback-hides-request',
  I12: 'map-before-attach',
  I33: 'errno-busy-vs-invalid',
};

/** The rule of a breach that has no form of its own. */
export const GENERAL_RULE = 'group-invariant-broken';

/** The line to blame, or null where no code of the patch took part: then the breach is the model's own. */
export function blame(run: Replay): Blame | null {
  const last = run.steps.at(-1);
  const id = numbered(run.violation.id);
  if (run.violation.id === 'deadlock') return blameDeadlock(run);
  if (last === undefined) return null;
  switch (id) {
    case 'I31':
      return blameLockState(run, last);
    case 'use-after-free':
      return blameFreed(run, last);
    case 'I6':
      return behindRace(run, id, blameDangling);
    case 'I1':
    case 'I7':
      return behindRace(run, id, blameRollback);
    case 'I32':
      return blameReference(run, last);
    case 'I34':
      return blameCrash(run, last);
    default:
      return behindRace(run, id, blameState);
  }
}

/**
 * The line for a breach that only this side of the patch shows, where no step of its code did it: something is missing. That is the last
 * thing that the patch's functions did with the object which the breach names, or that they did at all; where they did nothing, a line
 * that the patch changes.
 */
export function blameOutcome(run: Replay, changed: ReadonlySet<string>, changedLine: CodeRange | null): Blame | null {
  const { id, message } = run.violation;
  const object = /^[^\s.,:]+/u.exec(message)?.[0] ?? '';
  const ours = run.steps.filter((step) => step.range !== null && changed.has(step.range.function));
  const at = (ours.findLast((step) => step.saw.has(object)) ?? ours.at(-1))?.range ?? changedLine;
  if (at === null) return null;
  const title = [...invariants, ...stepInvariants].find((one) => one.id === numbered(id))?.title ?? id;
  return { rule: GENERAL_RULE, at, isWeak: true, evidence: [], data: { detail: message, invariant: title } };
}

/** A race where there is one, else what another reading of the schedule says. */
function behindRace(run: Replay, id: string, otherwise: (run: Replay, id: string) => Blame | null): Blame | null {
  const found = race(run, id);
  return found === 'elsewhere' ? null : (found ?? otherwise(run, id));
}

const lastOf = (run: Replay, wanted: (step: ReplayedStep) => boolean): ReplayedStep | null => run.steps.findLast(wanted) ?? null;

const hasWrite = (step: ReplayedStep, object: string | null, field: string): boolean =>
  step.writes.some((write) => write.field === field && (object === null || write.object === object));

const evidenceOf = (step: ReplayedStep | null, message: string): BlameStep[] =>
  step === null || step.range === null ? [] : [{ range: step.range, message }];

/** Whether a store changes state of the kernel, not a lock or the model's own notes. */
const isOfKernel = (write: Write): boolean =>
  write.changed &&
  write.object !== 'handles' &&
  write.field !== 'holder' &&
  write.field !== 'unchecked' &&
  !write.object.startsWith('~') &&
  !write.object.startsWith('thread ') &&
  !/^T\d/u.test(write.object);

/** A lock as a reviewer calls it: `device_lock`, `group mutex`, `iommu_sva_lock`. */
export function lockWord(lock: string): string {
  const dot = lock.lastIndexOf('.');
  if (dot < 0) return lock;
  const member = lock.slice(dot + 1);
  return member === 'mutex' ? 'group mutex' : member;
}

function blameDeadlock(run: Replay): Blame | null {
  const waiting = run.next.filter((one) => one.blocked && one.range !== null);
  const culprit = waiting.find((one) => one.held.some((lock) => takenIn(run, one.thread, lock) !== null)) ?? waiting[0];
  const at = culprit?.range ?? null;
  if (culprit === undefined || at === null) return blameLockLeft(run);
  const wanted = /^lock (.*)$/u.exec(culprit.text.label)?.[1] ?? null;
  const held = culprit.held.find((lock) => takenIn(run, culprit.thread, lock) !== null) ?? culprit.held[0] ?? '';
  const taken = takenIn(run, culprit.thread, held);
  const data = { lock: wanted === null ? culprit.text.label : lockWord(wanted), held: lockWord(held), wait: culprit.text.label };
  const evidence = evidenceOf(taken, `${lockWord(held)} is taken here, and kept`);
  if (wanted !== null && culprit.held.includes(wanted)) {
    const direct = culprit.text.frames.at(-1)?.range !== null;
    return { rule: direct ? 'double-lock' : 'self-deadlock-callback', at, evidence, data };
  }
  const others = run.next.filter((one) => one.blocked && one.thread !== culprit.thread);
  if (others.length === 0) return blameLockLeft(run);
  return { rule: 'lock-order-inversion', at, evidence, data: { ...data, until: others[0]?.text.label ?? '' } };
}

/** A lock that somebody waits for and that its holder left behind. */
function blameLockLeft(run: Replay): Blame | null {
  const holder = run.next.find((one) => !one.blocked && one.held.length > 0);
  const lock = holder?.held[0];
  if (holder === undefined || lock === undefined) return null;
  const taken = takenIn(run, holder.thread, lock);
  const last = lastOf(run, (step) => step.thread === holder.thread && step.range !== null);
  if (last === null || last.range === null) return null;
  return {
    rule: 'lock-held-at-return',
    at: last.range,
    evidence: evidenceOf(taken, `${lockWord(lock)} is taken here`),
    data: { lock: lockWord(lock) },
  };
}

/** The step of C code in which a thread took a lock that it holds. */
function takenIn(run: Replay, thread: string, lock: string): ReplayedStep | null {
  return lastOf(run, (step) => step.thread === thread && step.range !== null && step.text.label === `lock ${lock}`);
}

function blameLockState(run: Replay, last: ReplayedStep): Blame | null {
  const { message } = run.violation;
  const released = /^(\S+) released by/u.exec(message)?.[1];
  if (released !== undefined)
    return last.range === null ? null : { rule: 'unlock-without-lock', at: last.range, evidence: [], data: { lock: lockWord(released) } };
  const left = / returns with (.*) held$/u.exec(message)?.[1]?.split(', ')[0];
  const final = lastOf(run, (step) => step.thread === last.thread && step.range !== null);
  if (left === undefined || final === null || final.range === null) return null;
  const taken = takenIn(run, last.thread, left);
  return {
    rule: 'lock-held-at-return',
    at: final.range,
    evidence: evidenceOf(taken, `${lockWord(left)} is taken here`),
    data: { lock: lockWord(left) },
  };
}

function blameFreed(run: Replay, last: ReplayedStep): Blame | null {
  const { message } = run.violation;
  const object = /^(\S+) freed twice$/u.exec(message)?.[1] ?? / after (\S+) was freed$/u.exec(message)?.[1] ?? null;
  const freed = lastOf(run, (step) => step !== last && hasWrite(step, object, 'freed'));
  if (last.range === null) {
    // Somebody else runs into it: the code that freed or put it is to blame.
    const dropped = lastOf(run, (step) => step.range !== null && (hasWrite(step, object, 'freed') || hasWrite(step, object, 'refs')));
    if (dropped === null || dropped.range === null) return null;
    return { rule: 'use-after-free', at: dropped.range, evidence: [], data: { use: last.text.label, object: object ?? '' } };
  }
  const data = { object: object ?? '', use: last.text.label };
  if (freed === null || freed.thread === last.thread) {
    const evidence = evidenceOf(freed, 'it is freed here');
    return { rule: 'use-after-free', at: last.range, evidence, data };
  }
  // The first lock that is given back after the code came to know the object: from there on nothing kept it.
  const ours = run.steps.filter((step) => step.index < freed.index && callOf(step) === callOf(last) && step.range !== null);
  const known = ours.find((step) => object !== null && step.saw.has(object));
  const unlocked = ours.find((step) => known !== undefined && step.index > known.index && step.text.kind === 'unlock') ?? null;
  if (unlocked === null || unlocked.range === null) return { rule: 'use-after-free', at: last.range, evidence: [], data };
  const lock = lockWord(unlocked.text.label.slice('unlock '.length));
  return {
    rule: 'stale-pointer-after-unlock-noref',
    at: unlocked.range,
    evidence: [{ range: last.range, message: 'the freed object is used here' }],
    data: { ...data, lock, against: freed.thread },
  };
}

function blameDangling(run: Replay): Blame | null {
  const domain = /(?:\bis|names) ([^\s,]+)/u.exec(run.violation.message)?.[1] ?? null;
  const freed = lastOf(run, (step) => hasWrite(step, domain, 'freed'));
  const pointed = lastOf(
    run,
    (step) => step.range !== null && step.writes.some((write) => write.after === domain && write.field !== 'freed' && write.changed),
  );
  const culprit = freed === null || freed.range === null ? pointed : freed;
  if (culprit === null || culprit.range === null) return null;
  return {
    rule: 'freed-domain-still-attached',
    at: culprit.range,
    evidence: pointed === null || pointed === culprit ? [] : evidenceOf(pointed, 'the domain comes into use here'),
    data: { detail: run.violation.message },
  };
}

function blameRollback(run: Replay, id: string): Blame | null {
  const failure = run.steps.findLast(
    (step) => step.range !== null && step.text.choice !== null && step.text.choice !== 'works' && step.text.kind === 'callback',
  );
  if (failure === undefined) return blameState(run, id);
  // A write of the same value counts: putting a pointer back that was never changed is what a rollback does.
  const restored = lastOf(
    run,
    (step) => step.index > failure.index && step.isCode && (hasWrite(step, null, 'domain') || hasWrite(step, null, 'default_domain')),
  );
  const culprit = restored ?? (failure.range === null ? null : failure);
  if (culprit === null || culprit.range === null) return null;
  return {
    rule: 'rollback-missing-reattach',
    at: culprit.range,
    evidence: evidenceOf(failure, `fails here: ${failure.text.label}`),
    data: { failure: failure.text.label, detail: run.violation.message },
  };
}

function blameReference(run: Replay, last: ReplayedStep): Blame | null {
  const { message } = run.violation;
  const lost = /^(\S+) is allocated, and nothing leads to it any more$/u.exec(message)?.[1];
  if (lost !== undefined) return blameLost(run, lost);
  const over = /^(\S+) put more often than taken$/u.exec(message)?.[1];
  if (over !== undefined)
    return last.range === null
      ? null
      : { rule: 'use-after-free', at: last.range, evidence: [], data: { object: over, use: last.text.label } };
  const [, object = '', refs = '', holders = ''] = /^(\S+) has (-?\d+) references and (\w+) holders?$/u.exec(message) ?? [];
  const tooMany = holders === 'one' ? Number(refs) > 1 : Number(refs) > Number(holders);
  const grows = (step: ReplayedStep): boolean =>
    step.writes.some(
      (write) => write.object === object && write.field === 'refs' && Number(write.after) > Number(write.before) === tooMany,
    );
  const culprit = lastOf(run, (step) => step.range !== null && grows(step));
  if (culprit === null || culprit.range === null) return null;
  return {
    rule: tooMany ? 'leak-on-error-path' : 'use-after-free',
    at: culprit.range,
    evidence: [],
    data: { object, use: last.text.label },
  };
}

/** Memory that nobody can free: where it was allocated, and the last line of the function that had it. */
function blameLost(run: Replay, object: string): Blame | null {
  const made = lastOf(run, (step) => hasWrite(step, object, 'allocated'));
  const range = made?.range ?? null;
  if (made === null || range === null) return null;
  const left = lastOf(run, (step) => step.thread === made.thread && step.range?.function === range.function);
  return {
    rule: 'leak-on-error-path',
    at: range,
    evidence: evidenceOf(left, 'the last step of the function that had it'),
    data: { object, use: made.text.label },
  };
}

function blameCrash(run: Replay, last: ReplayedStep): Blame | null {
  const { message } = run.violation;
  if (last.range === null) return null;
  const [, object, field] = /NULL dereference of (\S+)\.(\w+)$/u.exec(message) ?? [];
  const cleared =
    field === undefined
      ? null
      : lastOf(
          run,
          (step) =>
            step.thread !== last.thread &&
            step.writes.some((write) => write.object === object && write.field === field && write.after === null),
        );
  return {
    rule: cleared === null ? 'null-dereference' : 'null-check-outside-lock',
    at: last.range,
    evidence: [],
    data: { detail: message },
  };
}

/**
 * A check that another thread made worthless: a call gave a lock back, the other changed something under that lock, and the call took it
 * again and went on. `elsewhere` where that happens in code that is not under review.
 */
function race(run: Replay, id: string): Blame | 'elsewhere' | null {
  const ours = new Set(run.steps.filter((step) => step.range !== null).map(callOf));
  let isElsewhere = false;
  for (const again of run.steps.filter((step) => step.text.kind === 'lock' && ours.has(callOf(step))).reverse()) {
    const lock = again.text.label.slice('lock '.length);
    const given = lastOf(run, (step) => step.index < again.index && callOf(step) === callOf(again) && step.text.label === `unlock ${lock}`);
    if (given === null) continue;
    const between = run.steps.find(
      (step) =>
        step.index > given.index &&
        step.index < again.index &&
        step.thread !== again.thread &&
        step.heldBefore.includes(lock) &&
        step.writes.some(isOfKernel),
    );
    if (between === undefined) continue;
    if (again.range === null || given.range === null || !again.isCode || !given.isCode) {
      isElsewhere = true;
      continue;
    }
    return {
      rule: 'toctou-unlocked-recheck',
      at: again.range,
      evidence: [{ range: given.range, message: `${lockWord(lock)} is given back here` }],
      data: { lock: lockWord(lock), change: between.text.label, detail: run.violation.message, invariant: id },
    };
  }
  return isElsewhere ? 'elsewhere' : null;
}

/** The call of the scenario that a step belongs to: the thread, and where its own list of calls stands. */
const callOf = (step: ReplayedStep): string => `${step.thread} ${String(step.text.frames[0]?.at ?? 0)}`;

/** Whether the code of a step is what the scenario calls, with no more than the frame that sysfs or a file puts around it. */
function isEntry(step: ReplayedStep): boolean {
  const frames = step.text.frames.slice(1);
  const first = frames.findIndex((frame) => frame.range !== null);
  const model = frames.slice(0, Math.max(first, 0)).filter((frame, index) => frames[index + 1]?.procedure !== `c:${frame.procedure}`);
  return first >= 0 && model.length <= 1;
}

/** The last code that wrote what the invariant speaks of, or else that read it and did nothing. */
function blameState(run: Replay, id: string): Blame | null {
  const invariant = invariants.find((one) => one.id === id);
  const fields = new Set(
    id === 'I8' ? ['default_domain'] : id === 'I12' ? ['hw_domain'] : id === 'I10' ? ['fallback_for'] : invariant?.fields,
  );
  const wrote = lastOf(run, (step) => step.range !== null && step.writes.some((write) => isOfKernel(write) && fields.has(write.field)));
  // What is looked at when a lock is given back are the invariants, not the code.
  const isAccess = (step: ReplayedStep): boolean => step.isCode && step.text.kind !== 'lock' && step.text.kind !== 'unlock';
  const read = lastOf(run, (step) => isAccess(step) && [...fields].some((field) => step.reads.has(field)));
  const changed = lastOf(run, (step) => step.range !== null && step.text.kind !== 'unlock' && step.writes.some(isOfKernel));
  // An answer that does not fit rests on the last thing that was looked at.
  const released = releasedTooEarly(run, wrote);
  const culprit = id === 'I33' ? lastOf(run, isAccess) : (released ?? wrote ?? read ?? changed);
  if (culprit === null || culprit.range === null) return null;
  // No type was chosen, and 0 is the number of a blocking domain.
  const isZero = id === 'I11' && run.violation.message.endsWith('is a blocking one');
  return {
    rule: isZero ? 'sentinel-aliases-enum' : (RULES[id] ?? GENERAL_RULE),
    at: culprit.range,
    isWeak: wrote === null && (invariant === undefined || !isEntry(culprit)),
    evidence: released === null ? [] : evidenceOf(wrote, 'this is not finished yet'),
    data: { detail: run.violation.message, invariant: invariant?.title ?? id },
  };
}

/** A release that the patch adds, by which others come to see what the same thread wrote on a line that was there before. */
function releasedTooEarly(run: Replay, wrote: ReplayedStep | null): ReplayedStep | null {
  const last = run.steps.at(-1);
  const isRelease = last?.text.kind === 'unlock' && last.isCode && last.isAdded;
  return isRelease && wrote !== null && wrote.thread === last.thread && !wrote.isAdded ? last : null;
}
