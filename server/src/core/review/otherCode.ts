// Code of functions that a patch calls and does not show: of the earlier patches of its series, and of the kernel tree.

import { lowerFunction } from '../flow/lower.ts';
import type { TreeFunctions } from '../flow/tree-functions.ts';
import type { RuleContext } from '../rules/rule.ts';
import { SideFunctions } from '../run/entry/functions.ts';
import type { CodeSource } from '../run/types.ts';
import type { ReviewedFile } from './side.ts';

/** What one patch of a series left: its files after it. */
export interface PatchCode {
  /** `1/4`, or the number of the patch at hand. */
  readonly part: string;
  readonly files: readonly ReviewedFile[];
  readonly flow: RuleContext['flow'];
}

/** Functions that stand outside of a patch. The path of what an earlier patch shows is marked, since the file under review has other offsets. */
export interface OtherCode {
  /** A function as the latest of the earlier patches shows it, else as the tree has it; null where neither shows it wholly. */
  find(name: string, from: string): CodeSource | null;
  /** Functions that the earlier patches change, as the last of them leaves them. */
  readonly changed: ReadonlyMap<string, CodeSource>;
}

/** What a patch can call besides its own functions. `earlier`: the patches of its series before it, in their order. */
export function otherCode(earlier: readonly PatchCode[], tree: TreeFunctions | null, underReview: readonly ReviewedFile[]): OtherCode {
  const changed = new Map<string, CodeSource>();
  const shown = earlier.map((patch) => {
    const functions = functionsOf(patch);
    const source = (name: string): CodeSource | null => {
      const found = functions.source(name);
      return found === null ? null : { ...found, file: `${found.file} (${patch.part})` };
    };
    for (const { fn } of functions.changed()) {
      const last = source(fn.name);
      if (last === null) changed.delete(fn.name);
      else changed.set(fn.name, last);
    }
    return source;
  });
  shown.reverse();
  const paths = new Set(underReview.map((file) => file.path));
  const found = new Map<string, CodeSource | null>();
  const locate = (name: string, from: string): CodeSource | null => {
    for (const source of shown) {
      const code = source(name);
      if (code !== null) return code;
    }
    const callee = tree?.find(name, from) ?? null;
    const c = callee === null || paths.has(callee.path) ? null : (tree?.file(callee) ?? null);
    const [fn] = c?.functions ?? [];
    if (c === null || fn === undefined) return null;
    return { file: c.path, function: name, ir: lowerFunction(c, fn, { gaps: [] }), text: c.text };
  };
  return {
    changed,
    find: (name, from) => {
      const key = `${name} ${from}`;
      let source = found.get(key);
      if (source === undefined) found.set(key, (source = locate(name, from)));
      return source;
    },
  };
}

function functionsOf({ files, flow }: PatchCode): SideFunctions {
  const flowIn = (file: { readonly path: string }): ReturnType<RuleContext['flow']> => {
    const found = files.find((one) => one === file);
    if (found === undefined) throw new RangeError(`${file.path} is no file of this patch`);
    return flow(found);
  };
  return new SideFunctions({ files, flow: flowIn });
}
