// The whole area with all rules: what a review of drivers/iommu and drivers/vfio costs, with an empty cache and with one that knows it.

import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';
import { areaFiles, kernelTree, line, median } from './material.ts';
import { costOf, isInstalled, type Cost } from './processes.ts';

const ROUNDS = 3;
const areas = ['drivers/iommu', 'drivers/vfio'];

interface Run {
  readonly cold: Cost;
  readonly warm: Cost;
}

/** One review with an empty cache, and the same once more. The runs write the same report, or the figures would mean nothing. */
export async function reviewTwice(tree: string, parser: string, jobs: number): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-area-'));
  try {
    const env = { ...process.env, IOMMU_REVIEW_CACHE: join(folder, 'cache'), IOMMU_REVIEW_PARSER: parser };
    const review = (out: string): Promise<Cost> => {
      const options = ['--kernel', tree, '--jobs', String(jobs), '--format', 'json', '-o', join(folder, out)];
      return costOf(process.execPath, [resolve('dist/cli.js'), 'review', ...options, ...areas], env, tree);
    };
    const cold = await review('cold.json');
    const warm = await review('warm.json');
    if (readFileSync(join(folder, 'cold.json'), 'utf8') !== readFileSync(join(folder, 'warm.json'), 'utf8'))
      line('the warm report is not the cold one: a parse ran out of time on a busy machine, or there is a bug');
    return { cold, warm };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Processor time of parsing the same files and copying their trees, nothing else, in this process. */
function bareParse(parse: (text: string) => unknown, texts: readonly string[]): number {
  const before = process.cpuUsage();
  for (const text of texts) parse(text);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

export async function benchArea(): Promise<void> {
  const tree = kernelTree('6.12');
  if (tree === null) {
    line('the kernel tree is missing: not run');
    return;
  }
  const paths = areaFiles(tree);
  const texts = paths.map((path) => readFileSync(path, 'utf8'));
  line(
    `${String(paths.length)} C files of drivers/iommu and drivers/vfio of 6.12, and their headers; all rules, calls followed into the tree.`,
  );
  line('CPU seconds of all processes, node itself included, from /proc every 5 ms; cold: an empty cache, warm: the same once more.');
  for (const mode of ['native', 'wasm'] as const) {
    const parser = await loadParser(mode).catch(() => null);
    if (parser === null) {
      line(`${mode}: does not load here`);
      continue;
    }
    bareParse(parser.parse, texts);
    const bare: number[] = [];
    const runs: Run[] = [];
    // In turn, so that a busy minute falls on both.
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(bareParse(parser.parse, texts));
      runs.push(await reviewTwice(tree, mode, 2));
    }
    const cold = median(runs.map((run) => run.cold.cpu));
    const warm = median(runs.map((run) => run.warm.cpu));
    const parse = median(bare);
    line(
      `${mode}, --jobs 2: cold ${cold.toFixed(2)} s, warm ${warm.toFixed(2)} s; the bare parse ${parse.toFixed(2)} s: ` +
        `ratios ${(cold / parse).toFixed(1)} and ${(warm / parse).toFixed(2)} (medians of ${String(ROUNDS)})`,
    );
    const one = await reviewTwice(tree, mode, 1);
    line(
      `${mode}, --jobs 1: cold ${one.cold.cpu.toFixed(2)} s, warm ${one.warm.cpu.toFixed(2)} s; ` +
        `memory of all processes together at most ${Math.max(one.cold.memory, one.warm.memory).toFixed(0)} MB`,
    );
  }
  await benchPeers(tree, paths);
}

/** The peers that look at locks, on the same files in the same run. */
async function benchPeers(tree: string, paths: readonly string[]): Promise<void> {
  if (!isInstalled('spatch')) line('coccinelle: missing (Debian package coccinelle)');
  else {
    const scripts = join(tree, 'scripts/coccinelle/locks');
    let total = 0;
    for (const script of readdirSync(scripts).sort()) {
      for (const area of areas) {
        const args = ['--very-quiet', '-D', 'report', '--no-includes', '--include-headers', '--patch', tree];
        total += (await costOf('spatch', [...args, '--cocci-file', join(scripts, script), '--dir', join(tree, area)])).cpu;
      }
    }
    line(`coccinelle's lock scripts: ${total.toFixed(1)} s`);
  }
  if (!isInstalled('sparse')) line('sparse: missing (Debian package sparse)');
  else if (!existsSync(join(tree, 'include/generated/autoconf.h'))) line('sparse: needs a tree that was configured and built: not run');
  else {
    const flags = ['-D__KERNEL__', '-D__CHECKER__', '-nostdinc', '-include', join(tree, 'include/linux/kconfig.h')];
    const includes = ['include', 'arch/x86/include', 'arch/x86/include/generated', 'include/uapi', 'arch/x86/include/uapi'];
    let total = 0;
    for (const path of paths) total += (await costOf('sparse', [...flags, ...includes.map((one) => `-I${join(tree, one)}`), path])).cpu;
    line(`sparse: ${total.toFixed(1)} s`);
  }
}
