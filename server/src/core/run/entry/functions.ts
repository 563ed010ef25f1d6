// Which functions of a side run as code: those that the patch changes, and the callers that lead to them from a call of the model.

import type { FlowFunction } from '../../flow/program.ts';
import type { CFunction } from '../../syntax/types.ts';
import type { CodeSource } from '../types.ts';
import { isChangedFunction, isWhole, isWhollyChanged, type RunFile, type RunSide } from './files.ts';

export interface SideFunction {
  readonly file: RunFile;
  readonly fn: CFunction;
  readonly isWhole: boolean;
  /** Some line of it is added or removed by the patch. */
  readonly isChanged: boolean;
  /** All of its lines are: the other side has no such function. */
  readonly isNew: boolean;
}

/** Functions of one side by name, with their graphs when asked. The first of a name counts. */
export class SideFunctions {
  readonly byName = new Map<string, SideFunction>();
  private readonly sources = new Map<string, CodeSource>();

  constructor(readonly side: RunSide) {
    for (const file of side.files) {
      for (const fn of file.c.functions) {
        if (this.byName.has(fn.name)) continue;
        const isChanged = isChangedFunction(file, fn);
        this.byName.set(fn.name, { file, fn, isWhole: isWhole(file, fn), isChanged, isNew: isChanged && isWhollyChanged(file, fn) });
      }
    }
  }

  changed(): SideFunction[] {
    return [...this.byName.values()].filter((one) => one.isChanged);
  }

  graph(name: string): FlowFunction | null {
    const found = this.byName.get(name);
    return found === undefined ? null : this.side.flow(found.file).functionOf(found.fn);
  }

  calleesOf(name: string): readonly string[] {
    return this.graph(name)?.callees ?? [];
  }

  /** The function as code to run; null where it is not there or not wholly visible. */
  source(name: string): CodeSource | null {
    const known = this.sources.get(name);
    if (known !== undefined) return known;
    const found = this.byName.get(name);
    const graph = found?.isWhole === true ? this.graph(name) : null;
    if (found === undefined || graph === null) return null;
    const source: CodeSource = { file: found.file.path, function: name, ir: graph.procedure, text: found.file.c.text };
    this.sources.set(name, source);
    return source;
  }

  /**
   * Names to run as code so that calls of the model come to `changed`: a function that the model knows by name is called as it is; for
   * one that it does not know, its callers in these files too, up to those that it knows.
   */
  leadingTo(changed: readonly string[], isKnown: (name: string) => boolean): Set<string> {
    const wanted = new Set(changed.filter((name) => this.byName.get(name)?.isWhole === true));
    const open = [...wanted].filter((name) => !isKnown(name));
    if (open.length === 0) return wanted;
    const callers = this.callers();
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      for (const caller of callers.get(name) ?? []) {
        if (wanted.has(caller) || this.byName.get(caller)?.isWhole !== true) continue;
        wanted.add(caller);
        if (!isKnown(caller)) open.push(caller);
      }
    }
    return wanted;
  }

  private callers(): Map<string, string[]> {
    const callers = new Map<string, string[]>();
    for (const name of this.byName.keys()) {
      for (const callee of this.calleesOf(name)) {
        const known = callers.get(callee);
        if (known === undefined) callers.set(callee, [name]);
        else known.push(name);
      }
    }
    return callers;
  }
}
