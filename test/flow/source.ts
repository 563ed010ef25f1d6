// Sources for the tests of the flow layer: parsed by the real parser, lowered and analysed through the public door.

import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import type { Procedure } from '../../server/src/core/flow/ir.ts';
import { lowerFunction } from '../../server/src/core/flow/lower.ts';
import { printIr } from '../../server/src/core/flow/print.ts';
import { analyseFile, type FlowFile, type FlowFunction } from '../../server/src/core/flow/program.ts';
import { parseFragments } from '../../server/src/core/syntax/fragments.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';

const parser = await loadParser('auto');

export { parser };

/** The graph of the last function of a text. */
export function procedureOf(text: string): Procedure {
  const file = parseC(text, 'drivers/iommu/demo.c', parser);
  const fn = file.functions.at(-1);
  if (!fn) throw new Error('no function');
  return lowerFunction(file, fn, { gaps: [] });
}

/** Blocks and edges of the last function of a text, one a line, without its heading. */
export function graphOf(text: string): string[] {
  return printIr(procedureOf(text), 'text').trimEnd().split('\n').slice(1);
}

export function flowOf(text: string): FlowFile {
  return analyseFile({ c: parseC(text, 'drivers/iommu/demo.c', parser), gaps: [] }, { cancel: neverCancelled });
}

/** The flow of some hunks of one function whose heading git shows. */
export function flowOfHunks(heading: string, hunks: readonly string[]): FlowFile {
  const file = parseFragments(
    hunks.map((text) => ({ text, heading })),
    'drivers/iommu/demo.c',
    parser,
  );
  return analyseFile({ c: file.c, gaps: file.gaps }, { cancel: neverCancelled });
}

export function functionOf(flow: FlowFile, name: string): FlowFunction {
  const found = flow.functions.find((one) => one.fn.name === name);
  if (!found) throw new Error(`no function ${name}`);
  return found;
}

/** The states of locks at the exits of a function, each once: `demo->lock held`; `-` for an exit without a changed lock. */
export function exitsOf(flow: FlowFile, name: string): string[] {
  const locks = flow.locks(functionOf(flow, name));
  if (!locks) return [];
  const { values, exits } = locks.result;
  const lines = exits.map((exit) => {
    const changed = exit.state.locks.records.filter((record) => record.status !== 'freed' && record.status !== 'required');
    return changed.map((record) => `${values.printPlace(record.lock)} ${record.status}`).join(', ') || '-';
  });
  return [...new Set(lines)].sort();
}
