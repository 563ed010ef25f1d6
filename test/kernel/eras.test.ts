import { describe, expect, it } from 'vitest';
import type { Outside } from '../../server/src/core/base/outside.ts';
import { emptyIndex } from '../../server/src/core/base/tree-index.ts';
import { eraByName, eraIds, eraOfPatch, eraOfTree } from '../../server/src/core/kernel/eras.ts';

const day = (text: string): number => Date.parse(text) / 1000;

function tree(makefile: string | null): Outside {
  const outside: Outside = {
    grammar: { symbols: [], fields: [] },
    parse: () => ({ ok: false, reason: 'size', detail: '' }),
    decode: (bytes, charset) => new TextDecoder(charset).decode(bytes),
    sha1: () => '',
    readTree: (path) => (path === 'Makefile' && makefile !== null ? new TextEncoder().encode(makefile) : null),
    readBlob: () => null,
    ...emptyIndex,
    hasTree: makefile !== null,
    near: () => outside,
  };
  return outside;
}

describe('the era of a patch', () => {
  it('is told by a word that only one era has', () => {
    expect(eraOfPatch(new Set(['DMA_OWNER_KERNEL', 'group']), day('2024-01-01'))).toMatchObject({ id: 'owner-v1-2021-11', certain: true });
  });

  it('is told by two words together, where each alone says nothing', () => {
    expect(eraOfPatch(new Set(['iommu_change_dev_def_domain', 'prev_dom']), null)).toMatchObject({ id: 'defdom-2020-v3', certain: true });
    expect(eraOfPatch(new Set(['iommu_change_dev_def_domain', 'prev_dev']), null)).toMatchObject({ id: 'defdom-merged', certain: true });
    expect(eraOfPatch(new Set(['prev_dom']), day('2020-06-01'))).toMatchObject({ certain: false });
  });

  it('is the newer one where words of two eras meet', () => {
    expect(eraOfPatch(new Set(['DMA_OWNER_USER', 'DMA_OWNER_PRIVATE_DOMAIN']), null).id).toBe('owner-v2v3-2021-12');
  });

  it('is assumed from the date, and never a proposal that lived beside merged code', () => {
    expect(eraOfPatch(new Set(), day('2020-05-29'))).toMatchObject({ id: 'defdom-2020-v3', certain: false, beyondTables: false });
    expect(eraOfPatch(new Set(), day('2021-12-01'))).toMatchObject({ id: 'defdom-merged', certain: false });
  });

  it('is the newest, and perhaps beyond the tables, where nothing tells it', () => {
    expect(eraOfPatch(new Set(), null)).toMatchObject({ id: 'v6.12', certain: false, beyondTables: true });
    expect(eraOfPatch(new Set(['iommu_paging_domain_alloc']), day('2025-09-01'))).toMatchObject({
      id: 'v6.12',
      certain: true,
      beyondTables: true,
    });
    expect(eraOfPatch(new Set(['DMA_OWNER_USER']), day('2025-09-01')).beyondTables).toBe(false);
  });
});

describe('the era of a tree', () => {
  it('is the version of its Makefile', () => {
    expect(eraOfTree(tree('# SPDX\nVERSION = 6\nPATCHLEVEL = 12\n'))).toMatchObject({ id: 'v6.12', certain: true, beyondTables: false });
  });

  it('is the nearest older table for a version between two, and not certain', () => {
    expect(eraOfTree(tree('VERSION = 6\nPATCHLEVEL = 6\n'))).toMatchObject({ id: 'v6.1', certain: false });
    expect(eraOfTree(tree('VERSION = 7\nPATCHLEVEL = 0\n'))).toMatchObject({ id: 'v6.12', certain: false, beyondTables: true });
  });

  it('is unknown without a tree, and for a folder that is no kernel', () => {
    expect(eraOfTree(tree(null))).toBeNull();
    expect(eraOfTree(tree('all:\n\techo no\n'))).toBeNull();
  });
});

it('reads the names of eras and no others', () => {
  expect(eraIds.map(eraByName)).toEqual([...eraIds]);
  expect(eraByName('auto')).toBeNull();
});
