// Enumerators, macros with a fixed value, and global variables. Figures from include/linux/iommu.h, include/uapi/linux/pci_regs.h,
// include/linux/notifier.h and include/linux/mm_types.h of 6.1 and 6.12.

import type { Value } from '../../model/machine/names.ts';

/** Domain types and their numbers. `BLOCKED` is 0, so that a type which nobody chose is one. */
export const domainNumbers: ReadonlyMap<string, number> = new Map([
  ['BLOCKED', 0],
  ['UNMANAGED', 1],
  ['DMA', 3],
  ['IDENTITY', 4],
  ['DMA_FQ', 11],
  ['SVA', 16],
  ['PLATFORM', 32],
  ['NESTED', 64],
]);

const words = new Map([...domainNumbers].map(([word, number]) => [number, word]));

/** A domain type as the model's word, from a word, a number or nothing (0 is BLOCKED); a number that is no type stays. */
export function domainWord(value: Value | undefined): Value {
  if (value === null || value === undefined || value === false) return 'BLOCKED';
  return typeof value === 'number' ? (words.get(value) ?? value) : value;
}

export const acsNumbers = { SV: 0x1, RR: 0x4, CR: 0x8, UF: 0x10 } as const;

export const NO_PASID = 0xffffffff;

export const constants: ReadonlyMap<string, Value> = new Map<string, Value>([
  ...[...domainNumbers.keys()].map((word): [string, Value] => [`IOMMU_DOMAIN_${word}`, word]),
  ['__IOMMU_DOMAIN_PAGING', 1],
  ['__IOMMU_DOMAIN_DMA_API', 2],
  ['__IOMMU_DOMAIN_PT', 4],
  ['__IOMMU_DOMAIN_DMA_FQ', 8],
  ['IOMMU_DOMAIN_ALLOC_FLAGS', ~8],
  ['IOMMU_SET_DOMAIN_MUST_SUCCEED', 1],
  ['IOMMU_NO_PASID', 0],
  ['IOMMU_FIRST_GLOBAL_PASID', 1],
  ['IOMMU_PASID_INVALID', NO_PASID],
  ['INVALID_IOASID', NO_PASID],
  ['IOMMU_CMD_LINE_DMA_API', 1],
  ['IOMMU_CMD_LINE_STRICT', 2],
  ['IOMMU_RESV_DIRECT', 0],
  ['IOMMU_RESV_DIRECT_RELAXABLE', 1],
  ['IOMMU_RESV_RESERVED', 2],
  ['IOMMU_RESV_MSI', 3],
  ['IOMMU_RESV_SW_MSI', 4],
  ['IOMMU_DEV_FEAT_SVA', 0],
  ['IOMMU_DEV_FEAT_IOPF', 1],
  ['IOMMU_FAULT_PAGE_REQUEST_PASID_VALID', 1],
  ['IOMMU_FAULT_PERM_READ', 1],
  ['IOMMU_FAULT_PERM_WRITE', 2],
  ['IOMMU_FAULT_PERM_EXEC', 4],
  ['IOMMU_FAULT_PERM_PRIV', 8],
  ['IOMMU_PAGE_RESP_SUCCESS', 0],
  ['IOMMU_PAGE_RESP_INVALID', 1],
  ['VM_READ', 1],
  ['VM_WRITE', 2],
  ['VM_EXEC', 4],
  ['FAULT_FLAG_WRITE', 0x1],
  ['FAULT_FLAG_USER', 0x40],
  ['FAULT_FLAG_REMOTE', 0x80],
  ['FAULT_FLAG_INSTRUCTION', 0x100],
  ['VM_FAULT_ERROR', 0x873],
  ['CAP_SYS_ADMIN', 21],
  ['CAP_SYS_RAWIO', 17],
  ['BUS_NOTIFY_ADD_DEVICE', 1],
  ['BUS_NOTIFY_DEL_DEVICE', 2],
  ['BUS_NOTIFY_REMOVED_DEVICE', 3],
  ['BUS_NOTIFY_BIND_DRIVER', 4],
  ['BUS_NOTIFY_BOUND_DRIVER', 5],
  ['BUS_NOTIFY_UNBIND_DRIVER', 6],
  ['BUS_NOTIFY_UNBOUND_DRIVER', 7],
  ['NOTIFY_DONE', 0],
  ['NOTIFY_OK', 1],
  ['CC_ATTR_MEM_ENCRYPT', 1],
  ['GFP_KERNEL', 0xcc0],
  ['GFP_ATOMIC', 0x820],
  ['__GFP_DMA', 0x1],
  ['__GFP_HIGHMEM', 0x2],
  ['__GFP_DMA32', 0x4],
  ['__GFP_COMP', 0x40000],
  ['PAGE_SIZE', 4096],
  ['S_IRUGO', 0o444],
  ['PCI_ACS_SV', acsNumbers.SV],
  ['PCI_ACS_RR', acsNumbers.RR],
  ['PCI_ACS_CR', acsNumbers.CR],
  ['PCI_ACS_UF', acsNumbers.UF],
  ['REQ_ACS_FLAGS', acsNumbers.SV | acsNumbers.RR | acsNumbers.CR | acsNumbers.UF],
]);

/** Global variables that the model keeps among the cells of `world`. */
export const globals: ReadonlyMap<string, { readonly object: string; readonly cell: string }> = new Map([
  ['iommu_def_domain_type', { object: 'world', cell: 'def_domain_type' }],
  ['iommu_dma_strict', { object: 'world', cell: 'dma_strict' }],
  ['iommu_cmd_line', { object: 'world', cell: 'iommu_cmd_line' }],
  ['iommu_group_kset', { object: 'world', cell: 'iommu_group_kset' }],
]);
