// `iommu-review print`: what the front ends make of an input, for people who debug and for tests.

import type { PrintKind } from '../protocol/analysis.ts';
import { safeJson, visible } from '../core/report/terminal.ts';
import { readInputs } from '../host/input/read-inputs.ts';
import { withAnalysis } from './analysis.ts';
import { Exit, say, UsageError, writeResult } from './output.ts';
import { chooseTree } from './tree-option.ts';

export interface PrintFlags {
  readonly kernel?: string;
  readonly follow: readonly string[];
  readonly function?: string;
  readonly format: 'text' | 'json';
}

/** Prints one input after the other; JSON is one line each. What cannot be read is named on standard error and makes the status 3. */
export async function printCommand(what: PrintKind, inputs: readonly string[], flags: PrintFlags): Promise<number> {
  if (inputs.length === 0) throw new UsageError('no INPUT given (- reads from standard input)');
  const { kernel, trusted, repository } = chooseTree(flags.kernel, inputs);
  const options = { what, function: flags.function ?? null, format: flags.format };
  return withAnalysis({ kernel, trusted, indexFolders: flags.follow, children: 1 }, async (pool) => {
    const printed = new Set<number>();
    const failed = new Set<number>();
    for await (const item of readInputs(inputs, { cwd: process.cwd(), kernel, repository, stdin: process.stdin })) {
      if (item.type === 'problem') {
        failed.add(item.argument);
        say(`${item.path}: ${item.problem.message}`);
        continue;
      }
      const result = await pool.print(item.unit, options);
      if (result.ok) {
        printed.add(item.argument);
        await writeResult(flags.format === 'json' ? safeJson(result.value) : visible(result.value), null);
      } else {
        failed.add(item.argument);
        say(`${item.unit.path}: ${result.message}`);
      }
    }
    return [...failed].some((argument) => !printed.has(argument)) ? Exit.unreadable : Exit.ok;
  });
}
