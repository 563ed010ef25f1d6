import { describe, expect, it } from 'vitest';
import { shippedScenarios } from '../../server/src/core/model/catalogue.ts';
import { eraById } from '../../server/src/core/model/eras/eras.ts';
import { firstTrace, runEntry, runText } from '../../server/src/core/model/report.ts';
import { shortest } from '../../server/src/core/model/explore/shortest.ts';
import { runScenario } from '../../server/src/core/model/scenario/run.ts';
import { traceOf } from '../../server/src/core/model/trace/build.ts';
import { TraceCursor } from '../../server/src/core/model/trace/cursor.ts';
import { traceItf } from '../../server/src/core/model/trace/itf.ts';
import { traceMermaid } from '../../server/src/core/model/trace/mermaid.ts';
import { traceText } from '../../server/src/core/model/trace/text.ts';

function traced(id: string, era: string) {
  const scenario = shippedScenarios().find((candidate) => candidate.id === id);
  const table = eraById(era);
  if (scenario === undefined || table === null) throw new Error(`no ${id} in ${era}`);
  const run = runScenario(scenario, table);
  const trace = firstTrace(scenario, run);
  if (trace === null) throw new Error('no violation');
  return { scenario, run, trace };
}

describe('the trace of a search that its budget ended', () => {
  it('says that a shorter schedule may exist, and the one of a finished search does not', () => {
    const found = (states: number): readonly string[] => {
      const scenario = shippedScenarios().find((candidate) => candidate.id === 'S001-12');
      const era = eraById('defdom-2020-v3');
      if (scenario === undefined || era === null) throw new Error('no S001-12');
      const run = runScenario(scenario, era);
      const [violation] = run.violations;
      if (violation === undefined || run.machine === null) throw new Error('no violation');
      const ended = shortest(run.machine, { ...violation, schedule: [...violation.schedule] }, states, false, states);
      const figures = { states: run.states, finished: true, maxStates: states };
      const shown = { schedule: ended.violation.schedule, violation: { ...ended.violation, shortest: ended.shortest } };
      return traceOf(scenario, era.id, run.machine, shown, figures).assumptions.map(({ text }) => text);
    };
    expect(found(5)).toEqual(['a shorter schedule may exist: the budget ended before it was looked for']);
    expect(found(100_000)).toEqual([]);
  });
});

describe('the trace of the refused lock order', () => {
  const { scenario, run, trace } = traced('S001-14', 'defdom-2020-v3');

  it('ends with each thread holding what the other one needs', () => {
    expect(trace.violation).toEqual({ kind: 'deadlock', invariant: 'I31', message: 'T1 waits for T2 waits for T1' });
    expect(trace.steps.at(-1)?.locks).toEqual({ T1: ['G.mutex'], T2: ['A.device_lock'] });
  });

  it('fits in a mail', () => {
    const text = traceText(trace);
    expect(text).toContain('lock G.mutex');
    expect(text.split('\n').every((line) => line.length <= 72)).toBe(true);
  });

  it('names the line of a step that stands in the mail or in a file', () => {
    const [first, ...others] = trace.steps;
    if (first === undefined) throw new Error('no step');
    const mail = { path: 'a.eml', line: 256, column: 5, endLine: 256, endColumn: 21 };
    const location = { file: 'drivers/iommu/iommu.c', function: 'store', line: 2972, column: 2, endLine: 2972, endColumn: 18 };
    expect(traceText({ ...trace, steps: [{ ...first, location, mail }, ...others] })).toContain('(line 256)');
    expect(traceText({ ...trace, steps: [{ ...first, location, mail: null }, ...others] })).toContain('(iommu.c:2972)');
  });

  it('is a Mermaid sequence with threads, locks and the violation', () => {
    const text = traceMermaid(trace);
    expect(text.startsWith('sequenceDiagram\n')).toBe(true);
    expect(text).toContain('T1->>L_G_mutex: 2 lock G.mutex');
    expect(text).toContain('Note over T1,T2: I31 T1 waits for T2 waits for T1');
  });

  it('stands in the entry of a run and in its text', () => {
    const entry = runEntry(scenario, run);
    expect(entry.result).toBe('as expected');
    expect(entry.trace?.steps.length).toBe(trace.steps.length);
    expect(runText(scenario, run, true)).toContain('S001-14 defdom-2020-v3: as expected');
  });
});

describe('the trace of a failed claim in v6.1', () => {
  const { trace } = traced('S000-20', 'v6.1');

  it('says which place failed', () => {
    expect(trace.steps.some((step) => step.choice === 'before-detach' && step.step.startsWith('attach B'))).toBe(true);
  });

  it('can be walked forward and back, and gives the same state both ways', () => {
    const cursor = new TraceCursor(trace);
    const forward = [cursor.state()];
    while (cursor.forward()) forward.push(cursor.state());
    expect(forward).toHaveLength(trace.steps.length + 1);
    expect(cursor.value('A.hw_domain')).not.toBe(cursor.value('G.domain'));
    const backward = [cursor.state()];
    while (cursor.back()) backward.unshift(cursor.state());
    expect(backward).toEqual(forward);
    cursor.jump(3);
    expect(cursor.state()).toEqual(forward[3]);
    cursor.jump(10_000);
    expect(cursor.at).toBe(trace.steps.length);
    cursor.jump(-1);
    expect(cursor.state()).toEqual(trace.initial);
  });

  it('is an ITF trace with every variable in every state', () => {
    const itf = JSON.parse(traceItf(trace)) as { vars: string[]; states: Record<string, unknown>[] };
    expect(itf.states).toHaveLength(trace.steps.length + 1);
    for (const state of itf.states) for (const name of itf.vars) expect(state, name).toHaveProperty([name]);
    expect(itf.states[0]?.['G.refs']).toEqual({ '#bigint': '2' });
  });
});
