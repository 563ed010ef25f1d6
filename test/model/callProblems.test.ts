import { describe, expect, it } from 'vitest';
import { eraById } from '../../server/src/core/model/eras/eras.ts';
import { shippedScenarios } from '../../server/src/core/model/catalogue.ts';
import { callProblems } from '../../server/src/core/model/scenario/callProblems.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import { runScenario } from '../../server/src/core/model/scenario/run.ts';
import type { Scenario } from '../../server/src/core/model/scenario/scenario.ts';

function scenario(steps: readonly string[], more = ''): Scenario {
  const world = 'world:\n  devices: { A: {pci: "01:00.0"} }\n  groups: { G: [A] }\n  users: [u1]\n';
  const read = readScenario(`id: X\ntitle: x\n${world}threads:\n  T1:\n${steps.map((step) => `    - ${step}\n`).join('')}${more}`);
  if (!read.ok) throw new Error(read.problems.map((problem) => problem.message).join('; '));
  return read.scenario;
}
const problems = (steps: readonly string[], more = ''): string[] =>
  callProblems(scenario(steps, more)).map(({ line, message }) => `${line}: ${message}`);

describe('problems of calls', () => {
  it('are none in what is shipped', () => {
    expect(shippedScenarios().flatMap((one) => callProblems(one).map(({ message }) => `${one.id}: ${message}`))).toEqual([]);
  });

  it('name a call that no era has, with the nearest, on its line', () => {
    expect(problems(['claim(G, u1): 0', 'relase(G): 0'])).toEqual(["10: no era has a call 'relase'; did you mean 'release'?"]);
  });

  it('name a call that an era of the scenario does not have', () => {
    expect(problems(['unplug(A)', 'claim(G, u1): 0'], 'eras: [defdom-merged, v6.1]\n')).toEqual([
      "10: claim(G, u1): defdom-merged has no call 'claim'",
    ]);
  });

  it('name a field that is misspelt, with the nearest', () => {
    expect(problems(['claim(.group=G, .ownr=u1): 0'])).toEqual([
      "9: claim(.group=G, .ownr=u1): has no field 'ownr'; did you mean 'owner'?",
    ]);
  });

  it('name an argument of the wrong kind', () => {
    expect(
      problems(['claim(A, u1): 0', 'bind(A, u1): 0', 'unplug(nic): 0', 'claim(G, NULL): any', 'h = group_get(A): ok', 'drop(h): any']),
    ).toEqual([
      '9: claim(A, u1): group is a group, and A is a device',
      '10: bind(A, u1): drv is a driver, and u1 is a user',
      '11: unplug(nic): dev is a device, and nic is a driver',
    ]);
  });

  it('name a variant that the era does not have', () => {
    expect(problems(['unplug(A)'], 'eras: [v6.1]\nvariant: close-need-device-lock\n')).toEqual([
      "1: v6.1 has no variant 'close-need-device-lock'; did you mean 'close-needs-device-lock'?",
    ]);
  });
});

describe('what would hold whatever a run gives', () => {
  const era = eraById('v6.12');
  const differences = (steps: readonly string[], more = ''): readonly string[] =>
    era === null ? ['no era'] : runScenario(scenario(steps, more), era).differences;

  it('is told where the end names a field that there is not', () => {
    expect(differences(['unplug(A): 0'], 'end: { G.ownr: NULL }\n')).toEqual([
      "at the end G.ownr: nothing has a field 'ownr'; did you mean 'owner'?",
    ]);
  });

  it('is told where the end names an object that there is not', () => {
    expect(differences(['unplug(A): 0'], 'end: { H.owner: NULL }\n')).toEqual(['at the end H.owner: there is no H']);
  });

  it('is told where a planned failure has no place', () => {
    expect(differences(['{ call: "unplug(A)", returns: 0, fail: "alloc(IDENTITY)" }'])).toEqual([
      "T1.1 unplug(A): nothing of it is 'alloc(IDENTITY)', so nothing failed",
    ]);
  });

  it('is not a part of an object that has a name of its own', () => {
    const steps = ['bind(A, vfio): 0', 'cdev_bind(A, u1, u1): 0'];
    expect(differences(steps, 'end: { G.vfio.cdev_device_open_cnt: 1 }\n')).toEqual([]);
    expect(differences(steps, 'end: { G.vfio.cdev_device_open_cnt: 0 }\n')).toEqual([
      'at the end G.vfio.cdev_device_open_cnt is 1, expected 0',
    ]);
  });
});
