// What was run and holds, and the schedule that shows it.

import { describe, expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import type { ModelConfirmation } from '../../server/src/core/run/outcome/confirm.ts';
import { runPatch } from '../../server/src/core/run/patch.ts';
import { runSide } from './sides.ts';

const scenario = (threads: string) =>
  readScenario(`id: mine
title: two members of a group
sources: []
world:
  devices: { A: {pci: "01:00.0", multifunction: true}, B: {pci: "01:00.1", multifunction: true} }
  groups: { G: [A, B] }
threads:
${threads}`);

const twoBinds = scenario('  T1:\n    - bind(A, nic): any\n  T2:\n    - bind(B, nic): any\n');
const bindAndUnplug = scenario('  T1:\n    - bind(A, nic): any\n  T2:\n    - unplug(B): any\n');

const use = (body: string): string => `
int iommu_device_use_default_domain(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	if (!group)
		return 0;

	mutex_lock(&group->mutex);
${body}
}
`;

function confirmed(threads: typeof twoBinds, body: string): readonly ModelConfirmation[] {
  const done = runPatch({
    before: null,
    after: runSide(use(body)),
    era: 'v6.12',
    scenarios: threads.ok ? [threads.scenario] : [],
    onlyOwn: true,
    cancel: neverCancelled,
  });
  if (done === null) throw new Error('nothing was run');
  return done.after.confirmed;
}

const right = '\tgroup->owner_cnt++;\n\tmutex_unlock(&group->mutex);\n\treturn 0;';
const twice =
  '\tgroup->owner_cnt++;\n\tmutex_unlock(&group->mutex); /* gap */\n\tmutex_lock(&group->mutex);\n\tmutex_unlock(&group->mutex);\n\treturn 0;';

/** Threads in the order in which they run the code of the patch, each stretch once. */
function turnsOf({ trace }: ModelConfirmation): string[] {
  const moving = (trace?.frames ?? []).flatMap((frames, at) =>
    frames.some((frame) => frame.place !== null) ? [trace?.trace.steps[at]?.thread ?? ''] : [],
  );
  return moving.filter((thread, at) => thread !== moving[at - 1]);
}

describe('an order of two locks', () => {
  it('is shown by a schedule on which the other thread comes while only the outer one is held', () => {
    const [order, ...others] = confirmed(twoBinds, right);
    if (order === undefined) throw new Error('nothing is confirmed');
    expect(others).toEqual([]);
    expect(order.message).toMatch(/^device_lock before group mutex: \d+ states in 1 scenario, no deadlock$/u);
    expect(order.trace?.trace.violation).toBeNull();
    expect(turnsOf(order)).toEqual(['T1', 'T2', 'T1']);
    const other = order.trace?.trace.steps.find((step) => step.thread === 'T2');
    expect(other?.locks['T1']).toEqual(['A.device_lock']);
  });

  it('is not confirmed where a schedule runs into a deadlock', () => {
    expect(confirmed(twoBinds, '\tgroup->owner_cnt++;\n\treturn 0;')).toEqual([]);
  });
});

describe('a lock given back and taken again', () => {
  it('is shown by a schedule on which the unplug happens in between', () => {
    const window = confirmed(bindAndUnplug, twice).find((one) => one.rule === 'stale-pointer-after-unlock-noref');
    if (window === undefined) throw new Error('the window is not confirmed');
    const steps = window.trace?.trace.steps ?? [];
    const released = steps.findIndex((step) => step.thread === 'T1' && step.step === 'unlock G.mutex');
    expect(steps.slice(released, released + 2).map((step) => step.thread)).toEqual(['T1', 'T2']);
    expect(steps.slice(released).some((step) => step.thread === 'T2' && step.changes.some(({ path }) => path === 'G.devices'))).toBe(true);
    expect(steps.at(-1)?.thread).toBe('T1');
  });
});
