// What comes out differently after a patch, and what only the patched side breaks.

import { describe, expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import { lineOf } from '../../server/src/core/run/outcome/facts.ts';
import { runPatch, type PatchRun } from '../../server/src/core/run/patch.ts';
import { runSide } from './sides.ts';

const WORLD = `sources: []
world:
  devices: { A: {pci: "01:00.0", max_pasids: 16, sva: true} }
  groups: { G: [A] }
  users: [u1, u2]
  mms: [mm1]
`;
const claims = `id: claims
title: two users claim a group
${WORLD}threads:
  T1:
    - claim(G, u1): 0
    - claim(G, u2): -EPERM
end: { G.owner_cnt: 1 }
`;
const write = `id: write
title: another default domain
${WORLD}threads:
  T1:
    - write_type(G, identity): 0
`;

/** Runs one scenario before and after; lines that end with a plus are those of the patch. */
function run(scenario: string, before: string, after: string): PatchRun {
  const isAdded = (text: string) => (offset: number) => {
    const end = text.indexOf('\n', offset);
    return text.slice(text.lastIndexOf('\n', offset - 1) + 1, end < 0 ? text.length : end).endsWith('/* + */');
  };
  const read = readScenario(scenario);
  if (!read.ok) throw new Error(read.problems[0]?.message ?? '');
  const done = runPatch({
    before: runSide(before, () => false),
    after: runSide(after, isAdded(after)),
    era: 'v6.12',
    scenarios: [read.scenario],
    onlyOwn: true,
    cancel: neverCancelled,
  });
  if (done === null) throw new Error('nothing was run');
  return done;
}

const claim = (refused: string): string => `
int iommu_group_claim_dma_owner(struct iommu_group *group, void *owner)
{
	int ret;

	mutex_lock(&group->mutex);
	if (group->owner_cnt) {
		${refused}
	} else {
		group->owner = owner;
		group->owner_cnt = 1;
		ret = __iommu_group_set_domain(group, group->blocking_domain);
	}
	mutex_unlock(&group->mutex);
	return ret;
}
`;

const said = ({ changes }: PatchRun): string[] =>
  changes.map(({ what, before, after, at, step }) => `${step ?? 'end'} ${what}: ${before.join()} -> ${after.join()} | ${lineOf(at)}`);

describe('what comes out differently', () => {
  it('is a call with another result, at the changed line that its schedule passes', () => {
    expect(said(run(claims, claim('ret = -EPERM;'), claim('ret = -EAGAIN; /* + */')))).toEqual([
      'T1.2 claim(G, u2): -EPERM -> -EAGAIN | ret = -EAGAIN; /* + */',
    ]);
  });

  it('is a field that ends otherwise than the scenario expects', () => {
    const done = run(claims, claim('ret = -EPERM;'), claim('ret = -EPERM; group->owner_cnt++; /* + */'));
    expect(said(done)).toEqual(['end G.owner_cnt: 1 -> 2 | ret = -EPERM; group->owner_cnt++; /* + */']);
  });

  it('is nothing where a result rests on a call that nobody knows', () => {
    expect(said(run(claims, claim('ret = -EPERM;'), claim('ret = demo_ask(group); /* + */')))).toEqual([]);
  });

  it('has a schedule that shows it', () => {
    const [change] = run(claims, claim('ret = -EPERM;'), claim('ret = -EAGAIN; /* + */')).changes;
    expect(change?.trace?.trace.violation).toBe(null);
    expect(change?.trace?.frames.flat().map((frame) => frame.function)).toContain('iommu_group_claim_dma_owner');
  });
});

describe('what only the patched side breaks', () => {
  it('is told at the last line that had to do with the object, where no line does it: a domain that nobody can free any more', () => {
    const setup = (end: string): string => `
static int iommu_setup_default_domain(struct iommu_group *group, int type)
{
	struct iommu_domain *old = group->default_domain;
	struct iommu_domain *dom = iommu_group_alloc_default_domain(group, type);

	if (IS_ERR(dom))
		return PTR_ERR(dom);
	group->default_domain = dom;
	__iommu_group_set_domain(group, dom);
${end}	pr_debug("set\\n"); /* + */
	return 0;
}
`;
    const { facts } = run(write, setup('\tif (old)\n\t\tiommu_domain_free(old);\n'), setup('')).after;
    expect(facts.map((fact) => `${fact.data['detail'] ?? ''} | ${fact.data['code'] ?? ''}`)).toEqual([
      'dma1 is allocated, and nothing leads to it any more | group->default_domain = dom;',
    ]);
  });

  it('is told at a changed line of a function that does nothing any more', () => {
    const put = (body: string): string => `
void iommu_group_put(struct iommu_group *group)
{
${body}
}
`;
    const gone = `id: gone
title: a device goes
${WORLD}threads:
  T1:
    - unplug(A): any
`;
    const { facts } = run(gone, put('\tif (group)\n\t\tkobject_put(group->devices_kobj);'), put('\tpr_debug("put\\n"); /* + */')).after;
    expect(facts.map((fact) => `${fact.data['detail'] ?? ''} | ${fact.data['code'] ?? ''}`)).toEqual([
      'G has 1 references and 0 holders | pr_debug("put\\n"); /* + */',
    ]);
  });

  it('is a domain that a driver is asked to take off a PASID after it was freed', () => {
    const unbind = (first: string, second: string): string => `
void iommu_sva_unbind_device(struct iommu_sva *handle)
{
	struct iommu_domain *domain = handle->handle.domain;
	struct device *dev = handle->dev;

	mutex_lock(&iommu_sva_lock);
	${first}
	${second}
	mutex_unlock(&iommu_sva_lock);
}
`;
    const bond = `id: bond
title: a bond comes and goes
${WORLD}threads:
  T1:
    - h = sva_bind(A, mm1): ok
    - sva_unbind(h)
`;
    const [detach, free] = ['iommu_detach_device_pasid(domain, dev, 1);', 'iommu_domain_free(domain);'];
    const { facts } = run(bond, unbind(detach, free), unbind(free, `${detach} /* + */`)).after;
    expect(facts.map((fact) => `${fact.rule}: ${fact.data['code'] ?? ''}`)).toContain(`use-after-free: ${detach} /* + */`);
  });
});

it('runs a helper that the model knows, whose callers in the file take other arguments than the model gives them', () => {
  const set = (test: string): string => `
static int __iommu_device_set_domain(struct iommu_group *group, struct device *dev,
				     struct iommu_domain *new_domain, unsigned int flags)
{
${test}	return __iommu_attach_device(new_domain, dev);
}

static int __iommu_group_set_domain(struct iommu_group *group, struct iommu_domain *new_domain)
{
	return __iommu_group_set_domain_internal(group, new_domain, 0);
}

static int __iommu_group_set_domain_internal(struct iommu_group *group, struct iommu_domain *new_domain,
					     unsigned int flags)
{
	struct group_device *gdev;

	list_for_each_entry(gdev, &group->devices, list)
		__iommu_device_set_domain(group, gdev->dev, new_domain, flags);
	return 0;
}
`;
  const after = set('\tif (new_domain == group->blocking_domain) /* + */\n\t\treturn -EINVAL;\n');
  expect(said(run(claims.replace('end: { G.owner_cnt: 1 }\n', ''), set(''), after)).map((one) => one.split(' | ')[0])).toEqual([
    'T1.1 claim(G, u1): 0 -> -EINVAL',
    'T1.2 claim(G, u2): -EPERM -> -EINVAL',
  ]);
});
