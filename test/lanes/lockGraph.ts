// The orders of locks in whole folders of a kernel tree, all files analysed together.

import { readFileSync } from 'node:fs';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { lockEdges } from '../../server/src/core/flow/lock-edges.ts';
import { analyseFiles } from '../../server/src/core/flow/program.ts';
import { TreeClasses } from '../../server/src/core/flow/tree-classes.ts';
import { TreeTypes } from '../../server/src/core/flow/tree-types.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { decodeSource } from '../../server/src/core/base/source-text.ts';
import { createOutside } from '../../server/src/host/outside.ts';
import { filesUnder, kernelTree, load } from './kernelC/measure.ts';

/** One order: who takes `inner` while it holds `outer`, and through which functions. */
export interface FoundOrder {
  readonly outer: string;
  readonly inner: string;
  readonly path: string;
  readonly function: string;
  readonly chain: readonly string[];
  readonly isGuess: boolean;
}

/** All orders in the C files of folders (or single files) of a tree. */
export async function ordersOf(version: string, era: string, folders: readonly string[], single: readonly string[]): Promise<FoundOrder[]> {
  const tree = kernelTree(version);
  const outside = createOutside({
    parser: await load('auto'),
    configure: { kernel: tree, trusted: false, indexFolders: folders },
    observer: { parseBegins: () => undefined, parseEnds: () => undefined },
    quarantined: new Set(),
  });
  const paths = [...filesUnder(tree, folders, '.c'), ...single.map((one) => `${tree}/${one}`)];
  const inputs = paths.map((path) => {
    const treePath = path.slice(tree.length + 1);
    const { text } = decodeSource(readFileSync(path), outside);
    return { c: parseC(text, treePath, outside, { macros: outside.macroWords(treePath) }), gaps: [] };
  });
  const flows = analyseFiles(inputs, {
    cancel: neverCancelled,
    era: { id: era, certain: true },
    classes: new TreeClasses(outside),
    types: new TreeTypes(outside),
  });
  return flows.flatMap((flow) =>
    flow.functions.flatMap((fn) =>
      lockEdges(flow, fn, true).map((edge) => ({
        outer: edge.outer,
        inner: edge.inner,
        path: flow.c.path,
        function: fn.fn.name,
        chain: edge.chain.map((link) => link.function),
        isGuess: edge.isGuess,
      })),
    ),
  );
}
