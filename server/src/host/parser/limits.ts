import type { ParseOutcome } from '../../core/base/outside.ts';

/** Bounds of one parse. Both are outer guards: ordinary kernel files stay far below them. */
export interface ParserLimits {
  /** Longest text, in UTF-16 units. */
  readonly maxLength: number;
  /** Longest time of one parse, in milliseconds of the processor: a busy machine takes longer and gives the same answer. */
  readonly budgetMs: number;
}

export const defaultLimits: ParserLimits = { maxLength: 1024 * 1024, budgetMs: 500 };

/** Refuses what must not reach the parser: NULs make its error recovery quadratic, and so do texts of many megabytes. */
export function refusal(text: string, limits: ParserLimits): ParseOutcome | null {
  if (text.length > limits.maxLength) {
    return { ok: false, reason: 'size', detail: `${String(text.length)} characters, the limit is ${String(limits.maxLength)}` };
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) return { ok: false, reason: 'nul', detail: `NUL at offset ${String(nul)}: not a C text` };
  return null;
}

/** So many milliseconds of a parse are not counted: most take less, and to ask for the processor's time costs more than a small one. */
const GRACE_MS = 10;

/** Starts the clock of one parse. */
export function startBudget(limits: ParserLimits): { expired: () => boolean; outcome: ParseOutcome } {
  let look = performance.now() + Math.min(GRACE_MS, limits.budgetMs);
  let start: NodeJS.CpuUsage | null = null;
  return {
    // The clock on the wall is the cheap one to ask; the processor's time is never ahead of it while one thread parses.
    expired: () => {
      const now = performance.now();
      if (now <= look) return false;
      start ??= process.cpuUsage();
      const { user, system } = process.cpuUsage(start);
      const left = limits.budgetMs - (user + system) / 1000;
      look = now + Math.max(left, 0);
      return left <= 0;
    },
    outcome: { ok: false, reason: 'budget', detail: `too complex: not parsed within ${String(limits.budgetMs)} ms` },
  };
}
