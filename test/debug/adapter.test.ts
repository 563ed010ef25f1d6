// The debug adapter as an editor sees it: the real process, by the protocol.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mailPath, patchTrace } from './trace.ts';

const adapter = fileURLToPath(new URL('../../dist/debug.js', import.meta.url));

let client: DebugClient;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iommu-review-debug-'));
  client = new DebugClient(process.execPath, adapter, 'iommu-review');
  // The machine may be busy; a test's own limit ends what hangs.
  client.defaultTimeout = 50_000;
  await client.start();
});
afterEach(async () => {
  await client.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Stop {
  readonly reason: string;
  readonly threadId?: number;
  readonly description?: string;
  readonly text?: string;
}

/** The next stop behind a request. */
async function stopAfter(request: Promise<unknown>): Promise<Stop> {
  const [event] = await Promise.all([client.waitForEvent('stopped'), request]);
  return (event as DebugProtocol.StoppedEvent).body;
}

/** Starts a session and waits for its first stop. */
async function start(args: object, lines: readonly number[] = []): Promise<Stop> {
  const ready = client.waitForEvent('initialized');
  await client.launch(args);
  await ready;
  if (lines.length > 0) await breakOn(lines);
  return stopAfter(client.configurationDoneRequest());
}

async function breakOn(lines: readonly number[], path = mailPath): Promise<DebugProtocol.Breakpoint[]> {
  const { body } = await client.setBreakpointsRequest({ source: { path }, breakpoints: lines.map((line) => ({ line })) });
  return body.breakpoints;
}

async function frames(threadId: number): Promise<DebugProtocol.StackFrame[]> {
  return (await client.stackTraceRequest({ threadId })).body.stackFrames;
}

/** The line of a thread that an editor shows: the first frame with a source. */
async function lineOf(threadId: number): Promise<number | undefined> {
  return (await frames(threadId)).find(({ source }) => source)?.line;
}

/** The variables of a scope of the top frame, as `name = value`. */
async function scope(threadId: number, name: string): Promise<string[]> {
  const [top] = await frames(threadId);
  const { scopes } = (await client.scopesRequest({ frameId: top?.id ?? 0 })).body;
  const found = scopes.find((one) => one.name === name);
  if (!found) return [];
  const { variables } = (await client.variablesRequest({ variablesReference: found.variablesReference })).body;
  return variables.map((one) => `${one.name} = ${one.value}`);
}

async function refusal(args: object): Promise<string> {
  try {
    await client.launch(args);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was launched');
}

function save(name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

const next = () => stopAfter(client.nextRequest({ threadId: 1 }));
const back = () => stopAfter(client.stepBackRequest({ threadId: 1 }));
const run = () => stopAfter(client.continueRequest({ threadId: 1 }));
const runBack = () => stopAfter(client.reverseContinueRequest({ threadId: 1 }));

describe('a trace of a patch', () => {
  test('stops at the entry, before its first line', async () => {
    const stop = await start({ trace: patchTrace });
    expect(stop).toMatchObject({ reason: 'entry', threadId: 1, description: 'next: lock G.mutex' });
    expect((await frames(1))[0]).toMatchObject({ name: 'iommu_group_store_type', line: 40, source: { path: mailPath } });
  });

  test('its threads are the actors', async () => {
    await start({ trace: patchTrace });
    expect((await client.threadsRequest()).body.threads).toEqual([
      { id: 1, name: 'T1: write_type(G, identity)' },
      { id: 2, name: 'T2: unplug(A)' },
    ]);
  });

  test('is stepped forward over lines of both threads to the violation, and back to the start', async () => {
    await start({ trace: patchTrace });
    // A step of the model alone stands in the listing: fifth below a heading of four lines.
    const listed = 9;
    const forward: unknown[] = [];
    for (let steps = 0; steps < 6; steps++) {
      const { reason, threadId = 0 } = await next();
      forward.push([reason, threadId, await lineOf(threadId)]);
    }
    expect(forward).toEqual([
      ['step', 1, 41],
      ['step', 1, 42],
      ['step', 2, 60],
      ['step', 2, listed],
      ['step', 1, 43],
      ['exception', 1, 43],
    ]);
    const backward: unknown[] = [];
    for (let steps = 0; steps < 6; steps++) {
      const { reason, threadId = 0 } = await back();
      backward.push([reason, threadId, await lineOf(threadId)]);
    }
    expect(backward).toEqual([
      ['step', 1, 43],
      ['step', 2, listed],
      ['step', 2, 60],
      ['step', 1, 42],
      ['step', 1, 41],
      ['step', 1, 40],
    ]);
  });

  test('at the violation, the editor gets it as an exception with its text', async () => {
    await start({ trace: patchTrace });
    expect(await run()).toMatchObject({ reason: 'exception', threadId: 1, text: 'A is used after it was freed' });
    expect((await client.exceptionInfoRequest({ threadId: 1 })).body).toMatchObject({ exceptionId: 'I6', breakMode: 'always' });
    expect(await run()).toMatchObject({ reason: 'exception' });
  });

  test('a breakpoint on a line where a step stands stops there, from both sides', async () => {
    await start({ trace: patchTrace }, [42]);
    expect(await run()).toMatchObject({ reason: 'breakpoint', threadId: 1 });
    expect(await lineOf(1)).toBe(42);
    expect(await run()).toMatchObject({ reason: 'exception' });
    expect(await runBack()).toMatchObject({ reason: 'breakpoint' });
    expect(await lineOf(1)).toBe(42);
    expect(await runBack()).toMatchObject({ reason: 'entry' });
  });

  test('a breakpoint where no step stands is not verified, and says why', async () => {
    await start({ trace: patchTrace });
    expect(await breakOn([41, 7])).toMatchObject([
      { verified: true, line: 41 },
      { verified: false, message: 'No step of this schedule stands on this line.' },
    ]);
    expect(await breakOn([41], '/mails/other.patch')).toMatchObject([{ verified: false }]);
  });

  test('variables show the locals, the group, its domains and devices, and the locks', async () => {
    await start({ trace: patchTrace });
    await next();
    expect(await scope(1, 'Locals')).toEqual(['group = G', 'dev = NULL']);
    expect(await scope(1, 'Group G')).toEqual(['default_domain = dma1', 'devices = [A]']);
    expect(await scope(1, 'Domains')).toEqual(['dma1 = {ops_owner: iommu, type: DMA}']);
    expect(await scope(1, 'Devices')).toEqual(['A = {bus_no: 1, group: G}']);
    expect(await scope(1, 'Locks')).toEqual(['G.mutex = held by T1']);
  });

  test('what a run does not know is unknown, and its own words are not shown', async () => {
    const [first, ...rest] = patchTrace.steps;
    const locals = { ret: '?3@T1', grp_dev: '!past &G.devices', attach: 'fn:demo_attach', err: '-EBUSY' };
    const step = { ...first, frame: [{ function: 'iommu_group_store_type', location: null, mail: first?.mail, locals }] };
    await start({ trace: { ...patchTrace, steps: [step, ...rest] } });
    expect(await scope(1, 'Locals')).toEqual([
      'ret = unknown',
      'grp_dev = behind the end of the list',
      'attach = demo_attach()',
      'err = -EBUSY',
    ]);
  });

  test('the group changes when the other thread has moved, and changes back', async () => {
    await start({ trace: patchTrace });
    for (let steps = 0; steps < 4; steps++) await next();
    expect(await scope(2, 'Group G')).toEqual(['default_domain = dma1']);
    expect(await scope(2, 'Step')).toContain('last changes = G.devices');
    await back();
    expect(await scope(2, 'Group G')).toEqual(['default_domain = dma1', 'devices = [A]']);
  });

  test('the call of the model under a line of the patch is shown above it, without a text of its own', async () => {
    await start({ trace: patchTrace });
    for (let steps = 0; steps < 5; steps++) await next();
    expect((await frames(1)).map(({ name, source, presentationHint }) => [name, source?.path, presentationHint])).toEqual([
      ['device_lock', undefined, 'subtle'],
      ['iommu_group_store_type', mailPath, undefined],
      ['T1: write_type(G, identity)', undefined, undefined],
    ]);
  });

  test('a step without C code stands in a listing of the schedule', async () => {
    await start({ trace: patchTrace });
    for (let steps = 0; steps < 4; steps++) await next();
    const [top] = await frames(2);
    expect(top?.name).toBe('iommu_release_device');
    const { content } = (await client.sourceRequest({ sourceReference: top?.source?.sourceReference ?? 0 })).body;
    expect(content.split('\n')[(top?.line ?? 0) - 1]).toBe('5 T2  iommu_release_device: last reference of A');
  });

  test('expressions name locals, objects, fields and what pointers lead to', async () => {
    await start({ trace: patchTrace });
    await next();
    const [top] = await frames(1);
    const value = async (expression: string): Promise<string> =>
      (await client.evaluateRequest({ expression, ...(top ? { frameId: top.id } : {}), context: 'hover' })).body.result;
    expect(await value('group')).toBe('G');
    expect(await value('group->default_domain')).toBe('dma1');
    expect(await value('G.default_domain.type')).toBe('DMA');
    await expect(value('nobody->x')).rejects.toThrow('not known at this place');
  });

  test('a watched value stops behind the step that changes it', async () => {
    await start({ trace: patchTrace });
    const [top] = await frames(1);
    const { scopes } = (await client.scopesRequest({ frameId: top?.id ?? 0 })).body;
    const variablesReference = scopes.find(({ name }) => name === 'Group G')?.variablesReference ?? 0;
    const { dataId } = (await client.dataBreakpointInfoRequest({ variablesReference, name: 'devices' })).body;
    await client.setDataBreakpointsRequest({ breakpoints: [{ dataId: dataId ?? '' }] });
    expect(await run()).toMatchObject({ reason: 'data breakpoint', threadId: 2, description: 'next: last reference of A' });
  });

  test('a restart begins again', async () => {
    await start({ trace: patchTrace });
    await run();
    expect(await stopAfter(client.restartRequest({}))).toMatchObject({ reason: 'entry' });
    expect(await lineOf(1)).toBe(40);
  });

  test('without a stop at the entry it runs to the first breakpoint', async () => {
    expect(await start({ trace: patchTrace, stopOnEntry: false }, [41])).toMatchObject({ reason: 'breakpoint' });
    expect(await lineOf(1)).toBe(41);
  });

  test('a step out leaves the call', async () => {
    await start({ trace: patchTrace });
    expect(await stopAfter(client.stepOutRequest({ threadId: 1 }))).toMatchObject({ reason: 'exception' });
  });
});

describe('a scenario', () => {
  test('is run and stepped through: each call on its line of the scenario, each step in the listing', async () => {
    await start({ scenario: 'S001-14', era: 'defdom-2020-v3' });
    const [top, ...others] = await frames(1);
    expect(top?.source?.name).toBe('S001-14 defdom-2020-v3.schedule');
    const call = others.at(-1);
    expect(call?.name).toBe('T1: write_type(G, identity)');
    const { content } = (await client.sourceRequest({ sourceReference: call?.source?.sourceReference ?? 0 })).body;
    expect(content.split('\n')[(call?.line ?? 0) - 1]?.trim()).toBe('- write_type(G, identity): any');
  });

  test('in a deadlock each thread waits with its lock', async () => {
    await start({ scenario: 'S001-14', era: 'defdom-2020-v3' });
    expect(await run()).toMatchObject({ reason: 'exception', text: 'T1 waits for T2 waits for T1' });
    expect(await scope(1, 'Locks')).toEqual(['G.mutex = held by T1', 'A.device_lock = held by T2']);
    expect((await frames(1)).at(-1)?.name).toBe('T1: write_type(G, identity) (waits)');
    expect((await frames(2)).at(-1)?.name).toBe('T2: bind(A, nic) (waits)');
  });

  test('breakpoints stand on the lines of its calls', async () => {
    const text = [
      'id: MINE-1',
      'title: a write races an unplug',
      'eras: [defdom-2020-v3]',
      'world:',
      '  devices: { A: {pci: "01:00.0"} }',
      '  groups: { G: [A] }',
      '  held: [G]',
      'threads:',
      '  T1:',
      '    - write_type(G, identity): any',
      '  T2:',
      '    - unplug(A): 0',
      'violates: [use-after-free]',
      '',
    ].join('\n');
    const path = save('mine.yaml', text);
    await start({ scenario: 'mine.yaml', cwd: folder });
    expect(await breakOn([12, 5], path)).toMatchObject([{ verified: true, line: 12 }, { verified: false }]);
    expect(await run()).toMatchObject({ reason: 'breakpoint', threadId: 2 });
  });
});

describe('the run of a scenario', () => {
  const begin = (args: object): Promise<unknown> =>
    client
      .initializeRequest({ adapterID: 'iommu-review', pathFormat: 'path', linesStartAt1: true, supportsProgressReporting: true })
      .then(() => client.launchRequest(args));

  test('is shown while it lasts', async () => {
    const shown = Promise.all([client.waitForEvent('progressStart'), client.waitForEvent('progressEnd')]);
    await begin({ scenario: 'S001-14', era: 'defdom-2020-v3' });
    const [first, last] = await shown;
    expect(first.body).toMatchObject({ progressId: 'run', title: 'Running S001-14 on the model', cancellable: true });
    expect(last.body).toMatchObject({ progressId: 'run' });
  });

  test('can be cancelled', async () => {
    const calls = ['write_type(G, identity)', 'write_type(G, DMA)'].map((call) => `    - ${call}: any`).join('\n');
    const threads = ['T1', 'T2', 'T3'].map((name) => `  ${name}:\n${calls}\n${calls}`).join('\n');
    const world = 'world:\n  devices: { A: {pci: "01:00.0"} }\n  groups: { G: [A] }';
    const path = save('wide.yaml', `id: WIDE-1\ntitle: many writers\neras: [v6.12]\n${world}\nthreads:\n${threads}\n`);
    const started = client.waitForEvent('progressStart');
    const launched = begin({ scenario: path });
    const refused = expect(launched).rejects.toThrow('the run was cancelled');
    await started;
    await client.customRequest('cancel', { progressId: 'run' });
    await refused;
  });
});

describe('a trace in a file', () => {
  const finding = (fingerprint: string) => ({ rule: 'use-after-free', fingerprint, trace: patchTrace });

  test('is found by the fingerprint of its finding', async () => {
    const path = save('review.json', { findings: [finding('aa'), finding('bb'), { fingerprint: 'cc', trace: null }] });
    expect(await start({ trace: path, fingerprint: 'bb' })).toMatchObject({ reason: 'entry' });
  });

  test('is found alone', async () => {
    expect(await start({ trace: save('trace.json', patchTrace) })).toMatchObject({ reason: 'entry' });
  });

  test('is found among runs of the model', async () => {
    const runs = [
      { scenario: 'S001-12', era: 'v6.1', trace: null },
      { scenario: 'S001-12', era: 'defdom-2020-v3', trace: patchTrace },
    ];
    expect(await start({ trace: save('runs.json', runs), scenario: 'S001-12' })).toMatchObject({ reason: 'entry' });
  });

  test.each<[string, () => object, string]>([
    ['nothing to step through', () => ({}), 'the configuration needs "trace"'],
    ['a file that is not there', () => ({ trace: join(folder, 'none.json') }), 'cannot be read (ENOENT)'],
    ['a file that is no JSON', () => ({ trace: save('bad.json', '{') }), 'is not JSON'],
    ['a file without a trace', () => ({ trace: save('other.json', { a: 1 }) }), 'holds no trace, no review and no run of the model'],
    ['a trace that is broken', () => ({ trace: { ...patchTrace, steps: [{ thread: 'T9' }] } }), 'steps[0].step is no text'],
    ['a step of no thread', () => ({ trace: { ...patchTrace, threads: [] } }), 'steps[0].thread is none of the threads'],
    [
      'two findings and no fingerprint',
      () => ({ trace: save('two.json', { findings: [finding('aa'), finding('bb')] }) }),
      '"fingerprint" has to name one: aa',
    ],
    [
      'a fingerprint that is not there',
      () => ({ trace: save('one.json', { findings: [finding('aa')] }), fingerprint: 'zz' }),
      'has the fingerprint zz',
    ],
    ['no such scenario', () => ({ scenario: 'S999' }), 'there is no scenario S999'],
    ['no such era', () => ({ scenario: 'S001-14', era: 'v0' }), 'there is no era v0'],
    ['a scenario in which all is well', () => ({ scenario: 'S000-1', era: 'v6.12' }), 'no schedule violates anything'],
    ['a scenario that cannot be read', () => ({ scenario: save('bad.yaml', 'id: [') }), 'bad.yaml:'],
    ['a kernel tree that is none', () => ({ trace: patchTrace, kernel: '/nowhere' }), '"kernel" names no kernel tree'],
    ['a setting of the wrong kind', () => ({ scenario: 7 }), '"scenario" has to be a text'],
  ])('%s is refused with its reason', async (_, args, words) => {
    expect(await refusal(args())).toContain(words);
  });
});

test('what a trace says reaches the editor as text', async () => {
  const [first, ...rest] = patchTrace.steps;
  const trace = { ...patchTrace, steps: [{ ...first, step: '\u001b[31mred' }, ...rest] };
  expect((await start({ trace })).description).toBe('next: ^[[31mred');
});

test('requests before a launch are answered', async () => {
  await client.initializeRequest();
  await expect(client.threadsRequest()).rejects.toThrow('nothing was launched');
});

describe('its process', () => {
  const exitCode = async (write: string): Promise<number | null> => {
    const process_ = spawn(process.execPath, [adapter], { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    process_.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    process_.stdin.end(write);
    const code = await new Promise<number | null>((resolve) => process_.on('exit', resolve));
    expect(said).toBe('');
    return code;
  };
  const framed = (message: string): string => `Content-Length: ${String(Buffer.byteLength(message))}\r\n\r\n${message}`;

  test('ends with its session', async () => {
    expect(await exitCode(framed('{"seq":1,"type":"request","command":"disconnect"}'))).toBe(0);
  });

  test('ends with its editor, whatever came last', async () => {
    expect(await exitCode(framed('{"seq":1,') + framed('[]') + 'Content-Length: 9\r\n\r\n{')).toBe(0);
  });
});
