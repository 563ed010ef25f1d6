// How old the picture of the tree may be that an answer rests on. An editor gets its answer first, and the disk is looked at in the
// pause after it; everybody else has the disk looked at before.

import { Cancelled } from '../../core/base/cancel.ts';
import type { IndexOfTree } from './tree-index.ts';

/** Questions of one review, and of one batch, come in quick succession: so long the disk is not looked at again, in milliseconds. */
const USUAL_MS = 500;
/** How old the picture behind a provisional answer may be, in milliseconds. */
const PROVISIONAL_MS = 10_000;
/** How long nothing has to be asked before the disk is looked at, in milliseconds. */
const PAUSE_MS = 50;

/** From when on what was seen of the disk still counts; both in milliseconds since 1970. */
export type TrustedSince = (now: number) => number;

export const usualTrust: TrustedSince = (now) => now - USUAL_MS;

/** A provisional answer that the disk was not asked for yet. */
interface Open {
  readonly index: IndexOfTree;
  readonly files: readonly string[];
  /** The state of the tree that it rests on. */
  readonly state: object | undefined;
}

/** How often the disk is looked at for the index of one tree. */
export class TreeAge {
  private trust = usualTrust;
  private pause: NodeJS.Timeout | null = null;
  private open: Open | null = null;

  /** For the index. */
  readonly since: TrustedSince = (now) => this.trust(now);

  /** @param onChanged Told when a provisional answer turns out to rest on a tree that has changed. */
  constructor(private readonly onChanged: () => void) {}

  /** Before a piece of work: whether its answer may be provisional. */
  begin(isProvisional: boolean): void {
    if (this.pause !== null) clearTimeout(this.pause);
    this.pause = null;
    this.trust = isProvisional ? (now) => now - PROVISIONAL_MS : usualTrust;
  }

  /** After a provisional answer about some files of the tree. */
  answered(index: IndexOfTree, files: readonly string[]): void {
    this.open ??= { index, files, state: index.near(files).state?.() };
  }

  /** After a piece of work: looks at the disk once nothing else is asked for, where a provisional answer is open. */
  ended(): void {
    const { open } = this;
    if (open === null) return;
    this.pause = setTimeout(() => {
      this.pause = null;
      this.open = null;
      if (this.hasChanged(open)) this.onChanged();
    }, PAUSE_MS);
  }

  private hasChanged({ index, files, state }: Open): boolean {
    const start = Date.now();
    this.trust = () => start - 1;
    try {
      return index.near(files).state?.() !== state;
    } catch (error) {
      // Whoever cancelled asks again.
      if (error instanceof Cancelled) return false;
      throw error;
    }
  }
}
