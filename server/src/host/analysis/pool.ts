// Deals work to analysis processes. A crash, a hang or a greedy text costs its own result and nothing else.

import type { LineSpan, LockReport } from '../../protocol/locks.ts';
import type { Configure, MailInput, MailRecord, PrintOptions, ReviewOptions, UnitInput, UnitReport } from '../../protocol/analysis.ts';
import type { ModelReport, ModelTask } from '../../protocol/analysis.ts';
import { AnalysisChild, type ChildEvent, type ChildLimits, type WorkRequest, type WorkResponse } from './child.ts';

export type JobResult<T> =
  | { readonly ok: true; readonly value: T }
  /**
   * `died`: the process died on it; `time`: over its time guard; `failed`: an error in the analysis itself; `unusable`: no process can
   * work at all, whatever it is given.
   */
  | { readonly ok: false; readonly reason: 'died' | 'time' | 'cancelled' | 'failed' | 'unusable'; readonly message: string };

export interface PoolSettings {
  /** Path of the child's program. */
  readonly entry: string;
  readonly children: number;
  readonly configure: Configure;
  readonly limits?: Partial<PoolLimits>;
  /** Told when provisional answers may be others now. */
  readonly onTreeChanged?: () => void;
}

export interface PoolLimits extends ChildLimits {
  /** A child larger than this after a piece of work is replaced, in bytes. */
  readonly maxRss: number;
  /** How long a cancelled piece of work may go on before its child is ended, in milliseconds. */
  readonly cancelGraceMs: number;
}

export const defaultLimits: PoolLimits = {
  startMs: 30_000,
  parseMs: 2_000,
  workMs: 60_000,
  heapMb: 1024,
  maxRss: 300 * 1024 * 1024,
  cancelGraceMs: 1_000,
};

/** So many different texts of one piece of work may kill the parser before the whole piece is given up. */
const MAX_KILLING_TEXTS = 8;
/** A piece of work is tried once more on a fresh child when its child died outside the parser. */
const MAX_DEATHS = 2;
/** So many children in a row that die before they are ready mean that none will ever be. */
const MAX_FALSE_STARTS = 3;

type RequestBody = WorkRequest extends infer R ? (R extends WorkRequest ? Omit<R, 'id'> : never) : never;

interface Job {
  readonly id: number;
  readonly lane: number;
  readonly body: RequestBody;
  readonly settle: (result: JobResult<WorkResponse>) => void;
  readonly onStates: ((states: number) => void) | undefined;
  killingTexts: number;
  deaths: number;
  isCancelled: boolean;
}

interface Slot {
  child: AnalysisChild | null;
  job: Job | null;
  falseStarts: number;
  graceTimer: NodeJS.Timeout | null;
}

function emptySlot(): Slot {
  return { child: null, job: null, falseStarts: 0, graceTimer: null };
}

export class AnalysisPool {
  private readonly limits: PoolLimits;
  private readonly slots: Slot[];
  private readonly quarantined = new Set<string>();
  /** SHA-1 of texts in whose parse a process was killed once, by nobody knows whom. */
  private readonly suspects = new Set<string>();
  private queue: Job[] = [];
  private configure: Configure;
  private nextId = 1;
  private isClosed = false;
  /** Which parser the children use; null until one has started. */
  parser: 'native' | 'wasm' | null = null;

  constructor(private readonly settings: PoolSettings) {
    this.limits = { ...defaultLimits, ...settings.limits };
    this.configure = settings.configure;
    this.slots = Array.from({ length: Math.max(1, settings.children) }, emptySlot);
    // Starting takes most of the time of a small review, so the first child starts while the inputs are read.
    const first = this.slots[0];
    if (first) this.launch(first);
  }

  /** SHA-1 of the texts that killed a parser so far. */
  get quarantine(): readonly string[] {
    return [...this.quarantined];
  }

  /** Reads mails' heads: one record a mail, in order. */
  async index(mails: readonly MailInput[], signal?: AbortSignal): Promise<JobResult<readonly MailRecord[]>> {
    return pick(await this.run({ type: 'index', mails }, signal), 'indexed', (response) => response.records);
  }

  /** Reviews one unit: a series, a mail, or a source file. Work of one lane goes to the same process, as long as that has time for it. */
  async review(unit: readonly UnitInput[], options: ReviewOptions, signal?: AbortSignal, lane = 0): Promise<JobResult<UnitReport>> {
    return pick(await this.run({ type: 'review', unit, options }, signal, { lane }), 'reviewed', (response) => response.report);
  }

  /** Which locks are held in the functions of `unit[input]` that some lines show. */
  async locks(
    unit: readonly UnitInput[],
    input: number,
    lines: LineSpan,
    options: ReviewOptions,
    signal?: AbortSignal,
  ): Promise<JobResult<LockReport>> {
    return pick(await this.run({ type: 'locks', unit, input, lines, options }, signal), 'located', (response) => response.locks);
  }

  /** Runs a scenario on the model. `onStates` hears now and then how many states the search has seen. */
  async model(task: ModelTask, signal?: AbortSignal, onStates?: (states: number) => void): Promise<JobResult<ModelReport>> {
    return pick(await this.run({ type: 'model', task }, signal, { onStates }), 'modelled', (response) => response.report);
  }

  /** What the front ends make of one input, for people and for tests. */
  async print(input: UnitInput, options: PrintOptions, signal?: AbortSignal): Promise<JobResult<string>> {
    return pick(await this.run({ type: 'print', input, options }, signal), 'printed', (response) => response.text);
  }

  /** Changes the number of processes; a smaller number ends idle ones only. */
  resize(children: number): void {
    while (this.slots.length < children) this.slots.push(emptySlot());
    for (let index = this.slots.length - 1; index >= Math.max(1, children); index--) {
      const slot = this.slots[index];
      if (slot === undefined || slot.job !== null) continue;
      slot.child?.stop();
      this.slots.splice(index, 1);
    }
    this.deal();
  }

  /** Takes new settings: children are replaced, running work is done again. */
  reconfigure(configure: Configure): void {
    this.configure = configure;
    const interrupted: Job[] = [];
    for (const slot of this.slots) {
      slot.child?.stop();
      slot.child = null;
      const job = this.free(slot);
      if (job !== null && !job.isCancelled) interrupted.push(job);
    }
    this.queue.unshift(...interrupted);
    this.deal();
  }

  /** Ends all children; work that is under way ends as cancelled. */
  close(): void {
    this.isClosed = true;
    for (const slot of this.slots) {
      if (slot.graceTimer !== null) clearTimeout(slot.graceTimer);
      slot.child?.stop();
      slot.child = null;
      if (slot.job !== null) slot.job.settle({ ok: false, reason: 'cancelled', message: 'stopped' });
      slot.job = null;
    }
    for (const job of this.queue) job.settle({ ok: false, reason: 'cancelled', message: 'stopped' });
    this.queue = [];
  }

  private run(
    body: RequestBody,
    signal: AbortSignal | undefined,
    { lane = 0, onStates }: { readonly lane?: number; readonly onStates?: ((states: number) => void) | undefined } = {},
  ): Promise<JobResult<WorkResponse>> {
    if (this.isClosed || signal?.aborted) return Promise.resolve({ ok: false, reason: 'cancelled', message: 'stopped' });
    return new Promise((resolve) => {
      const stop = (): void => {
        this.cancel(job);
      };
      const settle = (result: JobResult<WorkResponse>): void => {
        signal?.removeEventListener('abort', stop);
        resolve(result);
      };
      const job: Job = { id: this.nextId++, lane, body, settle, onStates, killingTexts: 0, deaths: 0, isCancelled: false };
      signal?.addEventListener('abort', stop, { once: true });
      this.queue.push(job);
      this.deal();
    });
  }

  private deal(): void {
    for (const [lane, slot] of this.slots.entries()) {
      if (this.queue.length === 0 || this.isClosed) return;
      if (slot.job !== null) continue;
      const child = slot.child ?? this.launch(slot);
      const own = this.queue.findIndex((job) => job.lane === lane);
      const [job] = this.queue.splice(Math.max(0, own), 1);
      if (job === undefined) return;
      slot.job = job;
      child.start({ ...job.body, id: job.id } as WorkRequest);
    }
  }

  private launch(slot: Slot): AnalysisChild {
    const child = new AnalysisChild(this.settings.entry, this.configure, this.quarantine, this.limits, (event) => {
      this.hear(slot, event);
    });
    slot.child = child;
    return child;
  }

  private hear(slot: Slot, event: ChildEvent): void {
    if (event.type === 'parser') {
      this.parser = event.kind;
      slot.falseStarts = 0;
    } else if (event.type === 'states') slot.job?.onStates?.(event.states);
    else if (event.type === 'tree-changed') this.settings.onTreeChanged?.();
    else if (event.type === 'answer') this.answered(slot, event.response);
    else this.lost(slot, event);
  }

  private answered(slot: Slot, response: WorkResponse): void {
    const job = this.free(slot);
    if (response.rss > this.limits.maxRss) {
      slot.child?.stop();
      slot.child = null;
    }
    if (job !== null) job.settle(asResult(response));
    this.deal();
  }

  private lost(slot: Slot, event: Extract<ChildEvent, { type: 'gone' }>): void {
    const wasReady = slot.child?.isReady ?? false;
    slot.child = null;
    const job = this.free(slot);
    if (event.text !== null && this.isAtFault(event.text, event.wasKilled)) {
      this.quarantined.add(event.text);
      for (const other of this.slots) other.child?.quarantine([event.text]);
    }
    if (!wasReady && (event.isUnusable || ++slot.falseStarts >= MAX_FALSE_STARTS)) {
      const failure = { ok: false, reason: 'unusable', message: `the analysis process does not start: ${event.why}` } as const;
      for (const waiting of job === null ? this.queue : [job, ...this.queue]) waiting.settle(failure);
      this.queue = [];
      return;
    }
    if (job !== null) {
      const end = wasReady ? verdict(job, event) : null;
      if (end === null && !job.isCancelled) this.queue.unshift(job);
      else job.settle(end ?? { ok: false, reason: 'cancelled', message: 'stopped' });
    }
    this.deal();
  }

  /** A crash is the parsed text's doing. A process that somebody killed may have been in a parse by chance: once is not enough. */
  private isAtFault(text: string, wasKilled: boolean): boolean {
    if (!wasKilled || this.suspects.has(text)) return true;
    this.suspects.add(text);
    return false;
  }

  private free(slot: Slot): Job | null {
    const job = slot.job;
    slot.job = null;
    if (slot.graceTimer !== null) clearTimeout(slot.graceTimer);
    slot.graceTimer = null;
    return job;
  }

  /** The caller is answered at once; the child gets a grace to stop by itself, so that what it has loaded is kept. */
  private cancel(job: Job): void {
    if (job.isCancelled) return;
    job.isCancelled = true;
    job.settle({ ok: false, reason: 'cancelled', message: 'stopped' });
    this.queue = this.queue.filter((waiting) => waiting !== job);
    const slot = this.slots.find((candidate) => candidate.job === job);
    if (!slot?.child) return;
    slot.child.cancel();
    slot.graceTimer = setTimeout(() => {
      slot.child?.stop();
      slot.child = null;
      this.free(slot);
      this.deal();
    }, this.limits.cancelGraceMs);
    slot.graceTimer.unref();
  }
}

/** How a piece of work ends whose child is gone; null if it is to be tried again. */
function verdict(job: Job, event: Extract<ChildEvent, { type: 'gone' }>): JobResult<WorkResponse> | null {
  if (event.late === 'work') return { ok: false, reason: 'time', message: 'the analysis took too long and was ended' };
  if (event.text !== null) {
    job.killingTexts++;
    return job.killingTexts <= MAX_KILLING_TEXTS ? null : { ok: false, reason: 'died', message: 'the parser died again and again' };
  }
  job.deaths++;
  return job.deaths < MAX_DEATHS ? null : { ok: false, reason: 'died', message: `the analysis process died: ${event.why}` };
}

function asResult(response: WorkResponse): JobResult<WorkResponse> {
  if (response.type === 'failed') return { ok: false, reason: 'failed', message: response.message };
  if (response.type === 'cancelled') return { ok: false, reason: 'cancelled', message: 'stopped' };
  return { ok: true, value: response };
}

function pick<K extends WorkResponse['type'], T>(
  result: JobResult<WorkResponse>,
  type: K,
  read: (response: Extract<WorkResponse, { type: K }>) => T,
): JobResult<T> {
  if (!result.ok) return result;
  if (result.value.type === type) return { ok: true, value: read(result.value as Extract<WorkResponse, { type: K }>) };
  return { ok: false, reason: 'failed', message: `the analysis process answered with '${result.value.type}'` };
}
