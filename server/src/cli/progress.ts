// One line on a terminal while a long review runs. Nothing where standard error is no terminal.

export interface ProgressLine {
  show(done: number, total: number): void;
  clear(): void;
}

const silent: ProgressLine = { show: () => undefined, clear: () => undefined };
const INTERVAL_MS = 100;
/** Short reviews need no progress. */
const QUIET_MS = 500;

export function makeProgress(stream: NodeJS.WriteStream): ProgressLine {
  if (!stream.isTTY) return silent;
  const start = performance.now();
  let last = 0;
  let isShown = false;
  return {
    show(done, total) {
      const now = performance.now();
      if (now - start < QUIET_MS || now - last < INTERVAL_MS) return;
      last = now;
      isShown = true;
      stream.write(`\r\u001b[Kreviewed ${String(done)} of ${String(total)}`);
    },
    clear() {
      if (isShown) stream.write('\r\u001b[K');
      isShown = false;
    },
  };
}
