// Which places fail in the standard worlds.

import { describe, expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { runPatch } from '../../server/src/core/run/patch.ts';
import { failuresIn } from '../../server/src/core/run/worlds/select.ts';
import { standardScenarios } from '../../server/src/core/run/worlds/standard.ts';
import { runSide } from './sides.ts';

describe('the failures of a standard world', () => {
  const of = (id: string): string => {
    const scenario = standardScenarios().find((one) => one.id === id);
    return scenario === undefined ? 'no such world' : failuresIn(scenario);
  };

  it('are all of them for one thread', () => {
    expect(of('W1')).toBe('all');
  });

  it('are none where a call has to succeed', () => {
    expect(of('W21')).toBe('none');
  });

  it('are those of the patch for several threads', () => {
    expect(of('W9')).toBe('of the patch');
  });
});

it('lets what the function of the patch calls fail while another thread writes, and not what others call', () => {
  const after = `
static int iommu_setup_default_domain(struct iommu_group *group, int type)
{
	struct iommu_domain *old = group->default_domain;
	struct iommu_domain *dom = iommu_group_alloc_default_domain(group, type);
	int ret;

	if (IS_ERR(dom))
		return PTR_ERR(dom);
	group->default_domain = dom;
	ret = __iommu_group_set_domain(group, dom);
	if (ret) {
		iommu_domain_free(dom);
		return ret;
	}
	if (old)
		iommu_domain_free(old);
	return 0;
}
`;
  const done = runPatch({ before: null, after: runSide(after), era: 'v6.12', scenarios: [], cancel: neverCancelled });
  const twoWriters = done?.after.runs.find(({ scenario }) => scenario.id === 'W9');
  expect(twoWriters?.withFailures).toBe(true);
  expect(twoWriters?.run.violations.map((one) => one.message)).toContain('G.default_domain is identity1@T1, which was freed');
  const withHotAdd = done?.after.runs.find(({ scenario }) => scenario.id === 'W12');
  expect(withHotAdd?.withFailures).toBe(true);
  // The probe of a device is nobody's call of the patch.
  expect(withHotAdd?.run.steps.flatMap((step) => (step.call.startsWith('hot_add') ? step.got : []))).not.toContain('-ENODEV');
});

it('knows a breach of the model that a failure at the same place leads to: it is not that of the code', () => {
  const after = `
static void __iommu_group_set_domain_nofail(struct iommu_group *group, struct iommu_domain *new_domain)
{
	WARN_ON(__iommu_group_set_domain_internal(group, new_domain, IOMMU_SET_DOMAIN_MUST_SUCCEED)); /* changed */
}

static void __iommu_release_dma_ownership(struct iommu_group *group)
{
	group->owner_cnt = 0;
	group->owner = NULL;
	__iommu_group_set_domain_nofail(group, group->default_domain);
}
`;
  const [start, end] = [after.indexOf('\tWARN_ON'), after.indexOf('/* changed')];
  const side = runSide(after, (offset) => start <= offset && offset <= end);
  const done = runPatch({ before: null, after: side, era: 'v6.12', scenarios: [], cancel: neverCancelled });
  const released = done?.after.runs.find(({ scenario }) => scenario.id === 'W16');
  expect(released?.run.violations.map((one) => one.id)).toContain('I1');
  expect((done?.after.facts ?? []).map((fact) => fact.rule)).not.toContain('rollback-missing-reattach');
});
