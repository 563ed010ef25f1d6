// Who can call the functions of a patch, and which scenarios come to run them.

import { describe, expect, it } from 'vitest';
import { eraById, eras } from '../../server/src/core/model/eras/eras.ts';
import { shippedScenarios } from '../../server/src/core/model/catalogue.ts';
import { entryPointsOf } from '../../server/src/core/run/entry/entryPoints.ts';
import { reachOf } from '../../server/src/core/run/entry/reach.ts';
import { chooseScenarios } from '../../server/src/core/run/worlds/select.ts';
import { standardScenarios } from '../../server/src/core/run/worlds/standard.ts';
import { eraHasCalls } from '../../server/src/core/model/scenario/build.ts';
import { runFile } from './sides.ts';

const entries = (text: string): string[] => entryPointsOf(runFile(text)).map((one) => `${one.function}: ${one.kind} ${one.through}`);

describe('entry points of a file', () => {
  it('are the functions of attribute macros, by their place among the arguments', () => {
    expect(
      entries(`
static IOMMU_GROUP_ATTR(kind, 0644, demo_show_kind,
			demo_store_kind);
static DEVICE_ATTR(state, 0444, demo_show_state, NULL);
`),
    ).toEqual([
      'demo_show_kind: sysfs read IOMMU_GROUP_ATTR(kind)',
      'demo_store_kind: sysfs write IOMMU_GROUP_ATTR(kind)',
      'demo_show_state: sysfs read DEVICE_ATTR(state)',
    ]);
  });

  it('are made of the name where the macro says only that', () => {
    expect(entries('static DEVICE_ATTR_RW(quota);\nstatic DEVICE_ATTR_WO(kick);\nstatic DEVICE_ATTR_RO(rank);\n')).toEqual([
      'quota_show: sysfs read DEVICE_ATTR_RW(quota)',
      'quota_store: sysfs write DEVICE_ATTR_RW(quota)',
      'kick_store: sysfs write DEVICE_ATTR_WO(kick)',
      'rank_show: sysfs read DEVICE_ATTR_RO(rank)',
    ]);
  });

  it('are not those of the definition of an attribute macro, nor of a comment', () => {
    expect(
      entries(`
#define DEMO_ATTR(_name, _mode, _show, _store) \\
struct demo_attribute demo_attr_##_name = __ATTR(_name, _mode, _show, _store)
/* DEVICE_ATTR(old, 0444, demo_show_old, NULL) */
`),
    ).toEqual([]);
  });

  it('are the functions of tables that somebody outside calls, and the exported ones', () => {
    expect(
      entries(`
static const struct file_operations demo_fops = {
	.unlocked_ioctl	= demo_ioctl,
};
static struct notifier_block demo_nb = { .notifier_call = demo_notify };
static const struct demo_private demo_table = { .hook = demo_hook };
void demo_api(void)
{
}
EXPORT_SYMBOL_GPL(demo_api);
`),
    ).toEqual([
      'demo_ioctl: file operation file_operations.unlocked_ioctl',
      'demo_notify: notifier notifier_block.notifier_call',
      'demo_api: exported EXPORT_SYMBOL',
    ]);
  });
});

describe('scenarios of a function', () => {
  const v612 = eraById('v6.12');
  const scenario = (id: string) => {
    const found = shippedScenarios().find((one) => one.id === id);
    if (found === undefined || v612 === null) throw new Error(`no ${id}`);
    return { scenario: found, era: v612 };
  };
  const reach = (
    id: string,
    wanted: string,
    code: readonly (readonly [string, readonly string[]])[] = [],
    absent: readonly string[] = [],
  ) => {
    const { scenario: one, era } = scenario(id);
    return reachOf(one, { era, code: new Map(code), wanted: new Set([wanted]), absent: new Set(absent) });
  };

  it('are reached through the calls of a step', () => {
    expect(reach('S000-3', 'iommu_group_claim_dma_owner')).toBe('steps');
  });

  it('are reached through code that stands for a procedure', () => {
    expect(reach('S000-3', 'demo_helper', [['iommu_group_claim_dma_owner', ['demo_helper']]])).toBe('steps');
  });

  it('are reached by the boot alone where no step comes there', () => {
    expect(reach('S000-3', 'bus_iommu_probe')).toBe('boot');
  });

  it('are not reached where nothing calls the function', () => {
    expect(reach('S000-3', 'iommu_attach_device_pasid')).toBeNull();
  });

  it('cannot be run where they call what does not exist', () => {
    expect(reach('S000-3', 'iommu_group_claim_dma_owner', [], ['iommu_group_claim_dma_owner'])).toBe('absent');
  });

  it('leave out worlds that no kernel forms, and keep what is left of those that also change the code', () => {
    const era = eraById('defdom-2020-v3');
    if (era === null) throw new Error('no era');
    const chosen = chooseScenarios({
      era,
      code: new Map(),
      changed: new Set(['iommu_group_store_type']),
      absent: new Set(),
      own: [],
      onlyOwn: false,
    });
    const variants = new Map(chosen.map((one) => [one.id, one.variant]));
    expect(variants.has('S001-14g')).toBe(false);
    expect(variants.get('S001-14')).toBe('bind-takes-group-mutex');
    expect(variants.get('S001-12c')).toBeNull();
    // The same world and calls as S001-12c: only the code differed.
    expect(variants.has('S001-13')).toBe(false);
  });

  it('has standard worlds whose calls at least one era knows', () => {
    const homeless = standardScenarios().filter((one) => !eras.some((era) => eraHasCalls(era, one)));
    expect(homeless.map((one) => one.id)).toEqual([]);
  });
});
