// Functions of the kernel tree outside the files under review, parsed one at a time when somebody asks.

import type { Outside } from '../base/outside.ts';
import { lockOperation } from '../kernel/locks.ts';
import { isSilentCall } from '../kernel/primitives.ts';
import { TreeCode } from '../syntax/index/tree-code.ts';
import { parseC } from '../syntax/parse.ts';
import type { CFile } from '../syntax/types.ts';
import { SharedSummaries } from './shared-summaries.ts';

/** Functions of more UTF-16 units are not read. */
const maxFunction = 60_000;

/** The one function that a call reaches in another file of the tree. */
export interface TreeCallee {
  readonly name: string;
  readonly path: string;
  /** Its own text. */
  readonly text: string;
}

/** What was read for each state of a tree, as long as anybody holds on to that state. */
const byState = new WeakMap<object, TreeFunctions>();

/** Reads one state of a world's tree: each function once, for both sides of a change and for all reviews that see this state. */
export class TreeFunctions {
  private readonly code: TreeCode;
  private readonly calls = new Map<string, TreeCallee | null>();
  private readonly callees = new Map<string, TreeCallee>();
  private readonly files = new Map<TreeCallee, CFile | null>();
  private readonly fillersOf = new Map<string, readonly { readonly name: string; readonly path: string }[]>();
  private readonly shared = new Map<string, SharedSummaries>();

  constructor(private readonly world: Outside) {
    this.code = new TreeCode(world);
  }

  /** The functions of a world's tree: the same object for the same state of it. */
  static of(world: Outside): TreeFunctions {
    const state = world.state?.();
    if (state === undefined) return new TreeFunctions(world);
    let known = byState.get(state);
    if (!known) byState.set(state, (known = new TreeFunctions(world)));
    return known;
  }

  /** What reviews that go by the contracts of one era share. */
  summaries(era: string): SharedSummaries {
    let known = this.shared.get(era);
    if (!known) this.shared.set(era, (known = new SharedSummaries()));
    return known;
  }

  /** Functions that fill a field of a structure type somewhere in the tree, with the files of the tables. */
  fillers(struct: string, field: string): readonly { readonly name: string; readonly path: string }[] {
    const key = `${struct}.${field}`;
    let known = this.fillersOf.get(key);
    if (!known) {
      known = this.world.opsImplementations(struct, field).map((one) => ({ name: one.function, path: one.path }));
      this.fillersOf.set(key, known);
    }
    return known;
  }

  /**
   * The function that a call of `name` in the file `from` reaches, or null: where the index knows none or only a stand-in, where
   * several configurations define it, or where it is too long. Functions that the tables describe are not looked for.
   */
  find(name: string, from: string): TreeCallee | null {
    const key = `${name} ${from}`;
    let found = this.calls.get(key);
    if (found === undefined) this.calls.set(key, (found = this.locate(name, from)));
    return found;
  }

  private locate(name: string, from: string): TreeCallee | null {
    if (lockOperation(name) || isSilentCall(name)) return null;
    if (this.world.definitions(name).every((one) => one.isStub)) return null;
    const [only, ...others] = this.code.callees(name, from);
    if (!only || others.length > 0 || only.fn.end - only.fn.start > maxFunction) return null;
    const { path, text } = only.file;
    const key = `${path}:${String(only.fn.start)}`;
    let callee = this.callees.get(key);
    if (!callee) this.callees.set(key, (callee = { name, path, text: text.slice(only.fn.start, only.fn.end) }));
    return callee;
  }

  /** A whole file of the tree; null where it cannot be read. */
  whole(path: string): CFile | null {
    const text = this.code.file(path)?.text;
    return text === undefined ? null : parseC(text, path, this.world, { macros: this.world.macroWords(path) });
  }

  /** A file with the one function alone; null where the text is not that of one function of this name. */
  file(callee: TreeCallee): CFile | null {
    let file = this.files.get(callee);
    if (file === undefined) {
      const { name, path, text } = callee;
      // The macros of headers are in the tables; those of a driver's folder are not.
      const macros = path.endsWith('.h') ? null : this.world.macroWords(path);
      const parsed = parseC(text, path, this.world, { macros });
      file = parsed.functions.length === 1 && parsed.functions[0]?.name === name ? parsed : null;
      this.files.set(callee, file);
    }
    return file;
  }
}
