// How scenarios write the calls of iommufd: the ioctls with the fields of their structures, and short forms of them.
// [612: include/uapi/linux/iommufd.h, drivers/iommu/iommufd/main.c iommufd_ioctl_ops]

import type { CallForm } from '../form.ts';
import { form } from '../form.ts';
import { NUMBERS, asValue } from './constants.ts';

const buffer = asValue(NUMBERS['buffer'] ?? 0n);
const FIELDS: Readonly<Record<string, string>> = {
  id: 'object',
  object_id: 'object_id',
  ioas_id: 'ioas',
  dst_ioas_id: 'dst_ioas',
  src_ioas_id: 'src_ioas',
  dev_id: 'idev',
  pt_id: 'pt',
  hwpt_id: 'hwpt',
  fault_id: 'fault',
  allowed_iovas: 'ranges',
  access_id: 'access',
};

/** A command with a structure of so many bytes, its fields in their order. */
const command = (procedure: string, parameters: readonly string[], now: number, first = now, rest: string | null = null): CallForm =>
  form(procedure, ['ctx', ...parameters], { fields: FIELDS, bytes: { first, now }, rest });
const short = (
  procedure: string,
  parameters: readonly string[],
  defaults: CallForm['defaults'] = {},
  rest: string | null = null,
): CallForm => form(procedure, parameters, { fields: FIELDS, defaults, rest });

/** An operation of the tests' own command: the id of the command is its first field, whatever it names. */
const test = (procedure: string, parameters: readonly string[]): CallForm => {
  const [, id = ''] = parameters;
  return form(procedure, parameters, { fields: { ...FIELDS, ...TEST_FIELDS, id } });
};
const TEST_FIELDS: Readonly<Record<string, string>> = {
  access_pages_id: 'item',
  'check_iotlb.id': 'iotlb_id',
  'check_iotlb.iotlb': 'iotlb',
};

/** Commands by the name of their ioctl. */
const commands: Readonly<Record<string, CallForm>> = {
  IOMMU_DESTROY: command('iommufd_destroy', ['object'], 8),
  IOMMU_IOAS_ALLOC: command('iommufd_ioas_alloc_ioctl', ['flags'], 12),
  IOMMU_IOAS_IOVA_RANGES: {
    ...command('iommufd_ioas_iova_ranges', ['ioas', 'num_iovas', '__reserved', 'allowed_iovas'], 32),
    fields: { ...FIELDS, allowed_iovas: 'allowed_iovas' },
    defaults: { allowed_iovas: buffer },
  },
  IOMMU_IOAS_ALLOW_IOVAS: command('iommufd_ioas_allow_iovas', ['ioas', 'num_iovas', '__reserved', 'ranges'], 24, 24, 'ranges'),
  IOMMU_IOAS_MAP: command('iommufd_ioas_map', ['flags', 'ioas', '__reserved', 'user_va', 'length', 'iova'], 40),
  IOMMU_IOAS_COPY: command('iommufd_ioas_copy', ['flags', 'dst_ioas', 'src_ioas', 'length', 'dst_iova', 'src_iova'], 40),
  IOMMU_IOAS_UNMAP: command('iommufd_ioas_unmap', ['ioas', 'iova', 'length'], 24),
  IOMMU_OPTION: command('iommufd_option', ['option_id', 'op', '__reserved', 'object_id', 'val64'], 24),
  IOMMU_VFIO_IOAS: command('iommufd_vfio_ioas', ['ioas', 'op', '__reserved'], 12),
  IOMMU_HWPT_ALLOC: command(
    'iommufd_hwpt_alloc',
    ['flags', 'idev', 'pt', '__reserved', 'data_type', 'data_len', 'data_uptr', 'fault'],
    48,
    24,
  ),
  IOMMU_HWPT_INVALIDATE: command(
    'iommufd_hwpt_invalidate',
    ['hwpt', 'data_uptr', 'data_type', 'entry_len', 'entry_num', '__reserved', 'entries'],
    32,
    32,
    'entries',
  ),
  IOMMU_HWPT_SET_DIRTY_TRACKING: command('iommufd_hwpt_set_dirty_tracking', ['flags', 'hwpt', '__reserved'], 16),
  IOMMU_HWPT_GET_DIRTY_BITMAP: command(
    'iommufd_hwpt_get_dirty_bitmap',
    ['hwpt', 'flags', '__reserved', 'iova', 'length', 'page_size', 'data'],
    48,
  ),
  IOMMU_GET_HW_INFO: command('iommufd_get_hw_info', ['flags', 'idev', 'data_len', 'data_uptr', 'in_data_type', '__reserved'], 40, 32),
  IOMMU_FAULT_QUEUE_ALLOC: command('iommufd_fault_alloc', ['flags'], 16),
  VFIO_GET_API_VERSION: short('vfio_get_api_version', ['ctx']),
  VFIO_CHECK_EXTENSION: short('iommufd_vfio_check_extension', ['ctx', 'type']),
  VFIO_SET_IOMMU: short('iommufd_vfio_set_iommu', ['ctx', 'type']),
  VFIO_IOMMU_GET_INFO: short('iommufd_vfio_iommu_get_info', ['ctx', 'argsz']),
  VFIO_IOMMU_MAP_DMA: short('iommufd_vfio_map_dma', ['ctx', 'argsz', 'flags', 'vaddr', 'iova', 'size']),
  VFIO_IOMMU_UNMAP_DMA: short('iommufd_vfio_unmap_dma', ['ctx', 'argsz', 'flags', 'iova', 'size']),
  IOMMU_TEST_OP_ADD_RESERVED: test('iommufd_test_add_reserved', ['ctx', 'ioas', 'start', 'length']),
  IOMMU_TEST_OP_MOCK_DOMAIN: test('iommufd_test_mock_domain', ['ctx', 'pt']),
  IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS: test('iommufd_test_mock_domain', ['ctx', 'pt', 'dev_flags']),
  IOMMU_TEST_OP_MOCK_DOMAIN_REPLACE: test('iommufd_test_mock_domain_replace', ['ctx', 'object', 'pt']),
  IOMMU_TEST_OP_MD_CHECK_MAP: test('iommufd_test_md_check_map', ['ctx', 'hwpt', 'iova', 'length', 'uptr']),
  IOMMU_TEST_OP_MD_CHECK_REFS: test('iommufd_test_md_check_refs', ['ctx', 'length', 'uptr', 'refs']),
  IOMMU_TEST_OP_MD_CHECK_IOTLB: test('iommufd_test_md_check_iotlb', ['ctx', 'hwpt', 'iotlb_id', 'iotlb']),
  IOMMU_TEST_OP_CREATE_ACCESS: test('iommufd_test_create_access', ['ctx', 'ioas', 'flags']),
  IOMMU_TEST_OP_ACCESS_REPLACE_IOAS: test('iommufd_test_access_replace_ioas', ['ctx', 'access', 'ioas']),
  IOMMU_TEST_OP_ACCESS_PAGES: test('iommufd_test_access_pages', ['ctx', 'access', 'iova', 'length', 'uptr', 'flags']),
  IOMMU_TEST_OP_DESTROY_ACCESS_PAGES: test('iommufd_test_access_item_destroy', ['ctx', 'access', 'item']),
  IOMMU_TEST_OP_ACCESS_RW: test('iommufd_test_access_rw', ['ctx', 'access', 'iova', 'length', 'uptr', 'flags']),
  IOMMU_TEST_OP_DIRTY: test('iommufd_test_dirty', ['ctx', 'hwpt', 'iova', 'length', 'page_size', 'uptr']),
  IOMMU_TEST_OP_SET_TEMP_MEMORY_LIMIT: test('iommufd_test_set_temp_memory_limit', ['ctx', 'limit']),
  IOMMU_TEST_OP_TRIGGER_IOPF: test('iommufd_test_trigger_iopf', ['ctx', 'idev', 'pasid', 'grpid', 'perm', 'addr']),
};

const MAP = { user_va: buffer, flags: 'FIXED_IOVA|WRITEABLE|READABLE' };
const NESTED = { data_type: 'SELFTEST', data_len: 4, data_uptr: buffer };

/** The calls that scenarios write most, without what is the same each time. */
const shortForms: Readonly<Record<string, CallForm>> = {
  ioas_alloc: short('iommufd_ioas_alloc_ioctl', ['ctx', 'flags']),
  ioas_map: short('iommufd_ioas_map', ['ioas', 'iova', 'length', 'user_va', 'flags', 'mm'], MAP),
  ioas_map_fixed: short('iommufd_ioas_map', ['ioas', 'user_va', 'length', 'iova', 'flags', 'mm'], MAP),
  ioas_map_alloc: short('iommufd_ioas_map', ['ioas', 'length', 'user_va', 'flags', 'mm'], { ...MAP, flags: 'WRITEABLE|READABLE' }),
  ioas_unmap: short('iommufd_ioas_unmap', ['ioas', 'iova', 'length']),
  ioas_unmap_all: short('iommufd_ioas_unmap', ['ioas'], { length: asValue(NUMBERS['U64_MAX'] ?? 0n) }),
  ioas_copy: short('iommufd_ioas_copy', ['dst_ioas', 'dst_iova', 'src_ioas', 'src_iova', 'length', 'flags'], MAP),
  ioas_iova_ranges: {
    ...short('iommufd_ioas_iova_ranges', ['ioas', 'num_iovas', 'allowed_iovas'], { num_iovas: 16, allowed_iovas: buffer }),
    fields: { ...FIELDS, allowed_iovas: 'allowed_iovas' },
  },
  ioas_allow_iovas: short('iommufd_ioas_allow_iovas', ['ioas', 'ranges'], {}, 'ranges'),
  add_reserved: short('iommufd_test_add_reserved', ['ioas', 'start', 'length']),
  option: short('iommufd_option', ['ctx', 'option_id', 'op', 'object_id', 'val64']),
  ioas_option: short('iommufd_option', ['object_id', 'op', 'val64'], { option_id: 'HUGE_PAGES' }),
  hwpt_alloc: short('iommufd_hwpt_alloc', ['idev', 'pt', 'flags', 'data_type', 'data_len', 'data_uptr', 'fault']),
  hwpt_alloc_nested: short('iommufd_hwpt_alloc', ['idev', 'pt', 'flags', 'data_type', 'data_len', 'data_uptr'], NESTED),
  hwpt_alloc_iopf: short('iommufd_hwpt_alloc', ['idev', 'pt', 'fault', 'flags', 'data_type', 'data_len', 'data_uptr'], {
    ...NESTED,
    flags: 'FAULT_ID_VALID',
  }),
  hwpt_invalidate: short(
    'iommufd_hwpt_invalidate',
    ['hwpt', 'entries'],
    { data_type: 'SELFTEST', entry_len: 8, data_uptr: buffer },
    'entries',
  ),
  check_refs: short('iommufd_test_md_check_refs', ['ctx', 'uptr', 'length', 'refs'], {
    uptr: buffer,
    length: asValue(NUMBERS['BUFFER_SIZE'] ?? 0n),
  }),
  munmap: short('munmap', ['uptr', 'length']),
  mmap: short('mmap', ['uptr', 'length']),
  check_iotlb: short('iommufd_test_md_check_iotlb', ['hwpt', 'iotlb_id', 'iotlb']),
  check_map: short('iommufd_test_md_check_map', ['hwpt', 'iova', 'length', 'uptr'], { uptr: buffer }),
  set_dirty_tracking: short('iommufd_hwpt_set_dirty_tracking', ['hwpt', 'flags']),
  get_dirty_bitmap: short('iommufd_hwpt_get_dirty_bitmap', ['hwpt', 'iova', 'length', 'page_size', 'flags']),
  test_dirty: short('iommufd_test_dirty', ['hwpt', 'iova', 'length', 'page_size', 'uptr'], { uptr: buffer }),
  get_hw_info: short('iommufd_get_hw_info', ['idev', 'data_len', 'data_uptr', 'in_data_type', 'flags'], { data_len: 8, data_uptr: buffer }),
  fault_alloc: short('iommufd_fault_alloc', ['ctx', 'flags']),
  fault_read: short('iommufd_fault_fops_read', ['fault']),
  fault_write: short('iommufd_fault_fops_write', ['fault', 'cookie', 'code']),
  trigger_iopf: short('iommufd_test_trigger_iopf', ['idev']),
  mock_domain: short('iommufd_test_mock_domain', ['ctx', 'pt', 'dev_flags']),
  mock_domain_flags: short('iommufd_test_mock_domain', ['ctx', 'pt', 'dev_flags']),
  mock_domain_replace: short('iommufd_test_mock_domain_replace', ['object', 'pt']),
  destroy: short('iommufd_destroy', ['ctx', 'object']),
  access_create: short('iommufd_access_create', ['ctx', 'flags']),
  create_access: short('iommufd_test_create_access', ['ioas', 'flags']),
  destroy_access: short('iommufd_access_destroy', ['access']),
  access_replace_ioas: short('iommufd_test_access_replace_ioas', ['access', 'ioas']),
  access_pages: short('iommufd_test_access_pages', ['access', 'iova', 'length', 'flags', 'uptr'], { uptr: buffer }),
  destroy_access_pages: short('iommufd_test_access_item_destroy', ['access', 'item']),
  access_rw: short('iommufd_test_access_rw', ['access', 'iova', 'length', 'flags', 'uptr'], { uptr: buffer }),
  access_pin_pages: short('iommufd_access_pin_pages', ['access', 'iova', 'length', 'flags']),
  access_unpin_pages: short('iommufd_access_unpin_pages', ['access', 'iova', 'length']),
  vfio_ioas: short('iommufd_vfio_ioas', ['ctx', 'op', 'ioas']),
  vfio_get_api_version: short('vfio_get_api_version', ['ctx']),
  vfio_check_extension: short('iommufd_vfio_check_extension', ['ctx', 'type']),
  vfio_set_iommu: short('iommufd_vfio_set_iommu', ['ctx', 'type']),
  vfio_get_info: short('iommufd_vfio_iommu_get_info', ['ctx', 'argsz'], { argsz: 24 }),
  vfio_map_dma: short('iommufd_vfio_map_dma', ['ctx', 'iova', 'size', 'vaddr', 'flags', 'argsz'], {
    vaddr: buffer,
    flags: 'READ|WRITE',
    argsz: 32,
  }),
  vfio_unmap_dma: short('iommufd_vfio_unmap_dma', ['ctx', 'iova', 'size', 'flags', 'argsz'], { argsz: 24 }),
  set_temp_memory_limit: short('iommufd_test_set_temp_memory_limit', ['ctx', 'limit']),
  close: short('close_any', ['object', 'user']),
};

/** The functions behind the ioctls take a command of the user: under their own names they are written as the first short form. */
const functions: Record<string, CallForm> = {};
for (const one of Object.values(shortForms)) functions[one.procedure] ??= one;
for (const name of ['iommufd_access_create', 'iommufd_access_destroy', 'close_any']) delete functions[name];

export const iommufdForms: Readonly<Record<string, CallForm>> = { ...functions, ...commands, ...shortForms };
/** Whether a word is an ioctl that the model carries. */
export const isCommand = (word: string): boolean => commands[word] !== undefined;
