// A schedule of a patch's own code against an unplug, made by hand: T1 writes the type of a group on lines of a mail, T2 takes the device away.

import type { MailRange, Trace, TraceFrame, TraceStep } from '../../server/src/protocol/finding.ts';

export const mailPath = '/mails/store-type.patch';

/** The place of a line of the mail. */
function on(line: number): MailRange {
  return { path: mailPath, line, column: 2, endLine: line, endColumn: 30 };
}

interface Made {
  readonly thread: 'T1' | 'T2';
  readonly step: string;
  /** Line of the mail that the patch's code is on; null for a step of the model alone. */
  readonly line: number | null;
  /** A function of the model below the patch's code. */
  readonly below?: string;
  readonly locals?: Readonly<Record<string, unknown>>;
  readonly changes?: TraceStep['changes'];
  readonly locks?: readonly string[];
}

const made: readonly Made[] = [
  { thread: 'T1', step: 'lock G.mutex', line: 40, locals: { group: 'G', dev: null }, locks: ['G.mutex'] },
  { thread: 'T1', step: 'first member of G', line: 41, locals: { group: 'G', dev: null }, locks: ['G.mutex'] },
  { thread: 'T1', step: 'unlock G.mutex', line: 42, locals: { group: 'G', dev: 'A' }, locks: [] },
  {
    thread: 'T2',
    step: 'A leaves G',
    line: 60,
    locals: { group: 'G' },
    changes: [{ path: 'G.devices', before: ['A'], after: null }],
  },
  { thread: 'T2', step: 'last reference of A', line: null, changes: [{ path: 'A.freed', before: null, after: true }] },
  { thread: 'T1', step: 'lock A.mutex', line: 43, below: 'device_lock', locals: { group: 'G', dev: 'A' } },
];

/** The patch's function that a thread runs. */
const functions = { T1: 'iommu_group_store_type', T2: 'iommu_group_remove_device' } as const;

function stepOf({ thread, step, line, below, locals, changes = [], locks = [] }: Made, index: number): TraceStep {
  const mail = line === null ? null : on(line);
  const code: TraceFrame[] = line === null ? [] : [{ function: functions[thread], location: null, mail, locals: locals ?? {} }];
  const model: TraceFrame[] =
    below === undefined && line !== null ? [] : [{ function: below ?? 'iommu_release_device', location: null, mail: null }];
  return {
    n: index + 1,
    thread,
    call: thread === 'T1' ? 'write_type(G, identity)' : 'unplug(A)',
    frame: [...code, ...model],
    step,
    source: '',
    location: null,
    mail,
    changes,
    locks: { T1: locks, T2: [] },
    choice: null,
  };
}

/** The schedule: T1 on lines 40, 41 and 42 of the mail, T2 on line 60 and then in the model, T1 on line 43, where the freed device is used. */
export const patchTrace: Trace = {
  version: 1,
  scenario: 'S001-12',
  era: 'defdom-2020-v3',
  side: 'after',
  violation: { kind: 'use-after-free', invariant: 'I6', message: 'A is used after it was freed' },
  bounds: { states: 1000 },
  states: 120,
  finished: true,
  assumptions: [{ text: 'somebody holds the group', location: null }],
  initial: {
    'G.default_domain': 'dma1',
    'G.devices': ['A'],
    'dma1.type': 'DMA',
    'dma1.ops_owner': 'iommu',
    'A.bus_no': 1,
    'A.group': 'G',
    'world.groups': ['G'],
    'world.all_devices': ['A'],
  },
  threads: [
    { id: 'T1', actor: 'T1', entry: 'write_type(G, identity)' },
    { id: 'T2', actor: 'T2', entry: 'unplug(A)' },
  ],
  steps: made.map(stepOf),
};
