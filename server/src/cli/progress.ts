// One line on a terminal while a long review runs. Nothing where standard error is no terminal.

export interface ProgressLine {
  show(done: number, total: number): void;
  /** The same with a word on the piece under way. */
  showWith(done: number, total: number, detail: string): void;
  clear(): void;
}

const silent: ProgressLine = { show: () => undefined, showWith: () => undefined, clear: () => undefined };
const INTERVAL_MS = 100;
/** Short reviews need no progress. */
const QUIET_MS = 500;

/** `verb`: what has been done with so many of all (`reviewed 3 of 12`). */
export function makeProgress(stream: NodeJS.WriteStream, verb = 'reviewed'): ProgressLine {
  if (!stream.isTTY) return silent;
  const start = performance.now();
  let last = 0;
  let isShown = false;
  const show = (done: number, total: number, detail: string): void => {
    const now = performance.now();
    if (now - start < QUIET_MS || now - last < INTERVAL_MS) return;
    last = now;
    isShown = true;
    stream.write(`\r\u001b[K${verb} ${String(done)} of ${String(total)}${detail}`);
  };
  return {
    show: (done, total) => {
      show(done, total, '');
    },
    showWith: (done, total, detail) => {
      show(done, total, `, ${detail}`);
    },
    clear() {
      if (isShown) stream.write('\r\u001b[K');
      isShown = false;
    },
  };
}
