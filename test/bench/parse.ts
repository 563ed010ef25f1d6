import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lowerFunction } from '../../server/src/core/flow/lower.ts';
import { functionExtents } from '../../server/src/core/syntax/extents.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';
import { areaFiles, kernelTree, line, median } from './material.ts';

const ROUNDS = 5;

function cpu(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const used = process.cpuUsage(start);
  return (used.user + used.system) / 1e6;
}

/** CPU of the whole front end over drivers/iommu and drivers/vfio, beside the bare parse of the same texts in the same run. */
export async function benchParse(): Promise<void> {
  const tree = kernelTree('6.12');
  if (tree === null) {
    line('the kernel tree is missing: not run');
    return;
  }
  const texts = areaFiles(tree).map((path) => ({ path, text: readFileSync(path, 'utf8') }));
  for (const mode of ['native', 'wasm'] as const) {
    const parser = await loadParser(mode).catch(() => null);
    if (parser === null) {
      line(`${mode}: does not load here`);
      continue;
    }
    const bare: number[] = [];
    const whole: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(cpu(() => texts.forEach(({ text }) => parser.parse(text))));
      whole.push(
        cpu(() => {
          for (const { path, text } of texts) {
            const c = parseC(text, path, parser);
            for (const fn of c.functions) lowerFunction(c, fn, { gaps: [] });
          }
        }),
      );
    }
    const ratio = median(whole.map((one, at) => one / (bare[at] ?? one)));
    line(`${mode}: bare parse and table ${median(bare).toFixed(2)} s; rewrite + parse + table + IR ${median(whole).toFixed(2)} s`);
    line(`${mode}: ratio ${ratio.toFixed(2)} (CPU, median of ${String(ROUNDS)} rounds in turn, ${String(texts.length)} files)`);
    const iommu = readFileSync(join(tree, 'drivers/iommu/iommu.c'), 'utf8');
    const functions = functionExtents(iommu).map((one) => iommu.slice(one.start, one.end));
    const each = median(
      Array.from({ length: ROUNDS }, () => cpu(() => functions.forEach((text) => parseC(text, 'iommu.c', parser))) / functions.length),
    );
    line(`${mode}: one function of iommu.c read again: ${(each * 1000).toFixed(2)} ms (CPU, mean over ${String(functions.length)})`);
  }
}
