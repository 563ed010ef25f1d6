// The functions of a kernel tree as code to run.

import { join } from 'node:path';
import { lowerFunction } from '../../../server/src/core/flow/lower.ts';
import type { CodeSource } from '../../../server/src/core/run/types.ts';
import { parseC } from '../../../server/src/core/syntax/parse.ts';
import type { CFile } from '../../../server/src/core/syntax/types.ts';
import type { LoadedParser } from '../../../server/src/host/parser/load-parser.ts';
import { kernelTree, readText } from '../kernelC/measure.ts';

/** Files of the IOMMU core whose functions run as code, and headers with functions of theirs. */
const FILES: Readonly<Record<string, { readonly code: readonly string[]; readonly headers: readonly string[] }>> = {
  '6.1': { code: ['drivers/iommu/iommu.c'], headers: ['include/linux/iommu.h'] },
  '6.12': {
    code: ['drivers/iommu/iommu.c', 'drivers/iommu/iommu-sva.c'],
    headers: ['drivers/iommu/iommu-priv.h', 'include/linux/iommu.h'],
  },
};

export interface TreeFile {
  readonly path: string;
  readonly c: CFile;
}

export interface Tree {
  readonly version: string;
  readonly files: readonly TreeFile[];
  /** A function of the core by name, else one of the headers; null for any other. */
  find(name: string): CodeSource | null;
  /** Names of the functions of the core, in the order of the files. */
  readonly names: readonly string[];
}

/** A function of a parsed file as code; null where the file does not have it. */
export const sourceIn = (path: string, c: CFile, name: string): CodeSource | null => {
  const fn = c.functions.find((one) => one.name === name);
  return fn === undefined ? null : { file: path, function: name, ir: lowerFunction(c, fn), text: c.text };
};

/** A tree with one of its files replaced by another text, where one is given. Throws where the tree is missing. */
export function readTree(version: string, parser: LoadedParser, changed: ReadonlyMap<string, string> = new Map()): Tree {
  const root = kernelTree(version);
  const wanted = FILES[version] ?? { code: [], headers: [] };
  const read = (path: string): TreeFile => ({ path, c: parseC(changed.get(path) ?? readText(join(root, path)), path, parser) });
  const files = wanted.code.map(read);
  const headers = wanted.headers.map(read);
  const known = new Map<string, CodeSource | null>();
  return {
    version,
    files,
    names: files.flatMap((file) => file.c.functions.map((fn) => fn.name)),
    find: (name) => {
      let found = known.get(name);
      if (found === undefined) {
        found = [...files, ...headers].map((file) => sourceIn(file.path, file.c, name)).find((one) => one !== null) ?? null;
        known.set(name, found);
      }
      return found;
    },
  };
}
