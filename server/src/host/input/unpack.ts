// Reading a file in pieces, unpacked where it is gzip, with limits against bombs.

import { createGunzip, type Gunzip } from 'node:zlib';
import type { InputLimits } from './limits.ts';

/** A stop before the end of the data; what came before it is good. */
export class ReadStop extends Error {
  constructor(
    readonly kind: 'limit' | 'damaged' | 'empty',
    message: string,
  ) {
    super(message);
    this.name = 'ReadStop';
  }
}

const megabyte = 1024 * 1024;

/** Whether bytes begin like a gzip file. */
export function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b && head[2] === 8;
}

function overLimit(packed: number, unpacked: number, limits: InputLimits): string | null {
  if (unpacked > limits.maxUnpacked) return `it unpacks to more than ${String(limits.maxUnpacked / megabyte)} MiB`;
  if (unpacked > limits.ratioFrom && unpacked > packed * limits.maxRatio) {
    return `it unpacks to more than ${String(limits.maxRatio)} times its size`;
  }
  return null;
}

/** The unpacker drops what one write gave if that write ends in an error, so it gets little at a time. */
const FEED_SIZE = 16 * 1024;
/** Checksum and length at the end of a gzip member (RFC 1952): fed apart, so that a wrong one costs no data. */
const TRAILER_SIZE = 8;
/** Above this many bytes that nobody has taken yet, the unpacker waits. */
const MAX_WAITING = 1024 * 1024;

/** Until the unpacker takes more, or is gone. */
function drained(gunzip: Gunzip): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      gunzip.off('drain', done).off('close', done);
      resolve();
    };
    gunzip.once('drain', done).once('close', done);
  });
}

async function feed(source: AsyncIterable<Uint8Array>, gunzip: Gunzip, count: (bytes: number) => void): Promise<void> {
  const write = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length && !gunzip.destroyed; at += FEED_SIZE) {
      const piece = bytes.subarray(at, at + FEED_SIZE);
      count(piece.length);
      if (!gunzip.write(piece)) await drained(gunzip);
    }
  };
  try {
    let held: Uint8Array = new Uint8Array(0);
    for await (const chunk of source) {
      if (gunzip.destroyed) return;
      const bytes = Buffer.concat([held, chunk]);
      const keep = Math.max(0, bytes.length - TRAILER_SIZE);
      held = bytes.subarray(keep);
      await write(bytes.subarray(0, keep));
    }
    await write(held);
    gunzip.end();
  } catch (error) {
    gunzip.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** What an unpacker gives, piece by piece; its error comes after everything that it gave. */
async function* outputOf(gunzip: Gunzip): AsyncGenerator<Uint8Array> {
  const waiting: Uint8Array[] = [];
  let size = 0;
  let error: Error | null = null;
  let isOver = false;
  let wake: () => void = () => undefined;
  gunzip.on('data', (chunk: Buffer) => {
    waiting.push(chunk);
    size += chunk.length;
    if (size > MAX_WAITING) gunzip.pause();
    wake();
  });
  gunzip.on('error', (reason) => {
    error = reason;
    wake();
  });
  gunzip.on('close', () => {
    isOver = true;
    wake();
  });
  for (;;) {
    const next = waiting.shift();
    if (next !== undefined) {
      size -= next.length;
      if (gunzip.isPaused() && size <= MAX_WAITING) gunzip.resume();
      yield next;
    } else if (error !== null) throw error as Error;
    else if (isOver) return;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
}

/**
 * Unpacks gzip data, concatenated members too. Gives what is good, then throws a ReadStop where the data is damaged, cut off, or
 * grows over a limit.
 */
export async function* gunzipped(source: AsyncIterable<Uint8Array>, limits: InputLimits): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  let packed = 0;
  let unpacked = 0;
  void feed(source, gunzip, (bytes) => {
    packed += bytes;
  });
  try {
    for await (const chunk of outputOf(gunzip)) {
      unpacked += chunk.length;
      const reason = overLimit(packed, unpacked, limits);
      if (reason !== null) throw new ReadStop('limit', reason);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ReadStop) throw error;
    throw new ReadStop('damaged', `the compressed data is damaged or cut off (${error instanceof Error ? error.message : String(error)})`);
  } finally {
    gunzip.destroy();
  }
}

/** The same pieces, with the first `length` bytes (fewer only at the end) looked at beforehand. */
export async function peek(
  source: AsyncIterable<Uint8Array>,
  length: number,
): Promise<{ readonly head: Uint8Array; readonly all: AsyncGenerator<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let size = 0;
  let stop: unknown = null;
  while (size < length && stop === null) {
    try {
      const next = await iterator.next();
      if (next.done) break;
      held.push(next.value);
      size += next.value.length;
    } catch (error) {
      stop = error;
    }
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* held;
      if (stop !== null) throw stop;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { head: Buffer.concat(held).subarray(0, length), all: all() };
}
