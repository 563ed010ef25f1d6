// The inputs of a run, kept between the first look at them and their review. The texts of a large mailbox are kept packed.

import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { UnitInput } from '../../protocol/analysis.ts';

/** Texts of so many bytes are kept as they are; what comes later is packed. */
const PLAIN_BYTES = 32 * 1024 * 1024;

/** What is known of a held input without its text. */
export interface HeldUnit {
  readonly argument: number;
  readonly kind: UnitInput['kind'];
  readonly path: string;
  /** 1-based line of the file at which it begins; 1 for a C file. */
  readonly startLine: number;
}

type Without = Omit<Extract<UnitInput, { kind: 'mail' }>, 'bytes'> | Omit<Extract<UnitInput, { kind: 'source' }>, 'bytes'>;

interface Kept extends HeldUnit {
  readonly head: Without;
  readonly data: Uint8Array;
  readonly isPacked: boolean;
}

export class HeldUnits {
  private readonly kept: Kept[] = [];
  private plain = 0;

  get count(): number {
    return this.kept.length;
  }

  /** Keeps an input; gives its index. */
  add(argument: number, unit: UnitInput): number {
    const { bytes, ...head } = unit;
    const isPacked = this.plain + bytes.length > PLAIN_BYTES;
    if (!isPacked) this.plain += bytes.length;
    // Copied, because zlib's result is the beginning of a buffer of its own size of choice.
    const data = isPacked ? new Uint8Array(deflateRawSync(bytes, { level: 1 })) : bytes;
    const startLine = unit.kind === 'mail' ? unit.startLine : 1;
    return this.kept.push({ argument, kind: unit.kind, path: unit.path, startLine, head, data, isPacked }) - 1;
  }

  /** What is known of an input; null for an index that was never given. */
  about(index: number): HeldUnit | null {
    return this.kept[index] ?? null;
  }

  /** All inputs, in the order in which they were read. */
  all(): readonly HeldUnit[] {
    return this.kept;
  }

  /** The input with its text. */
  load(index: number): UnitInput | null {
    const kept = this.kept[index];
    return kept === undefined ? null : { ...kept.head, bytes: kept.isPacked ? inflateRawSync(kept.data) : kept.data };
  }

  /** Index of the input in which a line of a file stands, or -1. */
  at(path: string, line: number): number {
    return this.kept.findLastIndex((unit) => unit.path === path && unit.startLine <= line);
  }
}
