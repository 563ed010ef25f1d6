// What the paths of a trace name: groups, domains, devices, and what belongs to a thread alone.

import type { Trace } from '../../../protocol/finding.ts';

/** `thread`: variables of a thread and results of its calls. */
export type ObjectKind = 'group' | 'domain' | 'device' | 'thread' | 'other';

/** Fields that only objects of one kind have. */
const telling: Readonly<Record<string, ObjectKind>> = {
  default_domain: 'group',
  blocking_domain: 'group',
  owner_cnt: 'group',
  sysfs_active: 'group',
  ops_owner: 'domain',
  iommu_dev: 'device',
  hw_domain: 'device',
  bus_no: 'device',
};

/** `G.owner` is the field `owner` of `G`; a path without a dot is a field of nothing. */
export function splitPath(path: string): { readonly object: string; readonly field: string } {
  const dot = path.lastIndexOf('.');
  return { object: path.slice(0, Math.max(0, dot)), field: path.slice(dot + 1) };
}

/** The kind of every object that the trace names, from its fields, and from the lists that the world keeps of its groups and devices. */
export function objectKinds(trace: Trace): ReadonlyMap<string, ObjectKind> {
  const kinds = new Map<string, ObjectKind>();
  const threads = trace.threads.map((thread) => thread.id);
  const note = (path: string, value: unknown): void => {
    const { object, field } = splitPath(path);
    if (threads.some((thread) => isOfThread(object, thread))) kinds.set(object, 'thread');
    else if (telling[field] !== undefined) kinds.set(object, telling[field]);
    else if (!kinds.has(object)) kinds.set(object, 'other');
    const members: ObjectKind | null = object !== 'world' ? null : field === 'groups' ? 'group' : field === 'all_devices' ? 'device' : null;
    if (members !== null && Array.isArray(value)) for (const member of value) kinds.set(String(member), members);
  };
  for (const [path, value] of Object.entries(trace.initial)) note(path, value);
  for (const step of trace.steps) for (const { path, after } of step.changes) note(path, after);
  return kinds;
}

/** Whether an object is a thread's own: the thread, one of its calls (`T1.2`) or of its frames (`T1/2`). */
export function isOfThread(object: string, thread: string): boolean {
  return object === thread || object.startsWith(`${thread}.`) || object.startsWith(`${thread}/`);
}
