// Functions of the kernel tree outside the files under review, parsed one at a time when somebody asks.

import type { Outside } from '../base/outside.ts';
import { lockOperation } from '../kernel/locks.ts';
import { isSilentCall } from '../kernel/primitives.ts';
import { TreeCode } from '../syntax/index/tree-code.ts';
import { parseC } from '../syntax/parse.ts';
import type { CFile } from '../syntax/types.ts';

/** Functions of more UTF-16 units are not read. */
const maxFunction = 60_000;

/** Reads the tree of a world as it was when the review began: each function once. Both sides of a change may share it. */
export class TreeFunctions {
  private readonly code: TreeCode;
  private readonly files = new Map<string, CFile | null>();

  constructor(private readonly world: Outside) {
    this.code = new TreeCode(world);
  }

  /** Functions that fill a field of a structure type somewhere in the tree, with the files of the tables. */
  fillers(struct: string, field: string): readonly { readonly name: string; readonly path: string }[] {
    return this.world.opsImplementations(struct, field).map((one) => ({ name: one.function, path: one.path }));
  }

  /**
   * A file with the one function alone that a call of `name` in the file `from` reaches, or null: where the index knows none or only a
   * stand-in, where several configurations define it, where it stands in one of the files `without`, or is too long. Functions that
   * the tables describe are not looked for.
   */
  find(name: string, from: string, without: ReadonlySet<string>): CFile | null {
    if (lockOperation(name) || isSilentCall(name)) return null;
    if (this.world.definitions(name).every((one) => one.isStub)) return null;
    const [only, ...others] = this.code.callees(name, from);
    if (!only || others.length > 0 || without.has(only.file.path) || only.fn.end - only.fn.start > maxFunction) return null;
    const key = `${only.file.path}:${String(only.fn.start)}`;
    let file = this.files.get(key);
    if (file === undefined) {
      const { path, text } = only.file;
      // The macros of headers are in the tables; those of a driver's folder are not.
      const macros = path.endsWith('.h') ? null : this.world.macroWords(path);
      const parsed = parseC(text.slice(only.fn.start, only.fn.end), path, this.world, { macros });
      file = parsed.functions.length === 1 && parsed.functions[0]?.name === name ? parsed : null;
      this.files.set(key, file);
    }
    return file;
  }
}
