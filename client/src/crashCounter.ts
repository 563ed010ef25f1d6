// When to give up on a server that keeps dying.

const LIMIT = 5;
const WINDOW = 3 * 60 * 1000;

export class CrashCounter {
  private times: number[] = [];

  /** Notes a crash at `now` (milliseconds); true while the server may be started again. */
  crashed(now: number): boolean {
    this.times = [...this.times.filter((time) => now - time < WINDOW), now];
    return this.times.length < LIMIT;
  }

  reset(): void {
    this.times = [];
  }
}
