// What the front ends make of one input: for people who look into a result, and for tests.

import type { PrintOptions, UnitInput } from '../../protocol/analysis.ts';
import type { Outside } from '../base/outside.ts';
import { neverCancelled } from '../base/cancel.ts';
import { describeSummary, summaryText, type PrintedSummary } from '../flow/print-summary.ts';
import { printIr } from '../flow/print.ts';
import { analyseFiles } from '../flow/program.ts';
import { TreeClasses } from '../flow/tree-classes.ts';
import { TreeFunctions } from '../flow/tree-functions.ts';
import { describePatch, type DescribedPatch } from '../patch/describe.ts';
import { parseMessage } from '../patch/message.ts';
import { printTree } from '../syntax/print.ts';
import { flowOf } from './collect.ts';
import { eraOf, wordsOf } from './era.ts';
import { placePatch, unpatchedTree } from './patchSides.ts';
import type { ReviewedFile } from './side.ts';
import { presentSide } from './sides.ts';
import { decodeC } from './decodeC.ts';

/**
 * One input as text, or as one line of JSON; each ends in a line feed. `patch`: what git sees in a mail. `tree`: the syntax of its C
 * files after the patch, or of a C file. `ir`: the control-flow graphs of their functions. `summary`: what their callers see of them.
 * Throws for what is not available.
 */
export function printUnit(input: UnitInput, world: Outside, options: PrintOptions): string {
  const json = options.format === 'json';
  if (options.what === 'patch') {
    if (input.kind === 'source') throw new Error('a C file has no patch');
    const described = describePatch(parseMessage(input.bytes, input, world), world);
    return json ? `${JSON.stringify(described)}\n` : patchText(described);
  }
  const { files, outside } = filesOf(input, world);
  if (options.what === 'tree') return json ? treeJson(input.path, files, options.function) : treeText(files, options.function);
  if (options.what === 'ir') return json ? irJson(input.path, files, outside, options.function) : irText(files, outside, options.function);
  const summaries = summariesOf(input, files, outside, options.function);
  return json ? `${JSON.stringify({ path: input.path, files: summaries })}\n` : summariesText(summaries);
}

/** A C file, or those of a mail's patch (its own, or the quoted one) as they are after it; and the world that a review sees them in. */
function filesOf(input: UnitInput, world: Outside): { readonly files: readonly ReviewedFile[]; readonly outside: Outside } {
  if (input.kind === 'source') {
    const outside = world.near(input.treePath === null ? [] : [input.treePath]);
    return { files: [presentSide(input.treePath ?? input.path, decodeC(input.bytes, outside).text, outside)], outside };
  }
  const message = parseMessage(input.bytes, input, world);
  const { sides, outside } = placePatch(message, message.patch ?? message.quoted, unpatchedTree(), world, neverCancelled);
  return { files: sides.after, outside };
}

function patchText(patch: DescribedPatch): string {
  const lines = [
    `subject: ${patch.subject ?? ''}`,
    `author: ${patch.author ?? ''} <${patch.email ?? ''}>`,
    `message-id: ${patch.message_id ?? ''}`,
    ...patch.files.map((file) => {
      const base = file.base === undefined ? '' : `, base ${file.base}, after ${file.after ?? 'none'}`;
      return `file: ${file.path} +${String(file.added ?? '?')} -${String(file.deleted ?? '?')}${base}`;
    }),
    ...patch.problems.map((problem) => `problem: ${problem.line === null ? '' : `line ${String(problem.line)}: `}${problem.message}`),
  ];
  const own = lines.map((line) => `${line}\n`).join('');
  return patch.quoted === null ? own : `${own}quoted:\n${patchText(patch.quoted).replace(/^(?=.)/gm, '  ')}`;
}

function treeText(files: readonly ReviewedFile[], only: string | null): string {
  return files
    .map((file) => `${file.path} (depth ${file.depth})\n${(printTree(file.c, only, 'text') ?? '').replace(/^(?=.)/gm, '  ')}`)
    .join('');
}

function treeJson(path: string, files: readonly ReviewedFile[], only: string | null): string {
  const printed = files.map((file) => ({
    path: file.path,
    depth: file.depth,
    ...(JSON.parse(printTree(file.c, only, 'json') ?? '{"functions":[],"problems":[],"nodes":[]}') as object),
  }));
  return `${JSON.stringify({ path, files: printed })}\n`;
}

/** The graphs of the functions of each file, as the rules see them: with the cleanup classes of all files and of the tree. */
function graphsOf(files: readonly ReviewedFile[], outside: Outside, only: string | null) {
  const flows = analyseFiles(files, { cancel: neverCancelled, classes: TreeClasses.of(outside) });
  return flows.map((flow) => flow.c.functions.filter((fn) => only === null || fn.name === only).map((fn) => flow.functionOf(fn).procedure));
}

function irText(files: readonly ReviewedFile[], outside: Outside, only: string | null): string {
  const graphs = graphsOf(files, outside, only);
  return files.flatMap((file, at) => (graphs[at] ?? []).map((graph) => printIr(graph, 'text', file.c.text))).join('\n');
}

function irJson(path: string, files: readonly ReviewedFile[], outside: Outside, only: string | null): string {
  const graphs = graphsOf(files, outside, only);
  const printed = files.map((file, at) => ({
    path: file.path,
    functions: (graphs[at] ?? []).map((graph) => JSON.parse(printIr(graph, 'json')) as unknown),
  }));
  return `${JSON.stringify({ path, files: printed })}\n`;
}

interface FileSummaries {
  readonly path: string;
  readonly depth: string;
  readonly functions: readonly PrintedSummary[];
}

/** Summaries by the contracts of the era that a review would choose by itself, and by the code of the tree. */
function summariesOf(input: UnitInput, files: readonly ReviewedFile[], outside: Outside, only: string | null): FileSummaries[] {
  const era = eraOf('auto', outside, ...eraSigns(input, files, outside));
  const tree = outside.hasTree ? TreeFunctions.of(outside) : null;
  const flow = flowOf(files, era, outside, tree, neverCancelled);
  return files.map((file) => ({
    path: file.path,
    depth: file.depth,
    functions: flow(file)
      .functions.filter((one) => only === null || one.fn.name === only)
      .map((one) => describeSummary(flow(file), one)),
  }));
}

function eraSigns(input: UnitInput, files: readonly ReviewedFile[], outside: Outside): [Set<string>, number | null] {
  if (input.kind === 'source') return [new Set(files.flatMap((file) => file.c.text.match(/[A-Za-z_]\w*/g) ?? [])), null];
  const message = parseMessage(input.bytes, input, outside);
  return [wordsOf(message, message.patch ?? message.quoted), message.dateEpoch];
}

function summariesText(files: readonly FileSummaries[]): string {
  return files
    .map(
      ({ path, depth, functions }) =>
        `${path} (depth ${depth})\n${functions
          .map(summaryText)
          .join('')
          .replace(/^(?=.)/gm, '  ')}`,
    )
    .join('');
}
