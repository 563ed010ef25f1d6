// Cleanup classes that headers of the kernel tree define.

import { decodeSource } from '../base/source-text.ts';
import type { Outside } from '../base/outside.ts';
import { readFileClasses } from './file-classes.ts';
import type { FileClass } from './lowering.ts';

type World = Pick<Outside, 'defines' | 'readTree' | 'decode' | 'state'>;

/** What was read for each state of a tree, as long as anybody holds on to that state. */
const byState = new WeakMap<object, TreeClasses>();

/** Reads classes of the tree by kind and name; remembers the files that it has read. For one state of the tree. */
export class TreeClasses {
  private readonly files = new Map<string, ReadonlyMap<string, FileClass>>();

  constructor(private readonly world: World) {}

  /** The classes of a world's tree: the same object for the same state of it. */
  static of(world: World): TreeClasses {
    const state = world.state?.();
    if (state === undefined) return new TreeClasses(world);
    let known = byState.get(state);
    if (!known) byState.set(state, (known = new TreeClasses(world)));
    return known;
  }

  /** `free x`, `guard x` or `class x` as the first file of the tree defines it, in the order of the paths; null where none does. */
  find(key: string): FileClass | null {
    const name = key.slice(key.indexOf(' ') + 1);
    // `DEFINE_GUARD_COND(grp, _try, ...)` defines `grp_try` beside `grp`.
    const stem = /^(\w+)_[a-z]+$/.exec(name)?.[1];
    for (const one of stem === undefined ? [name] : [name, stem])
      for (const path of this.world.defines(one)) {
        const found = this.classesOf(path).get(key);
        if (found) return found;
      }
    return null;
  }

  private classesOf(path: string): ReadonlyMap<string, FileClass> {
    let classes = this.files.get(path);
    if (!classes) {
      const bytes = this.world.readTree(path);
      classes = readFileClasses(bytes ? decodeSource(bytes, this.world).text : '');
      this.files.set(path, classes);
    }
    return classes;
  }
}
