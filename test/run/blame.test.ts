// Which line is blamed for a breach, on schedules of code that is run.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import { runPatch, type PatchRun } from '../../server/src/core/run/patch.ts';
import { rules } from '../../server/src/core/rules/registry.ts';
import { runSide } from './sides.ts';

/** A driver comes and goes. */
const comeAndGo = readScenario(`id: mine
title: a driver binds and unbinds
sources: []
world:
  devices: { A: {pci: "01:00.0"} }
  groups: { G: [A] }
threads:
  T1:
    - bind(A, nic): any
    - unbind(A): any
`);

function run(era: string, text: string, before: string | null = null): PatchRun {
  const done = runPatch({
    before: before === null ? null : runSide(before),
    after: runSide(text),
    era,
    scenarios: comeAndGo.ok ? [comeAndGo.scenario] : [],
    onlyOwn: true,
    cancel: neverCancelled,
  });
  if (done === null) throw new Error('nothing was run');
  return done;
}

const told = (done: PatchRun): string[] =>
  done.after.facts.filter((fact) => !fact.isKnown).map((fact) => `${fact.rule} ${fact.at.function}: ${fact.data['code'] ?? ''}`);

const unuse = (body: string): string => `
void iommu_device_unuse_default_domain(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	if (!group)
		return;

	mutex_lock(&group->mutex);
${body}
}
`;

describe('the line that is blamed', () => {
  it('is none for code that is right', () => {
    expect(
      told(run('v6.12', unuse('\tif (!WARN_ON(!group->owner_cnt))\n\t\tgroup->owner_cnt--;\n\tmutex_unlock(&group->mutex);'))),
    ).toEqual([]);
  });

  it('is the last one that ran for a lock that is left behind', () => {
    const facts = run('v6.12', unuse('\tif (group->owner_cnt)\n\t\tgroup->owner_cnt--;')).after.facts;
    const left = facts.find((fact) => fact.rule === 'lock-held-at-return');
    expect(left?.evidence.map((step) => step.message)).toEqual(['group mutex is taken here']);
  });

  it('is the release for a lock that is given back twice', () => {
    const done = run('v6.12', unuse('\tgroup->owner_cnt--;\n\tmutex_unlock(&group->mutex);\n\tmutex_unlock(&group->mutex); /* again */'));
    expect(told(done)).toContain('unlock-without-lock iommu_device_unuse_default_domain: mutex_unlock(&group->mutex); /* again */');
  });

  it('is the second acquisition for a thread that waits for itself', () => {
    const done = run('v6.12', unuse('\tmutex_lock(&group->mutex); /* again */\n\tgroup->owner_cnt--;\n\tmutex_unlock(&group->mutex);'));
    expect(told(done)).toContain('double-lock iommu_device_unuse_default_domain: mutex_lock(&group->mutex); /* again */');
  });

  it('is the test that kept a count where nothing wrote it', () => {
    const done = run('v6.12', unuse('\tif (group->owner_cnt > 1)\n\t\tgroup->owner_cnt--;\n\tmutex_unlock(&group->mutex);'));
    expect(told(done)).toContain('unpaired-claim iommu_device_unuse_default_domain: if (group->owner_cnt > 1)');
  });
});

describe('the line that is blamed in a patch that changes little', () => {
  const claimed = readScenario(`id: mine
title: a user claims a group
sources: []
world:
  devices: { A: {pci: "01:00.0"} }
  groups: { G: [A] }
  users: [u1]
threads:
  T1:
    - claim(G, u1): any
`);
  const claim = (body: string): string => `
static int set_owner(struct iommu_group *group, void *owner)
{
	group->owner = owner;
	group->owner_cnt = 1;
	return 0;
}

int iommu_group_claim_dma_owner(struct iommu_group *group, void *owner)
{
	int ret;

	mutex_lock(&group->mutex);
	ret = set_owner(group, owner);
${body}
	mutex_unlock(&group->mutex);
	return ret;
}
`;
  /** Lines that end with a plus are those of the patch. */
  const toldOf = (body: string): string[] => {
    const text = claim(body);
    const isAdded = (offset: number): boolean => {
      const end = text.indexOf('\n', offset);
      return text.slice(text.lastIndexOf('\n', offset - 1) + 1, end < 0 ? text.length : end).endsWith('/* + */');
    };
    const done = runPatch({
      before: null,
      after: runSide(text, isAdded),
      era: 'v6.12',
      scenarios: claimed.ok ? [claimed.scenario] : [],
      onlyOwn: true,
      cancel: neverCancelled,
    });
    if (done === null) throw new Error('nothing was run');
    return told(done);
  };

  it('stands in the function that it changes, where a helper that it calls does the rest', () => {
    expect(toldOf('\tpr_info("claimed\\n"); /* + */')).toEqual([
      'claim-without-blocking-domain iommu_group_claim_dma_owner: ret = set_owner(group, owner);',
    ]);
  });

  it('is the release that it adds, where the work under the lock is not done', () => {
    expect(
      toldOf(
        '\tmutex_unlock(&group->mutex); /* + */\n\tmutex_lock(&group->mutex); /* + */\n\t__iommu_group_set_domain(group, group->blocking_domain);',
      ),
    ).toEqual(['claim-without-blocking-domain iommu_group_claim_dma_owner: mutex_unlock(&group->mutex); /* + */']);
  });
});

it('blames only by rules that exist', () => {
  const source = readFileSync(new URL('../../server/src/core/run/outcome/blame.ts', import.meta.url), 'utf8');
  const named = [...source.matchAll(/'([a-z]+(?:-[a-z]+)+)'/gu)].map((match) => match[1] ?? '');
  const known = new Set(rules.map((rule) => rule.meta.id));
  const others = new Set(['dma-routing']);
  expect(named.filter((id) => !known.has(id) && !others.has(id))).toEqual([]);
});
