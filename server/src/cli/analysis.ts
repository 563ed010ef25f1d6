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

export interface AnalysisWanted {
  readonly kernel: string | null;
  readonly trusted: boolean;
  /** Further folders of the tree into which calls are followed. */
  readonly indexFolders?: readonly string[];
  readonly children: number;
  /** One piece of work longer than this is ended, in milliseconds; the usual guard unless given. */
  readonly workMs?: number;
}

/**
 * Runs a command's work with its analysis processes. The first one starts at once, so that it loads while the inputs are read.
 * On Ctrl-C or SIGTERM the processes end at once and so does this one; the signals are listened to before any process exists.
 */
export async function withAnalysis<T>(wanted: AnalysisWanted, work: (pool: AnalysisPool) => Promise<T>): Promise<T> {
  let pool: AnalysisPool | null = null;
  const stop = (): void => {
    pool?.close();
    process.exit(Exit.interrupted);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // All bundles lie in one folder.
  const entry = join(dirname(fileURLToPath(import.meta.url)), 'analysis.js');
  const { kernel, trusted, indexFolders = [], children } = wanted;
  pool = new AnalysisPool({ entry, children, configure: { kernel, trusted, indexFolders, parser: parserMode(), oneRun: true } });
  try {
    return await work(pool);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    pool.close();
  }
}
