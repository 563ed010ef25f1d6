// One analysis process as its parent sees it: one piece of work at a time, with guards against hangs.

import { fork, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { AnalysisRequest, AnalysisResponse, Configure } from '../../protocol/analysis.ts';
import { CONTROL_FD, ParseWatch } from './control-pipe.ts';

export type WorkRequest = Extract<AnalysisRequest, { id: number }>;
export type WorkResponse = Extract<AnalysisResponse, { id: number }>;

/** What took too long: starting, one parse, one piece of work. */
type Late = 'start' | 'parse' | 'work';

/** How a child's work ended, or how the child did. */
export type ChildEvent =
  | { readonly type: 'answer'; readonly response: WorkResponse }
  | { readonly type: 'parser'; readonly kind: 'native' | 'wasm' }
  | { readonly type: 'tree-changed' }
  /** How many states the model's search under way has seen. */
  | { readonly type: 'states'; readonly states: number }
  /**
   * `text` is the SHA-1 of the text that was in the parser; `late` tells a guard that ended the child from a crash; an unusable child
   * said itself that no other could work either.
   */
  | {
      readonly type: 'gone';
      readonly text: string | null;
      readonly late: Late | null;
      readonly isUnusable: boolean;
      /** Whether it was ended by a SIGKILL that is not ours: the system was out of memory, or somebody ended it. */
      readonly wasKilled: boolean;
      readonly why: string;
    };

export interface ChildLimits {
  /** A child that is not ready after this time is ended, in milliseconds. */
  readonly startMs: number;
  /** A parse longer than this ends the child, in milliseconds. The parser gives up much earlier by itself, as far as it can. */
  readonly parseMs: number;
  /** One piece of work longer than this ends the child, in milliseconds. */
  readonly workMs: number;
  /** Largest JavaScript heap of a child, in megabytes. */
  readonly heapMb: number;
}

const GUARD_INTERVAL_MS = 100;
/**
 * Threads of the garbage collector cost more processor time than they save: a run has its other processes for the other processors. In
 * an editor they keep the pauses short. A larger space for new objects than this (in MB) saves next to no time, and costs three times as
 * much memory as it is larger.
 */
const ONE_RUN_FLAGS = ['--single-threaded-gc', '--max-semi-space-size=8'];

export class AnalysisChild {
  private readonly process: ChildProcess;
  private readonly control: Duplex | null;
  private readonly watch = new ParseWatch();
  private readonly guard: NodeJS.Timeout;
  private workId: number | null = null;
  private readonly startedAt = performance.now();
  private workSince = 0;
  private parseSince = 0;
  private late: Late | null = null;
  private unusable: string | null = null;
  private isGone = false;
  /** Whether the child has said that it can work. */
  isReady = false;

  constructor(
    entry: string,
    configure: Configure,
    quarantined: readonly string[],
    private readonly limits: ChildLimits,
    private readonly listen: (event: ChildEvent) => void,
  ) {
    this.process = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc', 'pipe'],
      execArgv: [`--max-old-space-size=${String(limits.heapMb)}`, ...(configure.oneRun === true ? ONE_RUN_FLAGS : [])],
    });
    this.control = (this.process.stdio[CONTROL_FD] as Duplex | null | undefined) ?? null;
    this.control?.on('data', (chunk: Buffer) => {
      const before = this.watch.states;
      this.watch.take(chunk.toString('latin1'));
      this.parseSince = performance.now();
      if (this.watch.states !== before) this.listen({ type: 'states', states: this.watch.states });
    });
    this.control?.on('error', () => {
      // The child is gone; its exit is reported below.
    });
    this.process.on('message', (message) => {
      this.receive(message as AnalysisResponse);
    });
    this.process.on('error', (error) => {
      this.gone(error.message);
    });
    this.process.on('exit', (code, signal) => {
      const why = signal === null ? `it ended with status ${String(code)}` : `it was ended by ${signal}`;
      this.gone(this.unusable ?? why, signal === 'SIGKILL' && this.late === null);
    });
    this.guard = setInterval(() => {
      this.check();
    }, GUARD_INTERVAL_MS);
    this.guard.unref();
    this.send({ type: 'configure', configure });
    if (quarantined.length > 0) this.send({ type: 'quarantine', texts: quarantined });
  }

  get isIdle(): boolean {
    return this.workId === null && !this.isGone;
  }

  start(request: WorkRequest): void {
    this.workId = request.id;
    this.workSince = performance.now();
    this.send(request);
  }

  quarantine(texts: readonly string[]): void {
    this.send({ type: 'quarantine', texts });
  }

  /** Asks the child to stop its present work; it looks between functions. */
  cancel(): void {
    if (this.workId !== null) this.control?.write(`${String(this.workId)}\n`);
  }

  /** Ends the process at once. Nothing is reported any more. */
  stop(): void {
    this.isGone = true;
    clearInterval(this.guard);
    this.control?.destroy();
    this.process.removeAllListeners();
    // A child that was asked to start and then ended can still report a failed message.
    this.process.on('error', () => undefined);
    this.process.kill('SIGKILL');
    if (this.process.connected) this.process.disconnect();
    this.process.unref();
  }

  private send(request: AnalysisRequest): void {
    if (!this.isGone && this.process.connected) this.process.send(request, () => undefined);
  }

  private receive(response: AnalysisResponse): void {
    if (response.type === 'ready') {
      this.isReady = true;
      // Its first work could not begin before.
      this.workSince = performance.now();
      this.listen({ type: 'parser', kind: response.parser });
    } else if (response.type === 'tree-changed') {
      this.listen({ type: 'tree-changed' });
    } else if (response.type === 'unusable') {
      this.unusable = response.message;
    } else if (response.id === this.workId) {
      this.workId = null;
      this.listen({ type: 'answer', response });
    }
  }

  private check(): void {
    const verdict = this.lateBy();
    if (verdict === null) return;
    // The parent may itself have been busy, with the child's news still unread: look again after reading.
    setImmediate(() => {
      if (this.isGone || this.lateBy() !== verdict) return;
      this.late = verdict;
      this.process.kill('SIGKILL');
    });
  }

  private lateBy(): Late | null {
    if (this.workId === null || this.late !== null) return null;
    const now = performance.now();
    if (!this.isReady) return now - this.startedAt > this.limits.startMs ? 'start' : null;
    if (this.watch.current !== null && now - this.parseSince > this.limits.parseMs) return 'parse';
    return now - this.workSince > this.limits.workMs ? 'work' : null;
  }

  private gone(why: string, wasKilled = false): void {
    if (this.isGone) return;
    this.isGone = true;
    clearInterval(this.guard);
    this.listen({ type: 'gone', text: this.watch.current, late: this.late, isUnusable: this.unusable !== null, wasKilled, why });
  }
}
