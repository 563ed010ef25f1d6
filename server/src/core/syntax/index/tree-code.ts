// The code of functions that stand in other files of the tree.

import type { Outside } from '../../base/outside.ts';
import { decodeSource } from '../../base/source-text.ts';
import type { IndexedFunction } from '../../base/tree-index.ts';
import { scanFile } from './scan.ts';
import type { ScannedFunction } from './scan-types.ts';

/** A file of the tree with its functions; offsets are UTF-16 offsets of `text`. */
export interface TreeFile {
  readonly path: string;
  readonly text: string;
  readonly functions: readonly ScannedFunction[];
}

/** One definition of a function: `file.text.slice(fn.start, fn.end)` is its text. */
export interface TreeFunction {
  readonly file: TreeFile;
  readonly fn: ScannedFunction;
}

/** Reads functions of the tree by name; remembers the files that it has read. For the time of one review. */
export class TreeCode {
  private readonly files = new Map<string, TreeFile | null>();

  constructor(private readonly outside: Pick<Outside, 'definitions' | 'readTree' | 'decode'>) {}

  /** A file of the tree; null where there is none that may be read. */
  file(path: string): TreeFile | null {
    const known = this.files.get(path);
    if (known !== undefined) return known;
    const bytes = this.outside.readTree(path);
    const text = bytes && decodeSource(bytes, this.outside).text;
    const file = text === null ? null : { path, text, functions: scanFile(text).functions };
    this.files.set(path, file);
    return file;
  }

  /**
   * The definitions that a call of `name` in the file `from` may reach, sorted by path and line: that file's own; else those of
   * headers and the ones that are not static. Stand-ins for a configuration without the feature count only where nothing else is
   * known. Several are alternatives of the configuration, or of the architecture.
   */
  callees(name: string, from: string): TreeFunction[] {
    const known = this.outside.definitions(name);
    const own = known.filter((one) => one.path === from);
    const reachable = own.length > 0 ? own : known.filter((one) => !one.isStatic || one.path.endsWith('.h'));
    const real = reachable.filter((one) => !one.isStub);
    const wanted = real.length > 0 ? real : reachable;
    return [...new Set(wanted.map((one) => one.path))].flatMap((path) => this.named(path, name, wanted));
  }

  private named(path: string, name: string, wanted: readonly IndexedFunction[]): TreeFunction[] {
    const file = this.file(path);
    if (file === null) return [];
    const lines = new Set(wanted.filter((one) => one.path === path).map((one) => one.line));
    const all = file.functions.filter((fn) => fn.name === name);
    // A text that is not the one of the index (an earlier patch of the series changed it) has other lines.
    const same = all.filter((fn) => lines.has(fn.line));
    return (same.length === lines.size ? same : all).map((fn) => ({ file, fn }));
  }
}
