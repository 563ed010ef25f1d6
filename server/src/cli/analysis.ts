// The analysis processes behind a command, and the ways in which a command ends before its work is done.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Configure } from '../protocol/analysis.ts';
import { AnalysisPool } from '../host/analysis/pool.ts';
import { Exit } from './output.ts';

/** Which parser is loaded can be forced for tests and for comparing: `IOMMU_REVIEW_PARSER=wasm`. */
function parserMode(): Configure['parser'] {
  const wanted = process.env['IOMMU_REVIEW_PARSER'];
  return wanted === 'native' || wanted === 'wasm' ? wanted : 'auto';
}

/** Starts the first process at once, so that it loads while the inputs are read. */
export function startAnalysis(kernel: string | null, trusted: boolean, children: number): AnalysisPool {
  // All bundles lie in one folder.
  const entry = join(dirname(fileURLToPath(import.meta.url)), 'analysis.js');
  return new AnalysisPool({ entry, children, configure: { kernel, trusted, parser: parserMode() } });
}

/** Runs a command's work; on Ctrl-C or SIGTERM the processes end at once and so does this one. */
export async function withAnalysis<T>(pool: AnalysisPool, work: () => Promise<T>): Promise<T> {
  const stop = (): void => {
    pool.close();
    process.exit(Exit.interrupted);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    return await work();
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    pool.close();
  }
}
