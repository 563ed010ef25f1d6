// Which stage of the IOMMU core a patch or a tree belongs to. Contracts differ by era, so the era is found first and always shown.

import type { Outside } from '../base/outside.ts';

/** Stages of the group, domain and ownership interfaces, oldest first. */
export const eraIds = [
  'sva-2018',
  'defdom-2020-v3',
  'defdom-merged',
  'uapi-2021-07',
  'userdma-rfc-2021-09',
  'owner-v1-2021-11',
  'owner-v2v3-2021-12',
  'owner-merged',
  'v6.1',
  'v6.12',
] as const;

export type EraId = (typeof eraIds)[number];

export interface Era {
  readonly id: EraId;
  /** What a reader should know of it, in one line. */
  readonly title: string;
  /** Words that only this stage has; any one of them tells it. */
  readonly words: readonly string[];
  /** Words that tell it only together. */
  readonly pairs: readonly (readonly [string, string])[];
  /** First day (UTC) from which a mail without telling words is read in this era; null where only words tell it. */
  readonly from: string | null;
}

/** The proposals of 2021 lived beside the merged code, so only their own words select them. */
const eras: readonly Era[] = [
  {
    id: 'sva-2018',
    title: 'first shared-virtual-addressing proposal, bonds between devices and processes',
    words: ['iommu_sva_bind_group', 'iommu_sva_unbind_group', 'iommu_sva_device_init', 'io_mm'],
    pairs: [],
    from: '2018-01-01',
  },
  {
    id: 'defdom-2020-v3',
    title: 'writable type of the default domain, third proposal',
    words: [],
    pairs: [['iommu_change_dev_def_domain', 'prev_dom']],
    from: '2019-01-01',
  },
  {
    id: 'defdom-merged',
    title: 'writable type of the default domain, as merged for v5.11',
    words: ['iommu_get_mandatory_def_domain_type'],
    pairs: [['iommu_change_dev_def_domain', 'prev_dev']],
    from: '2020-11-01',
  },
  {
    id: 'uapi-2021-07',
    title: '/dev/iommu user interface, second proposal',
    words: ['iommu_register_device', 'iommu_unregister_device', 'iommu_ctx_fdget'],
    pairs: [],
    from: null,
  },
  {
    id: 'userdma-rfc-2021-09',
    title: 'user DMA ownership, first proposal',
    words: ['iommu_device_init_user_dma', 'iommu_device_exit_user_dma', 'iommufd_bind_device', 'user_dma_owner_id'],
    pairs: [],
    from: null,
  },
  {
    id: 'owner-v1-2021-11',
    title: 'DMA ownership with the two owners kernel and user',
    words: ['DMA_OWNER_KERNEL', 'DMA_OWNER_USER', 'suppress_auto_claim_dma_owner', 'iommu_group_dma_owner_unclaimed'],
    pairs: [],
    from: null,
  },
  {
    id: 'owner-v2v3-2021-12',
    title: 'DMA ownership with the three owners DMA API, private domain and user',
    words: ['DMA_OWNER_DMA_API', 'DMA_OWNER_PRIVATE_DOMAIN', 'DMA_OWNER_PRIVATE_DOMAIN_USER'],
    pairs: [],
    from: null,
  },
  {
    id: 'owner-merged',
    title: 'DMA ownership as merged, with blocking domains',
    words: [],
    pairs: [
      ['iommu_group_claim_dma_owner', 'driver_managed_dma'],
      ['iommu_device_use_default_domain', 'driver_managed_dma'],
      ['iommu_group_claim_dma_owner', 'iommu_device_use_default_domain'],
    ],
    from: '2022-03-01',
  },
  {
    id: 'v6.1',
    title: 'Linux 6.1',
    words: [],
    pairs: [
      ['iommu_buses', 'iommu_change_dev_def_domain'],
      ['iommu_group_claim_dma_owner', 'iommu_change_dev_def_domain'],
    ],
    from: '2022-10-01',
  },
  {
    id: 'v6.12',
    title: 'Linux 6.12',
    words: [
      'iommu_paging_domain_alloc',
      'iommu_setup_default_domain',
      'iommu_device_claim_dma_owner',
      'iommu_group_replace_domain',
      'iommu_attach_group_handle',
      'iommu_replace_group_handle',
      '__iommu_group_set_domain_internal',
      'for_each_group_device',
    ],
    pairs: [['pasid_array', 'iommu_attach_handle']],
    from: '2023-06-01',
  },
];

const newestEra: EraId = 'v6.12';

/** Mails from this day on can be newer than the newest table. */
const tablesEnd = Date.UTC(2024, 10, 17) / 1000;

export interface EraGuess {
  readonly id: EraId;
  /** Told by words of the patch or by the version of the tree, not by the date or by default. */
  readonly certain: boolean;
  /** The patch can be newer than the newest table, so what the tables say may have changed since. */
  readonly beyondTables: boolean;
  /** Why, in words for the reader: "the patch names DMA_OWNER_KERNEL". */
  readonly reason: string;
}

/** The era of a name from the command line or the settings, or null where there is none of that name. */
export function eraByName(name: string): EraId | null {
  return eraIds.find((id) => id === name) ?? null;
}

/**
 * The era of a patch by the identifiers that it shows, then by the date of the mail (seconds since 1970, null where unknown), else the
 * newest. Where words of several eras meet, the newest of them wins: a patch often removes or quotes what it replaces.
 */
export function eraOfPatch(words: ReadonlySet<string>, dateEpoch: number | null): EraGuess {
  const beyondTables = dateEpoch === null || dateEpoch >= tablesEnd;
  for (const era of [...eras].reverse()) {
    const word = era.words.find((candidate) => words.has(candidate));
    const pair = era.pairs.find(([first, second]) => words.has(first) && words.has(second));
    const told = word ?? pair?.join(' and ');
    if (told === undefined) continue;
    return { id: era.id, certain: true, beyondTables: beyondTables && era.id === newestEra, reason: `the patch names ${told}` };
  }
  if (dateEpoch === null) return { id: newestEra, certain: false, beyondTables, reason: 'nothing tells the era, the newest is assumed' };
  const dated = [...eras].reverse().find((era) => era.from !== null && dateEpoch >= Date.parse(era.from) / 1000);
  return { id: dated?.id ?? eraIds[0], certain: false, beyondTables, reason: 'assumed from the date of the mail' };
}

/**
 * The era of a kernel tree by its Makefile; null without a tree. A version between two tables gets the nearest older one,
 * not certain, since interfaces changed in between.
 */
export function eraOfTree(outside: Outside): EraGuess | null {
  if (!outside.hasTree) return null;
  const makefile = outside.readTree('Makefile');
  const text = makefile === null ? null : outside.decode(makefile.subarray(0, 4096), 'utf-8');
  const version = text === null ? null : /^VERSION = (\d+)$/mu.exec(text)?.[1];
  const level = text === null ? null : /^PATCHLEVEL = (\d+)$/mu.exec(text)?.[1];
  if (version === null || version === undefined || level === null || level === undefined) return null;
  const number = Number(version) * 1000 + Number(level);
  const reason = `the tree is Linux ${version}.${level}`;
  const known: readonly (readonly [number, EraId])[] = [
    [6012, 'v6.12'],
    [6001, 'v6.1'],
    [5019, 'owner-merged'],
    [5011, 'defdom-merged'],
    [0, 'defdom-2020-v3'],
  ];
  const found = known.find(([first]) => number >= first);
  const id = found?.[1] ?? newestEra;
  return { id, certain: found?.[0] === number, beyondTables: number > 6012, reason };
}
