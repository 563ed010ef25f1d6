/**
 * Macros that wrap members of a struct: `struct_group(name, members)`, `struct_group_tagged(tag, name, members)`,
 * `__struct_group(tag, name, attributes, members)` (include/linux/stddef.h). First capture: the form with three words
 * before the members; second: the ones with two.
 */
export const structGroupPattern = /^(?:(__+struct_group)|struct_group(_tagged|_attr)?)$/;
