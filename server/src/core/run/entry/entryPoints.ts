// Which functions of a file somebody outside the kernel, or the driver core, can call: what attribute macros, tables of functions and
// exports say. Read from the text, so that a hunk that shows a table without its end still tells.

import type { Span } from '../../base/text.ts';
import { scanFile } from '../../syntax/index/scan.ts';
import type { RunFile } from './files.ts';

export type EntryKind = 'sysfs read' | 'sysfs write' | 'file operation' | 'notifier' | 'IOMMU operation' | 'driver operation' | 'exported';

export interface EntryPoint {
  readonly function: string;
  readonly kind: EntryKind;
  /** The attribute, table or export that names it, as a reader knows it: `IOMMU_GROUP_ATTR(type)`, `iommu_ops.attach_dev`. */
  readonly through: string;
}

/** Longest attribute macro that is read, in UTF-16 units. */
const MAX_MACRO = 600;
const CALL_OF_MACRO = /\b([A-Z_][A-Z0-9_]*)[ \t]*\(/gu;
const ATTRIBUTE = /(?:^__|_)ATTR(?:_(?:RW|RO|WO|ADMIN_RW|ADMIN_RO|IGNORE_LOCKDEP))?$/u;
const EXPORT = /\bEXPORT_SYMBOL(?:_GPL|_NS|_NS_GPL)?[ \t]*\([ \t]*([A-Za-z_]\w*)/gu;

/** Structures whose fields are called from outside, by the end of their name; the first that fits decides. */
const TABLES: readonly (readonly [end: string, kind: EntryKind])[] = [
  ['file_operations', 'file operation'],
  ['vfio_device_ops', 'file operation'],
  ['vfio_iommu_driver_ops', 'file operation'],
  ['iommu_ops', 'IOMMU operation'],
  ['iommu_domain_ops', 'IOMMU operation'],
  ['iommu_dirty_ops', 'IOMMU operation'],
  ['notifier_block', 'notifier'],
  ['bus_type', 'driver operation'],
  ['_driver', 'driver operation'],
];

/** Entry points that a file names, in the order of the text; each function once for each kind. */
export function entryPointsOf(file: RunFile): EntryPoint[] {
  const { text } = file.c;
  const found: EntryPoint[] = [...attributes(text, file.c.comments)];
  for (const table of scanFile(text).tables) {
    const kind = TABLES.find(([end]) => table.type.endsWith(end))?.[1];
    if (kind === undefined) continue;
    for (const field of table.fields) found.push({ function: field.function, kind, through: `${table.type}.${field.field}` });
  }
  for (const match of text.matchAll(EXPORT)) found.push({ function: match[1] ?? '', kind: 'exported', through: 'EXPORT_SYMBOL' });
  const seen = new Set<string>();
  return found.filter((entry) => {
    const key = `${entry.function} ${entry.kind}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function* attributes(text: string, comments: readonly Span[]): Generator<EntryPoint> {
  for (const match of text.matchAll(CALL_OF_MACRO)) {
    const macro = match[1] ?? '';
    if (!ATTRIBUTE.test(macro)) continue;
    const start = match.index + match[0].length;
    if (comments.some((comment) => comment.start <= match.index && match.index < comment.end)) continue;
    const close = text.indexOf(')', start);
    // The heading of the macro's own definition has underscored parameters and no functions.
    if (close < 0 || close - start > MAX_MACRO || text.slice(start, close).includes('(')) continue;
    const args = text
      .slice(start, close)
      .split(',')
      .map((argument) => argument.trim());
    const [name = '', , show, store] = args;
    if (/^_/u.test(name) || !/^\w+$/u.test(name)) continue;
    const through = `${macro}(${name})`;
    const ending = /_(RW|RO|WO|ADMIN_RW|ADMIN_RO)$/u.exec(macro)?.[1];
    const reads = ending === undefined ? show : ending.endsWith('WO') ? undefined : `${name}_show`;
    const writes = ending === undefined ? store : ending.endsWith('RO') ? undefined : `${name}_store`;
    if (isFunction(reads)) yield { function: reads, kind: 'sysfs read', through };
    if (isFunction(writes)) yield { function: writes, kind: 'sysfs write', through };
  }
}

function isFunction(name: string | undefined): name is string {
  return name !== undefined && /^[a-z_]\w*$/iu.test(name) && name !== 'NULL';
}
