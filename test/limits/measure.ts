// Time and memory of one piece of work, in a process of its own, so that nothing else counts.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface Measured {
  /** Processor time in milliseconds, user and system. */
  readonly cpu: number;
  /** Largest resident set in MB. */
  readonly rss: number;
  /** What the probe says of its work. */
  readonly said: Readonly<Record<string, unknown>>;
}

/** The factor over the stated figures that a slow or busy machine is allowed. */
export const ALLOWANCE = 3;

/** Bundles and runs a probe of this folder, which prints one JSON object. */
export async function measureProbe(name: string, ...args: readonly string[]): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'iommu-review-limits-'));
  try {
    const outfile = join(folder, 'probe.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'probes', `${name}.ts`)],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    const text = execFileSync(process.execPath, [outfile, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
    return JSON.parse(text) as Measured;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Processor time in milliseconds that `work` takes, the least of three runs. */
export function cpuOf(work: () => unknown): number {
  let least = Infinity;
  for (let run = 0; run < 3; run++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
