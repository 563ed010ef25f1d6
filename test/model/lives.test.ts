import { describe, expect, it } from 'vitest';
import { runSteps } from './worlds.ts';

describe('a device that is plugged in again', () => {
  for (const era of ['defdom-2020-v3', 'defdom-merged', 'v6.1', 'v6.12']) {
    it(`${era}: is another device at the same place, and can be used`, () => {
      const steps = [
        'unplug(A): 0',
        'hot_add(A): 0',
        'hot_add(A): -EEXIST',
        'bind(A, nic): 0',
        'unbind(A): 0',
        'write_type(G, identity): 0',
      ];
      const run = runSteps(era, {}, [...steps, 'unplug(A): 0', 'hot_add(A): 0', 'device_is_bound(A): 0']);
      expect([run.differences, run.violations]).toEqual([[], []]);
    });

    it(`${era}: is not the one that somebody still holds`, () => {
      const run = runSteps(era, {}, ['get_device(A): any', 'unplug(A): 0', 'hot_add(A): 0', 'bind(A, nic): 0']);
      const { machine } = run;
      if (machine === null) throw new Error('not built');
      let state = machine.initial();
      while (machine.enabled(0, state).status === 'ready') state = machine.apply(0, state, 0).state;
      expect(['A', "A'2"].map((dev) => [machine.read(state, dev, 'refs'), machine.read(state, dev, 'drv')])).toEqual([
        [1, null],
        [1, 'nic'],
      ]);
    });
  }

  it('joins the members that are still there', () => {
    const run = runSteps('v6.12', { members: 2 }, ['unplug(A): 0', 'hot_add(A): 0', 'claim(G, u1): 0', 'bind(A, nic): -EBUSY']);
    expect(run.differences).toEqual([]);
  });
});
