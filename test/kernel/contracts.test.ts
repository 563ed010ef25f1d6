import { describe, expect, it } from 'vitest';
import { contractOf, contracts, contractsOf } from '../../server/src/core/kernel/contracts/index.ts';
import { fieldContracts } from '../../server/src/core/kernel/contracts/fields.ts';
import { stateConflicts } from '../../server/src/core/kernel/contracts/conflicts.ts';
import { errnos } from '../../server/src/core/kernel/errnos.ts';

const pairsOfEras = contracts.flatMap((row) => row.eras.map((era) => `${row.name} in ${era}`));

describe('the contract tables', () => {
  it('have one row a function and era', () => {
    expect(pairsOfEras.filter((one, index) => pairsOfEras.indexOf(one) !== index)).toEqual([]);
  });

  it('name a source for every row, and error codes that exist', () => {
    expect(contracts.filter((row) => row.source === '').map((row) => row.name)).toEqual([]);
    const codes = contracts.flatMap((row) => row.errors.map((error) => error.code)).filter((code) => code !== 'driver');
    expect(codes.filter((code) => !code.startsWith('-') || errnos[code.slice(1)] === undefined)).toEqual([]);
  });

  it('never ask the caller for a lock that the function takes itself', () => {
    const both = contracts.filter(({ locks }) => locks.requires.some((lock) => locks.takes.some((own) => own.lock === lock.lock)));
    expect(both.map((row) => row.name)).toEqual([]);
  });

  it('answer every state conflict with a code that is not -EINVAL', () => {
    expect(stateConflicts.filter((row) => row.answers.length === 0 || row.answers.includes('-EINVAL'))).toEqual([]);
  });
});

describe('a contract', () => {
  it('differs by era where the kernel did', () => {
    expect(contractOf('iommu_group_claim_dma_owner', 'v6.1')?.errors.map((error) => error.code)).toEqual(['-EPERM', '-EBUSY']);
    expect(contractOf('iommu_group_claim_dma_owner', 'v6.12')?.errors.map((error) => error.code)).toEqual(['-EINVAL', '-EPERM', '-EBUSY']);
  });

  it('says of the third default-domain proposal that its helper drops the mutex of its caller', () => {
    const locks = (era: string): unknown => contractOf('iommu_change_dev_def_domain', era)?.locks.releases.map((lock) => lock.lock);
    expect(locks('defdom-2020-v3')).toEqual(['group-mutex']);
    expect(locks('v6.1')).toEqual([]);
  });

  it('is unknown for other functions and eras', () => {
    expect(contractOf('iommu_paging_domain_alloc', 'v6.1')).toBeNull();
    expect(contractsOf('constructor')).toEqual([]);
  });
});

describe('a field with a lock', () => {
  it('is known for the state of a group, in the eras that have it', () => {
    const ofGroups = fieldContracts.filter((one) => one.struct === 'iommu_group');
    const erasOf = (field: string): readonly string[] => ofGroups.find((one) => one.field === field)?.eras ?? [];
    expect(erasOf('pasid_array')).toEqual(['v6.12']);
    expect(erasOf('owner_cnt')).not.toContain('defdom-2020-v3');
    expect(new Set(ofGroups.map((one) => one.lock))).toEqual(new Set(['->mutex']));
  });

  it('has one lock in an era, by a path from its object or at file level', () => {
    const keys = fieldContracts.flatMap((one) => one.eras.map((era) => `${one.struct ?? ''}.${one.field} in ${era}`));
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
    expect(fieldContracts.filter((one) => !/^(?:(?:->\w+)+|\w+)$/u.test(one.lock) || one.source === '')).toEqual([]);
  });

  it('names the readers that may do without', () => {
    expect(fieldContracts.find((one) => one.field === 'default_domain')?.unlockedReaders).toContain('iommu_get_dma_domain');
  });
});
