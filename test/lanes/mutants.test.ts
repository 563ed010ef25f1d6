// Broken and rewritten forms of functions of 6.12: the model must tell the broken ones, and neither the model nor a rule may speak of the
// rewritten ones. Run with `npm run lanes -- test/lanes/mutants.test.ts`; needs the kernel tree that CONTRIBUTING.md names.

import { describe, expect, it } from 'vitest';
import type { CFile } from '../../server/src/core/syntax/types.ts';
import { load } from './kernelC/measure.ts';
import { apply, functionNamed, type Changed } from './mutants/edits.ts';
import { harmlessOf } from './mutants/harmless.ts';
import { mutantsOf } from './mutants/operators.ts';
import { Mutants } from './mutants/run.ts';
import { staticFindings } from './mutants/static.ts';
import { survivors } from './mutants/survivors.ts';
import { mutatedFunctions, mutatedFunctions61 } from './mutants/targets.ts';
import { readTree } from './runTrees/code.ts';

const parser = await load('auto');

/** A tree, its iommu.c, and the runs of the functions in it. */
function subject(version: string): { readonly file: CFile; readonly runs: Mutants } {
  const tree = readTree(version, parser);
  const [core] = tree.files;
  if (core === undefined) throw new Error(`${version} has no iommu.c`);
  return { file: core.c, runs: new Mutants(tree, parser) };
}
const formsOf = (file: CFile, names: readonly string[], make: typeof mutantsOf): Changed[] =>
  names.flatMap((name) => make(file, functionNamed(file, name)));
const nameOf = (changed: Changed): string => `${changed.function}, ${changed.operator}: ${changed.what}`;

const broken = [
  ['6.12', mutatedFunctions],
  ['6.1', mutatedFunctions61],
] as const;

describe.each(broken)('functions of %s, broken in one place', (version, names) => {
  it('are told from the function as it is, all but those that were read', () => {
    const { file, runs } = subject(version);
    const outcomes = formsOf(file, names, mutantsOf).map((changed) => ({ changed, seen: runs.run(changed) }));
    const operators = [...new Set(outcomes.map((one) => one.changed.operator))];
    for (const operator of operators) {
      const own = outcomes.filter((one) => one.changed.operator === operator);
      process.stdout.write(`  ${operator}: ${String(own.filter((one) => one.seen !== null).length)} of ${String(own.length)}\n`);
    }
    const killed = outcomes.filter((one) => one.seen !== null).length;
    process.stdout.write(`${version}: ${String(killed)} of ${String(outcomes.length)} mutants are told, in ${String(runs.count)} runs\n`);
    expect(outcomes.length).toBeGreaterThan(100);
    expect(outcomes.filter((one) => one.seen === null).map((one) => nameOf(one.changed))).toEqual(
      (survivors[version] ?? []).map((one) => one.name),
    );
    expect(killed / outcomes.length).toBeGreaterThanOrEqual(0.85);
  });
});

describe('functions of 6.12, written otherwise', () => {
  const { file, runs } = subject('6.12');
  const forms = formsOf(file, mutatedFunctions, harmlessOf);
  const operators = [...new Set(forms.map((one) => one.operator))];

  it('come in each of the four ways', () => {
    expect(operators).toEqual(['rename', 'extract a helper', 'reorder independent lines', 'guard() instead of lock and unlock']);
  });

  it.each(operators)('%s: does the same in every run, and no rule speaks of it', (operator) => {
    const findings = staticFindings(parser);
    const before = findings(file.text);
    const seen: string[] = [];
    // One form of each function at a time.
    for (let round = 0; ; round++) {
      const batch = mutatedFunctions.flatMap(
        (name) => forms.filter((one) => one.operator === operator && one.function === name)[round] ?? [],
      );
      if (batch.length === 0) break;
      const otherwise = runs.run(...batch);
      if (otherwise !== null) seen.push(`${batch.map(nameOf).join('; ')}: ${otherwise}`);
      const text = apply(
        file.text,
        batch.flatMap((one) => one.edits),
      );
      seen.push(...findings(text).filter((one) => !before.includes(one)));
    }
    expect(seen).toEqual([]);
  });
});
