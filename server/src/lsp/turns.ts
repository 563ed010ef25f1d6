// Long work in turns, so that other requests run in between.

import { setImmediate } from 'node:timers/promises';
import { Cancelled } from '../core/base/cancel.ts';

/** So long may one turn be, in milliseconds. */
const TURN = 10;

/** Made when the work begins; gives other requests their turn whenever one's own is over. */
export class Turns {
  private since = performance.now();

  /** To be called between two pieces of the work. Rejects with `Cancelled` where `signal` was aborted meanwhile. */
  async next(signal?: AbortSignal): Promise<void> {
    if (performance.now() - this.since < TURN) return;
    await setImmediate();
    if (signal?.aborted) throw new Cancelled();
    this.since = performance.now();
  }
}
