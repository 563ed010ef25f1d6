// What the front ends make of one input: for people who look into a result, and for tests.

import type { PrintOptions, UnitInput } from '../../protocol/analysis.ts';
import { neverCancelled } from '../base/cancel.ts';
import type { Outside } from '../base/outside.ts';
import { printIr } from '../flow/print.ts';
import { analyseFiles } from '../flow/program.ts';
import { TreeClasses } from '../flow/tree-classes.ts';
import { describePatch, type DescribedPatch } from '../patch/describe.ts';
import { parseMessage } from '../patch/message.ts';
import { printTree } from '../syntax/print.ts';
import { baseOf } from './base.ts';
import type { ReviewedFile } from './side.ts';
import { hunkSide, presentSide, wholeSide } from './sides.ts';
import { decodeC } from './decodeC.ts';

/**
 * One input as text, or as one line of JSON; each ends in a line feed. `patch`: what git sees in a mail. `tree`: the syntax of its C
 * files after the patch, or of a C file. `ir`: the control-flow graphs of their functions. Throws for what is not available.
 */
export function printUnit(input: UnitInput, outside: Outside, options: PrintOptions): string {
  const json = options.format === 'json';
  if (options.what === 'patch') {
    if (input.kind === 'source') throw new Error('a C file has no patch');
    const described = describePatch(parseMessage(input.bytes, input, outside), outside);
    return json ? `${JSON.stringify(described)}\n` : patchText(described);
  }
  const files = input.kind === 'source' ? [presentFile(input.path, input.bytes, outside)] : filesAfter(input, outside);
  if (options.what === 'tree') return json ? treeJson(input.path, files, options.function) : treeText(files, options.function);
  if (options.what === 'ir') return json ? irJson(input.path, files, outside, options.function) : irText(files, outside, options.function);
  throw new Error(`${options.what} cannot be printed in this version`);
}

function presentFile(path: string, bytes: Uint8Array, outside: Outside): ReviewedFile {
  return presentSide(path, decodeC(bytes, outside).text, outside);
}

/** The C files of a mail's patch (its own, or the quoted one) as they are after it. */
function filesAfter(input: Extract<UnitInput, { kind: 'mail' }>, outside: Outside): ReviewedFile[] {
  const message = parseMessage(input.bytes, input, outside);
  const files: ReviewedFile[] = [];
  for (const change of (message.patch ?? message.quoted)?.files ?? []) {
    const path = change.newPath;
    if (path === null || !/\.[ch]$/.test(path)) continue;
    const { texts, depth } = baseOf(change, new Map(), outside);
    if (texts === null) files.push(hunkSide(path, change.hunks, 'after', message.positions, outside));
    else if (texts.after !== null) files.push(wholeSide(path, texts.after, 'after', texts.landed, depth, message.positions, outside));
  }
  return files;
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
  const flows = analyseFiles(files, {
    cancel: neverCancelled,
    classes: new TreeClasses(outside),
  });
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
