// What the loop macros of Linux do with their arguments: which are cursors, and what a cursor holds when the walk ran to its end.
// Sources: include/linux/{list,rculist,hlist,llist,plist,xarray,idr,radix-tree,bitops,find,cpumask,nodemask,scatterlist,of,pci,interval_tree}.h of 6.12.

export interface WalkShape {
  /** Indexes of the arguments that the macro assigns before each round. */
  readonly cursors: readonly number[];
  /** What the (first) cursor holds after the last round: an address that is no element, NULL, or a number past the last. */
  readonly after: 'past-end' | 'null' | 'limit';
}

const shapes = new Map<string, WalkShape>();

function add(after: WalkShape['after'], cursors: readonly number[], names: string): void {
  for (const name of names.split(' ')) shapes.set(name, { cursors, after });
}

for (const list of ['list', 'hlist', 'hlist_nulls', 'hlist_bl', 'llist', 'plist', 'klist']) {
  const after = list === 'list' || list === 'plist' ? 'past-end' : 'null';
  for (const order of [
    '',
    '_reverse',
    '_continue',
    '_continue_reverse',
    '_from',
    '_from_reverse',
    '_prev',
    '_rcu',
    '_continue_rcu',
    '_from_rcu',
  ])
    for (const form of ['', '_entry']) add(after, [0], `${list}_for_each${form}${order} ${list}_for_each${form}${order}_rcu`);
  for (const form of ['', '_entry'])
    for (const order of ['', '_continue', '_from', '_reverse']) add(after, [0, 1], `${list}_for_each${form}_safe${order}`);
  add(after, [0, 1], `${list}_for_each_prev_safe`);
  add(
    after,
    [0],
    `${list}_for_each_entry_lockless ${list}_for_each_entry_srcu ${list}_for_each_entry_rcu_bh ${list}_for_each_entry_rcu_notrace`,
  );
}
add('null', [2], 'hash_for_each hash_for_each_rcu');
add('null', [1, 2], 'xa_for_each_range');
add('null', [1, 2], 'xa_for_each xa_for_each_start xa_for_each_marked');
add(
  'null',
  [1],
  'xas_for_each xas_for_each_marked xas_for_each_conflict idr_for_each_entry idr_for_each_entry_ul idr_for_each_entry_continue',
);
add('null', [1, 2], 'rbtree_postorder_for_each_entry_safe');
shapes.set('rbtree_postorder_for_each_entry_safe', { cursors: [0, 1], after: 'null' });
add(
  'limit',
  [0],
  'for_each_set_bit for_each_set_bit_from for_each_clear_bit for_each_clear_bit_from for_each_and_bit for_each_andnot_bit for_each_or_bit',
);
add('limit', [0, 1], 'for_each_set_bitrange for_each_clear_bitrange for_each_set_bitrange_from for_each_set_clump8');
add(
  'limit',
  [0],
  'for_each_possible_cpu for_each_online_cpu for_each_present_cpu for_each_cpu for_each_cpu_and for_each_cpu_andnot for_each_cpu_wrap',
);
add('limit', [0], 'for_each_node for_each_online_node for_each_node_state for_each_node_mask for_each_node_with_cpus');
add('limit', [1, 3], 'for_each_sg for_each_sgtable_sg_nents');
add('limit', [1, 2], 'for_each_sgtable_sg for_each_sgtable_dma_sg');
add('limit', [1], 'for_each_sgtable_page for_each_sgtable_dma_page for_each_sg_page for_each_sg_dma_page');
add(
  'null',
  [0],
  'for_each_pci_dev for_each_node_by_name for_each_node_by_type for_each_compatible_node for_each_matching_node for_each_node_with_property for_each_of_cpu_node for_each_process for_each_netdev for_each_acpi_dev_match',
);
add(
  'null',
  [1],
  'for_each_child_of_node for_each_available_child_of_node for_each_child_of_node_scoped for_each_available_child_of_node_scoped device_for_each_child_node fwnode_for_each_child_node fwnode_for_each_available_child_node for_each_endpoint_of_node',
);
add('limit', [0, 1], 'of_for_each_phandle');
add('null', [0, 1], 'for_each_process_thread do_each_thread while_each_thread');
add(
  'past-end',
  [0],
  'list_for_each_entry_type resource_list_for_each_entry pci_bus_for_each_resource for_each_iommu for_each_pci_segment for_each_pdom_dev_data for_each_drhd_unit for_each_rmrr_units for_each_rmrr_units_rcu for_each_active_drhd_unit for_each_dmar_rmrr for_each_sibling_event',
);
add(
  'past-end',
  [0, 1],
  'resource_list_for_each_entry_safe for_each_iommu_safe for_each_pci_segment_safe for_each_pdom_dev_data_safe for_each_iommu_active for_each_active_iommu',
);
shapes.set('for_each_iommu', { cursors: [0], after: 'past-end' });
add('past-end', [1], 'for_each_group_device');
add('limit', [1, 2], 'for_each_dev_scope for_each_active_dev_scope');
shapes.set('for_each_dev_scope', { cursors: [2, 3], after: 'limit' });
shapes.set('for_each_active_dev_scope', { cursors: [2, 3], after: 'limit' });
add('null', [1], 'iopt_for_each_contig_area');
add('null', [0], 'for_each_vma vma_interval_tree_foreach anon_vma_interval_tree_foreach');
shapes.set('for_each_vma', { cursors: [1], after: 'null' });
shapes.set('for_each_vma_range', { cursors: [1], after: 'null' });

/** How a loop macro of the tables walks; null for one that they do not have. */
export function walkShape(name: string): WalkShape | null {
  return shapes.get(name) ?? null;
}
