// Moves of a schedule as text, one character each: small, and cheap to add to.

import type { Move } from './program.ts';

export type Moves = string;

export class MoveText {
  constructor(private readonly threads: number) {}

  encode(thread: number, choice: number): Moves {
    return String.fromCharCode(1 + thread + choice * this.threads);
  }

  decode(moves: Moves): Move[] {
    return Array.from({ length: moves.length }, (_, at) => {
      const code = moves.charCodeAt(at) - 1;
      return { thread: code % this.threads, choice: Math.floor(code / this.threads) };
    });
  }
}

/** The same text in one piece: one that grew by additions is held as a tree of its parts until it is read. */
export function flat(moves: Moves): Moves {
  moves.charCodeAt(0);
  return moves;
}
