// A second channel between parent and analysis child. The child works synchronously and reads no messages meanwhile; through this pipe
// it still learns that its work is cancelled, and the parent still learns which text is in the parser when the child dies or hangs.
//
// Parent to child: `7\n`, the work with this id is cancelled. Child to parent: `+<SHA-1>\n` before a parse, `-\n` after it; `=1200\n`, the
// model has seen so many states.

import { readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { CancelToken } from '../../core/base/cancel.ts';

/** File descriptor of the pipe in the child; 3 is Node's own message channel. */
export const CONTROL_FD = 4;

/** Looking into the pipe costs some microseconds, so a token looks at most this often. */
const POLL_INTERVAL_MS = 2;
const STATES_INTERVAL_MS = 100;

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}

/** The child's end. */
export class ControlPipe {
  private readonly cancelled = new Set<number>();
  private readonly buffer = Buffer.alloc(256);
  private readonly sleeper = new Int32Array(new SharedArrayBuffer(4));
  private rest = '';
  private lastPoll = 0;
  private lastStates = 0;

  constructor(private readonly fd = CONTROL_FD) {
    // The socket makes the descriptor non-blocking, and takes what arrives between two pieces of work.
    const socket = new Socket({ fd });
    socket.on('data', (chunk) => {
      this.take(chunk.toString('latin1'));
    });
    socket.on('error', () => {
      // The parent is gone; the message channel's end stops the process.
    });
    socket.unref();
  }

  /** A token for one piece of work; it becomes cancelled when the parent says so. */
  token(id: number): CancelToken {
    const isCancelled = (): boolean => {
      this.poll();
      return this.cancelled.has(id);
    };
    return {
      get cancelled() {
        return isCancelled();
      },
    };
  }

  /** Forgets a piece of work that has ended. */
  ended(id: number): void {
    this.cancelled.delete(id);
  }

  parseBegins(sha1: string): void {
    this.write(`+${sha1}\n`);
  }

  parseEnds(): void {
    this.write('-\n');
  }

  /** Tells the parent how far a search is; at most so often that nobody has to wait. */
  searching(states: number): void {
    const now = performance.now();
    if (now - this.lastStates < STATES_INTERVAL_MS) return;
    this.lastStates = now;
    this.write(`=${String(states)}\n`);
  }

  private poll(): void {
    // On Windows a read of an empty pipe blocks; there the parent ends a child that goes on too long.
    const now = performance.now();
    if (process.platform === 'win32' || now - this.lastPoll < POLL_INTERVAL_MS) return;
    this.lastPoll = now;
    try {
      const length = readSync(this.fd, this.buffer, 0, this.buffer.length, null);
      // End of file: the parent is gone, and nobody waits for this work.
      if (length === 0) process.exit(1);
      this.take(this.buffer.toString('latin1', 0, length));
    } catch (error) {
      if (!isErrno(error, 'EAGAIN')) throw error;
    }
  }

  private take(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.cancelled.add(Number(line));
  }

  private write(line: string): void {
    const bytes = Buffer.from(line, 'latin1');
    for (let done = 0; done < bytes.length;) {
      try {
        done += writeSync(this.fd, bytes, done);
      } catch (error) {
        if (!isErrno(error, 'EAGAIN')) throw error;
        // The parent is busy and the pipe is full.
        Atomics.wait(this.sleeper, 0, 0, 1);
      }
    }
  }
}

/** Follows, in the parent, which text the child is parsing, and how far its search is. */
export class ParseWatch {
  /** SHA-1 of the text in the parser, or null. */
  current: string | null = null;
  /** States that the model's search has seen, as far as it was told. */
  states = 0;
  private rest = '';

  take(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('=')) this.states = Number(line.slice(1));
      else this.current = line.startsWith('+') ? line.slice(1) : null;
    }
  }
}
