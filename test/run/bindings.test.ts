import { describe, expect, it } from 'vitest';
import { eras } from '../../server/src/core/model/eras/eras.ts';
import { bindingFor } from '../../server/src/core/run/bindings/bindings.ts';
import { domainWord } from '../../server/src/core/run/bindings/constants.ts';

describe.each(eras.map((era) => [era.id, era] as const))('the binding of %s', (id, era) => {
  const binding = bindingFor(id);
  if (binding === null) throw new Error(`no binding for ${id}`);
  const procedures = new Map([...era.procedures, ...binding.procedures].map((one) => [one.name, one]));

  it('calls only procedures that the era or the binding has, with as many arguments as they take', () => {
    const wrong = [...binding.functions.values()].flatMap((row) => {
      if (row.how !== 'model') return [];
      const target = procedures.get(row.procedure);
      if (target === undefined) return [`${row.name}: no procedure ${row.procedure}`];
      return row.args.length > target.parameters.length ? [`${row.name}: ${row.procedure} takes ${target.parameters.join(', ')}`] : [];
    });
    expect(wrong).toEqual([]);
  });

  it('takes the place of procedures with their own parameters, in their order', () => {
    const wrong = binding.adapters.flatMap((one) => {
      const target = procedures.get(one.procedure);
      if (target === undefined) return [`${one.function}: no procedure ${one.procedure}`];
      const same = one.parameters.join() === target.parameters.join();
      return same ? [] : [`${one.function}: ${one.parameters.join(', ')} for ${target.parameters.join(', ')}`];
    });
    expect(wrong).toEqual([]);
  });

  it('has one row for each member, list and lock', () => {
    const places = [
      ...binding.fields.map((row) => `${row.struct}.${row.field}`),
      ...binding.lists.map((row) => `list ${row.struct}.${row.field}`),
      ...binding.locks.map((row) => `lock ${row.struct ?? ''}.${row.field}`),
    ];
    expect(places.filter((place, at) => places.indexOf(place) !== at)).toEqual([]);
  });
});

describe('domain types', () => {
  it('are words, whatever C says for them: 0 is the blocking one', () => {
    expect([0, null, 3, 4, 11, 'DMA'].map((value) => domainWord(value))).toEqual([
      'BLOCKED',
      'BLOCKED',
      'DMA',
      'IDENTITY',
      'DMA_FQ',
      'DMA',
    ]);
  });
  it('of an unknown number stay what they are', () => {
    expect(domainWord(77)).toBe(77);
  });
});
