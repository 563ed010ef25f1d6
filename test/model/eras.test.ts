import { describe, expect, it } from 'vitest';
import type { Statement } from '../../server/src/core/model/machine/code.ts';
import { eras } from '../../server/src/core/model/eras/eras.ts';
import { proceduresOf } from '../../server/src/core/model/scenario/build.ts';

/** The names that a procedure calls. */
function called(body: readonly Statement[]): string[] {
  const names: string[] = [];
  const left = [...body];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (one.op === 'call') names.push(one.procedure);
    else if (one.op === 'if') left.push(...one.then, ...one.otherwise);
    else if (one.op === 'while') left.push(...one.body);
  }
  return names;
}

describe('the tables of an era', () => {
  for (const era of eras) {
    for (const variant of [null, ...Object.keys(era.variants)]) {
      it(`${era.id}${variant === null ? '' : `, ${variant}`}: have every procedure that one of them calls`, () => {
        const { procedures } = proceduresOf(era, variant);
        const missing = [...procedures.values()].flatMap((one) =>
          called(one.body).flatMap((name) => (procedures.has(name) ? [] : [`${one.name} calls ${name}`])),
        );
        expect(missing).toEqual([]);
      });
    }
  }
});
