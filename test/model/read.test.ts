import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eras } from '../../server/src/core/model/eras/eras.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import { runScenario } from '../../server/src/core/model/scenario/run.ts';

const good = [
  'id: X-1',
  'title: a title',
  'eras: [v6.12]',
  'world:',
  '  devices: { A: {pci: "01:00.0"} }',
  '  groups: { G: [A] }',
  '  users: [u1]',
  'threads:',
  '  T1:',
  '    - claim(G, u1): 0',
  '',
];

/** The good scenario with one line replaced (lines count from 1). */
const withLine = (line: number, text: string): string => good.toSpliced(line - 1, 1, text).join('\n');

function problemsOf(text: string): string[] {
  const result = readScenario(text);
  return result.ok ? [] : result.problems.map((problem) => `${problem.line}: ${problem.message}`);
}

describe('reading a scenario', () => {
  it('gives its parts', () => {
    const result = readScenario(good.join('\n'));
    expect(result.ok).toBe(true);
    if (!result.ok) return;
    expect(result.scenario.threads[0]?.steps[0]).toEqual({
      label: 'T1.1',
      line: 10,
      text: 'claim(G, u1)',
      action: 'claim',
      args: ['G', 'u1'],
      handle: null,
      returns: { default: ['0'] },
      fail: null,
    });
  });

  const wrong: readonly [string, number, string, RegExp][] = [
    ['an unknown key', 2, 'titel: a title', /^2: unknown key 'titel'; did you mean 'title'\?$/],
    ['a duplicate key', 2, 'id: X-2', /^2: a key stands twice$/],
    ['an anchor', 3, 'eras: &e [v6.12]', /^3: anchors are not allowed$/],
    ['a tag', 3, 'eras: !set [v6.12]', /^3: tags are not allowed$/],
    ['an unknown key of a device', 5, '  devices: { A: {pcie: "01:00.0"} }', /^5: unknown key 'pcie' of a device; did you mean 'pci'\?$/],
    ['a PCI address without a function', 5, '  devices: { A: {pci: "01:00"} }', /^5: a PCI address looks like/],
    ['an unknown key of the world', 7, '  user: [u1]', /^7: unknown key 'user' in world; did you mean 'users'\?$/],
    ['a call that is none', 10, '    - claim G u1: 0', /^10: 'claim G u1' is not a call/],
    ['a name that is nothing', 10, '    - claim(G, u3): 0', /^10: 'u3' is no device, group.*; did you mean 'u1'\?$/],
    ['a name that is given twice', 7, '  users: [A]', /^7: 'A' is the name of a device and of a user$/],
    ['a name that is taken', 7, '  users: [world]', /^7: user: 'world' has a meaning of its own$/],
    ['a member that is no device', 6, '  groups: { G: [A, B] }', /^6: group G names 'B', which is no device$/],
    ['an unknown era', 3, 'eras: [v6.21]', /^3: unknown era 'v6.21'; did you mean 'v6.1'\?$/],
    ['a result of an unknown era', 10, '    - { call: "claim(G, u1)", returns: { v6.13: 0 } }', /^10: unknown era 'v6.13'/],
    ['a result that is no error code', 10, '    - claim(G, u1): -EBUZY', /^10: there is no error code -EBUZY; did you mean '-EBUSY'\?$/],
    ['an error code without its sign', 10, '    - claim(G, u1): EBUSY', /^10: an error code is written -EBUSY$/],
    ['a failure that is none', 10, '    - { call: "claim(G, u1)", returns: 0, fail: "A; B" }', /^10: 'A; B': a failure looks like/],
    ['broken YAML', 6, '  groups: { G: [A }', /^6: /],
  ];
  for (const [what, line, text, message] of wrong) {
    it(`refuses ${what}, on its line`, () => {
      const problems = problemsOf(withLine(line, text));
      expect(
        problems.some((problem) => message.test(problem)),
        problems.join(' | '),
      ).toBe(true);
    });
  }

  const calls = (count: number): string => [...good, ...Array.from({ length: count - 1 }, () => '    - release(G)')].join('\n');
  const race = '  T2:\n    - release(G)\n';

  it('bounds what is searched over schedules, says how to raise a bound, and holds to the limit', () => {
    expect(problemsOf(calls(256))).toEqual([]);
    expect(problemsOf(`${calls(257)}\n`)).toEqual(['1: 257 calls, more than the bound of 256']);
    expect(problemsOf(`${calls(14)}\n${race}`)).toEqual([
      "1: 15 calls, more than the bound of 14; 'bounds: { calls: 15 }' raises it, up to 256",
    ]);
    expect(problemsOf(`bounds: { calls: 15 }\n${calls(14)}\n${race}`)).toEqual([]);
    expect(problemsOf(`bounds: { calls: 999 }\n${calls(1)}`)).toEqual(['1: the bound of calls is a number from 1 to 256']);
    expect(problemsOf(`bounds: { time: 9 }\n${calls(1)}`)[0]).toMatch(/^1: there is no bound 'time'/);
  });

  it('bounds devices, groups, users and mms of a race', () => {
    const worlds: readonly [string, string][] = [
      ['  devices: { A: {}, B: {}, C: {}, D: {} }', '4 devices, more than the bound of 3'],
      ['  devices: { A: {}, B: {}, C: {} }\n  groups: { G: [A], H: [B], K: [C] }', '3 groups, more than the bound of 2'],
      ['  users: [u1, u2, u3]', '3 users, more than the bound of 2'],
      ['  mms: [m1, m2, m3]', '3 mms, more than the bound of 2'],
    ];
    for (const [world, message] of worlds) {
      const text = `id: X\ntitle: x\nworld:\n${world}\nthreads:\n  T1:\n    - dma(NULL, NULL)\n  T2:\n    - dma(NULL, NULL)\n`;
      expect(problemsOf(text)[0], world).toContain(message);
    }
  });

  it('refuses an alias', () => {
    expect(problemsOf(withLine(6, '  groups: *e'))[0]).toMatch(/^6: /);
  });

  it('refuses a text that is too long or too deep, and says so', () => {
    expect(problemsOf('x'.repeat(70_000))[0]).toContain('longer than');
    expect(problemsOf(`a: ${'['.repeat(5000)}`)[0]).toContain('nested deeper');
  });

  it('never throws, and what it accepts can be run within a budget', () => {
    const line = fc.constantFrom(
      ...good,
      'order: [T1.1 < T2.1]',
      '  T2:',
      '    - unplug(A)',
      '    - write_type(G, DMA): any',
      'variant: x',
      '- a',
      '? b',
      '{',
      'end: { G.owner: u1 }',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 16 }), fc.string({ maxLength: 20 }), (lines, noise) => {
        for (const text of [lines.join('\n'), `${lines.join('\n')}\n${noise}`]) {
          const result = readScenario(text);
          if (!result.ok) {
            expect(result.problems.length).toBeGreaterThan(0);
            continue;
          }
          for (const era of eras)
            expect(['as expected', 'unexpected', 'not finished']).toContain(runScenario(result.scenario, era, { maxStates: 200 }).result);
        }
      }),
      { numRuns: 1000, seed: 5 },
    );
  });

  it('keeps control characters of a file out of its messages', () => {
    for (const problem of problemsOf(withLine(10, '    - "cl\\e[31maim\\u2028(": 0'))) expect(problem).not.toMatch(/[\u0000-\u001f\u2028]/);
  });
});
