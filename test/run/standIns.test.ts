// Helpers that a mail does not bring: what stands in for them.

import { expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { runPatch } from '../../server/src/core/run/patch.ts';
import { runSide } from './sides.ts';

const attach = (undo: string): string => `
int iommu_attach_device_pasid(struct iommu_domain *domain, struct device *dev, ioasid_t pasid,
			      struct iommu_attach_handle *handle)
{
	struct iommu_group *group = dev->iommu_group;
	int ret;

	mutex_lock(&group->mutex);
	ret = xa_insert(&group->pasid_array, pasid, handle, GFP_KERNEL);
	if (ret)
		goto out_unlock;
	if (handle)
		handle->domain = domain;
	ret = __iommu_set_group_pasid(domain, group, pasid);
${undo}out_unlock:
	mutex_unlock(&group->mutex);
	return ret;
}
`;

const told = (undo: string): string[] => {
  const done = runPatch({
    before: null,
    after: runSide(attach(undo)),
    era: 'v6.12',
    scenarios: [],
    cancel: neverCancelled,
  });
  expect(done?.after.unknowns.filter((one) => one.reason === 'callee')).toEqual([]);
  return (done?.after.facts ?? []).filter((fact) => !fact.isKnown).map((fact) => fact.data['invariant'] ?? '');
};

it('sets a PASID on each member of the group, or on none: an entry that is left behind is found, one that is taken out is right', () => {
  const invariant = 'a PASID of the group is set on every member that can have it';
  expect(told('\tif (ret)\n\t\txa_erase(&group->pasid_array, pasid);\n')).not.toContain(invariant);
  expect(told('')).toContain(invariant);
});
