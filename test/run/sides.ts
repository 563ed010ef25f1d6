// Sides of a patch for tests: C texts in which every line counts as changed, unless the test says which.

import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { analyseFiles, type FlowFile } from '../../server/src/core/flow/program.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import type { RunFile, RunSide } from '../../server/src/core/run/entry/files.ts';
import { outside } from '../rules/review.ts';

/** A whole file; `isChanged` gets a UTF-16 offset. */
export function runFile(text: string, isChanged: (offset: number) => boolean = () => true): RunFile {
  return { path: 'drivers/iommu/iommu.c', c: parseC(text, 'drivers/iommu/iommu.c', outside), gaps: [], isChanged };
}

/** A side of one file. */
export function runSide(text: string, isChanged?: (offset: number) => boolean): RunSide {
  const file = runFile(text, isChanged);
  const [flow] = analyseFiles([file], { cancel: neverCancelled });
  return {
    files: [file],
    flow: (): FlowFile => {
      if (flow === undefined) throw new Error('no file');
      return flow;
    },
  };
}
