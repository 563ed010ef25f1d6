// Every function of the drivers runs as code with arguments that nobody knows: no exception, within the budget. Run with `npm run lanes`.

import { relative } from 'node:path';
import { expect, test } from 'vitest';
import { lowerFunction } from '../../server/src/core/flow/lower.ts';
import { eraById } from '../../server/src/core/model/eras/eras.ts';
import { explore } from '../../server/src/core/model/explore/explore.ts';
import { act, call, procedure } from '../../server/src/core/model/machine/code.ts';
import { Machine } from '../../server/src/core/model/machine/machine.ts';
import { bindingFor } from '../../server/src/core/run/bindings/bindings.ts';
import { compileProgram } from '../../server/src/core/run/program.ts';
import type { CodeSource } from '../../server/src/core/run/types.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { filesUnder, kernelTree, load, readText } from './kernelC/measure.ts';

const area = ['drivers/iommu', 'drivers/vfio'];

function runAlone(source: CodeSource, find: (name: string) => CodeSource | null): { executed: number; statements: number } {
  const [binding, era] = [bindingFor('v6.12'), eraById('v6.12')];
  if (binding === null || era === null) throw new Error('no era v6.12');
  const program = compileProgram({ binding, functions: new Map([[source.function, source]]), find, depth: 2 });
  if (program.unrunnable.length > 0) throw new Error(`${source.function}: ${program.unrunnable[0]?.detail ?? ''}`);
  const args = source.ir.parameters.map((parameter) => () => `?arg_${parameter.name}`);
  const machine = new Machine({
    procedures: new Map([...era.procedures, ...program.procedures].map((one) => [one.name, one])),
    threads: [
      { name: 'T1', main: procedure('T1', [], 'test', [act('read', 'begins', () => undefined), call(`c:${source.function}`, args)]) },
    ],
    initial: [['world', 'inject', true]],
    freeable: new Set(),
    monitor: null,
  });
  explore(machine, { maxStates: 200, reduce: true });
  const statements = program.coverage().find((one) => one.function === source.function)?.statements ?? [];
  return { executed: statements.filter((one) => one.executed !== 'no').length, statements: statements.length };
}

test('all functions of the drivers of 6.12 run with open arguments', { timeout: 600_000 }, async () => {
  const parser = await load('auto');
  const tree = kernelTree('6.12');
  const thrown: string[] = [];
  let [functions, executed, statements] = [0, 0, 0];
  for (const path of filesUnder(tree, area, '.c')) {
    const text = readText(path);
    const c = parseC(text, relative(tree, path), parser);
    const sources = new Map(c.functions.map((fn) => [fn.name, { file: c.path, function: fn.name, ir: lowerFunction(c, fn), text }]));
    for (const source of sources.values()) {
      functions++;
      try {
        const figures = runAlone(source, (name) => sources.get(name) ?? null);
        executed += figures.executed;
        statements += figures.statements;
      } catch (error) {
        thrown.push(`${c.path} ${source.function}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  process.stdout.write(
    `${functions} functions, ${executed} of ${statements} statements executed (${((100 * executed) / statements).toFixed(1)} %)\n`,
  );
  expect(thrown).toEqual([]);
});
