// Helpers that a mail does not bring: what stands in for them.

import { expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
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

const refused = readScenario(`id: refused
title: the second member refuses a PASID
sources: []
world:
  devices:
    A: {pci: "01:00.0", multifunction: true, max_pasids: 16}
    B: {pci: "01:00.1", multifunction: true, max_pasids: 16}
  groups: { G: [A, B] }
threads:
  T1:
    - m = alloc(A): ok
    - call: attach_pasid(m, A, 5)
      returns: any
      fail: set_dev_pasid(B)
`);

/** Breaches of the run, in words. */
function broken(text: string): string[] {
  if (!refused.ok) throw new Error(refused.problems[0]?.message ?? '');
  const done = runPatch({
    before: null,
    after: runSide(text),
    era: 'v6.12',
    scenarios: [refused.scenario],
    onlyOwn: true,
    cancel: neverCancelled,
  });
  expect(done?.after.unknowns).toEqual([]);
  return (done?.after.runs ?? []).flatMap(({ run }) => run.violations.map((one) => one.message));
}

const erase = '\tif (ret)\n\t\txa_erase(&group->pasid_array, pasid);\n';

it('sets a PASID on each member of the group, or on none: an entry that is left behind is found, one that is taken out is right', () => {
  expect(broken(attach(erase))).toEqual([]);
  expect(broken(attach(''))).toEqual(['PASID 5 of G is not set on A, B']);
});

it('finds a PASID that the first member keeps where the second one refuses it', () => {
  const set = (undo: string): string => `
static int __iommu_set_group_pasid(struct iommu_domain *domain, struct iommu_group *group, ioasid_t pasid)
{
	struct group_device *device, *last;
	int ret;

	list_for_each_entry(device, &group->devices, list) {
		ret = domain->ops->set_dev_pasid(domain, device->dev, pasid, NULL);
		if (ret)
			goto revert;
	}
	return 0;

revert:
	last = device;
	list_for_each_entry(device, &group->devices, list) {
		if (device == last)
			break;
${undo}	}
	return ret;
}

${attach(erase)}`;
  expect(broken(set('\t\tdev_iommu_ops(device->dev)->remove_dev_pasid(device->dev, pasid, domain);\n'))).toEqual([]);
  expect(broken(set(''))).toEqual(['PASID 5=unmanaged1@T1 is set on A, and no slot of G knows it']);
});
