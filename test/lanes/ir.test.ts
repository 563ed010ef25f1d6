// Graphs of all functions of real trees. Run with `npm run lanes`; needs the kernel trees that CONTRIBUTING.md names.

import { describe, expect, it } from 'vitest';
import type { Instruction, Procedure, Terminator } from '../../server/src/core/flow/ir.ts';
import { successors } from '../../server/src/core/flow/ir.ts';
import { lowerFunction } from '../../server/src/core/flow/lower.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import type { CFile, CFunction } from '../../server/src/core/syntax/types.ts';
import { filesUnder, kernelTree, load, readText } from './kernelC/measure.ts';

const area = ['drivers/iommu', 'drivers/vfio'];
const minutes = 60_000;

interface Lowered {
  readonly file: CFile;
  readonly fn: CFunction;
  readonly procedure: Procedure;
}

async function lowerArea(version: string): Promise<Lowered[]> {
  const parser = await load('auto');
  return filesUnder(kernelTree(version), area, '.c').flatMap((path) => {
    const file = parseC(readText(path), path, parser);
    return file.functions.map((fn) => ({ file, fn, procedure: lowerFunction(file, fn, { gaps: [] }) }));
  });
}

/** What the text at an instruction's range has to look like for the instruction to be read from it. */
function fits(text: string, one: Instruction | Terminator): boolean {
  if (one.macro !== null) return text.includes(one.macro.split('(')[0] ?? '') || one.op === 'branch';
  switch (one.op) {
    case 'call':
      return one.name === null ? text.includes('(') : text.startsWith(one.name);
    case 'assign':
      return (
        one.target.kind !== 'variable' ||
        one.target.variable.kind === 'temporary' ||
        text.includes(one.target.variable.name.replace(/@\d+$/u, ''))
      );
    case 'declare':
      return text.includes(one.variable.name.replace(/@\d+$/u, ''));
    case 'return':
      return one.implicit ? text === '}' : /^return\b/u.test(text);
    case 'jump':
      return one.label === null || /^goto\b/u.test(text);
    case 'opaque':
      return text === one.text;
    default:
      return text.length > 0;
  }
}

/** Whether an instruction is read from the text of its range, or from that of the file's macro that is called there. */
function isReadThere(file: CFile, one: Instruction | Terminator): boolean {
  const text = file.text.slice(one.span.start, one.span.end);
  if (fits(text, one)) return true;
  const macro = file.macroBodies.find(({ name }) => text.startsWith(`${name}(`));
  if (!macro) return false;
  const { start, end } = macro.tree.span(macro.bodyRow);
  const body = file.text.slice(start, end);
  return one.op === 'call' && one.name !== null ? body.includes(`${one.name}(`) : fits(body, one);
}

describe.each(['6.12', '6.1'])('Linux %s', (version) => {
  it(
    'lowers every function, with at most 0.5 % of the statements closed',
    async () => {
      const all = await lowerArea(version);
      const statements = all.reduce((sum, one) => sum + one.procedure.statements, 0);
      const closed = all.flatMap(({ file, fn, procedure }) =>
        procedure.opaque.map(
          (one) => `${one.reason} ${file.path}:${String(file.text.slice(0, one.span.start).split('\n').length)} ${fn.name}`,
        ),
      );
      process.stdout.write(
        `${version}: ${String(all.length)} functions, ${String(statements)} statements, closed: ${String(closed.length)}\n`,
      );
      for (const one of closed.slice(0, 40)) process.stdout.write(`  ${one}\n`);
      expect(all.length).toBeGreaterThan(2500);
      expect(closed.length / statements).toBeLessThanOrEqual(0.005);
      expect(all.filter(({ procedure }) => procedure.blocks.length === 0).map(({ fn }) => fn.name)).toEqual([]);
    },
    5 * minutes,
  );

  it(
    'reads every instruction from the statement it came from',
    async () => {
      const wrong: string[] = [];
      for (const { file, fn, procedure } of await lowerArea(version)) {
        for (const block of procedure.blocks) {
          for (const one of [...block.instructions, block.terminator]) {
            const text = file.text.slice(one.span.start, one.span.end);
            const inside = one.span.start >= fn.span.start && one.span.end <= fn.span.end;
            if (!inside || !isReadThere(file, one))
              wrong.push(`${file.path} ${fn.name} ${one.op} ${one.macro ?? ''}: ${text.slice(0, 60)}`);
          }
        }
      }
      expect(wrong.slice(0, 20)).toEqual([]);
    },
    5 * minutes,
  );

  it(
    'leads every edge to a block, and to every block an edge',
    async () => {
      const wrong: string[] = [];
      for (const { fn, procedure } of await lowerArea(version)) {
        const reached = new Set<number>([0]);
        for (const block of procedure.blocks)
          for (const to of successors(block.terminator)) {
            reached.add(to);
            if (!procedure.blocks[to]) wrong.push(`${fn.name}: no block ${String(to)}`);
          }
        if (reached.size !== procedure.blocks.length)
          wrong.push(`${fn.name}: ${String(procedure.blocks.length - reached.size)} blocks nobody reaches`);
      }
      expect(wrong).toEqual([]);
    },
    5 * minutes,
  );
});
