import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lowerFunction } from '../../server/src/core/flow/lower.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import type { CFile } from '../../server/src/core/syntax/types.ts';
import { updateC } from '../../server/src/core/syntax/update.ts';
import { loadParser, type LoadedParser } from '../../server/src/host/parser/load-parser.ts';
import { areaFiles, kernelTree, line, median } from './material.ts';

const ROUNDS = 5;

interface Source {
  readonly path: string;
  readonly text: string;
}

/** CPU seconds of all threads, user and system. */
function cpu(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const used = process.cpuUsage(start);
  return (used.user + used.system) / 1e6;
}

/** Lowers every function at once: nothing is left for whoever asks later. Gives the number of blocks, so that no graph is dropped unmade. */
function lowerAll(file: CFile): number {
  return file.functions.reduce((blocks, fn) => blocks + lowerFunction(file, fn).blocks.length, 0);
}

/** CPU of the whole front end over drivers/iommu and drivers/vfio, beside the bare parse of the same texts in the same run. */
export async function benchParse(): Promise<void> {
  const tree = kernelTree('6.12');
  if (tree === null) {
    line('the kernel tree is missing: not run');
    return;
  }
  const texts = areaFiles(tree).map((path) => ({ path, text: readFileSync(path, 'utf8') }));
  line(
    'CPU of the process over drivers/iommu and drivers/vfio of 6.12, in one process. bare: the texts as they are, parsed and copied into',
  );
  line('a table. whole: rewrite, parse and table of the rewritten text, repairs, and the graph of every function.');
  for (const mode of ['native', 'wasm'] as const) {
    const parser = await loadParser(mode).catch(() => null);
    if (parser === null) {
      line(`${mode}: does not load here`);
      continue;
    }
    benchWhole(mode, parser, texts);
    benchEdit(mode, parser, readFileSync(join(tree, 'drivers/iommu/iommu.c'), 'utf8'));
  }
}

function benchWhole(mode: string, parser: LoadedParser, texts: readonly Source[]): void {
  const bare: number[] = [];
  const syntax: number[] = [];
  const graphs: number[] = [];
  let blocks = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const parseBare = (): number => bare.push(cpu(() => texts.forEach(({ text }) => parser.parse(text))));
    const parseWhole = (): void => {
      const files: CFile[] = [];
      syntax.push(cpu(() => texts.forEach(({ path, text }) => files.push(parseC(text, path, parser)))));
      graphs.push(cpu(() => (blocks = files.reduce((sum, file) => sum + lowerAll(file), 0))));
    };
    // Neither is always the one that finds the caches and the heap as the other left them.
    for (const one of round % 2 === 0 ? [parseBare, parseWhole] : [parseWhole, parseBare]) one();
  }
  const whole = syntax.map((one, at) => one + (graphs[at] ?? 0));
  const ratios = whole.map((one, at) => one / (bare[at] ?? one));
  const seconds = (values: readonly number[]): string => `${median(values).toFixed(2)} s`;
  line(`${mode}: bare ${seconds(bare)}, whole ${seconds(whole)}: with the graphs ${seconds(graphs)} (${String(blocks)} blocks)`);
  line(`${mode}: ratio ${median(ratios).toFixed(2)}, rounds ${ratios.map((one) => one.toFixed(2)).join(' ')} (the first is cold)`);
}

/** A statement is typed into each function of a file in turn: the file is brought up to date, and the graph of that function made anew. */
function benchEdit(mode: string, parser: LoadedParser, text: string): void {
  const typed = 'edited(dev);';
  const file = parseC(text, 'drivers/iommu/iommu.c', parser);
  const times: number[] = [];
  for (const [at, { body }] of file.functions.entries()) {
    const start = body.start + 1;
    const edited = `${text.slice(0, start)}${typed}${text.slice(start)}`;
    const once = (): number =>
      cpu(() => {
        const fresh = updateC(file, edited, { start, oldEnd: start, newEnd: start + typed.length }, parser);
        const fn = fresh.functions[at];
        if (fn) lowerFunction(fresh, fn);
      });
    times.push(median(Array.from({ length: ROUNDS }, once)));
  }
  const mean = times.reduce((sum, one) => sum + one, 0) / times.length;
  const ms = (value: number): string => `${(value * 1000).toFixed(2)} ms`;
  line(
    `${mode}: iommu.c (${String(text.split('\n').length)} lines) after an edit in one function, that one with its graph: ` +
      `mean ${ms(mean)}, median ${ms(median(times))}, largest ${ms(Math.max(...times))} of ${String(times.length)}`,
  );
}
