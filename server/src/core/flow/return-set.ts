// Which numbers a function may return, told from its text without walking it.

import { errnos } from '../kernel/errnos.ts';
import { errorOrNull, everything, isEverything, sameIntervals, single, unite, type Intervals } from './intervals.ts';
import type { Expr, Instruction, Procedure, Variable } from './ir.ts';
import type { Summary } from './summary.ts';

type Write = Extract<Instruction, { op: 'assign' | 'call' }>;

const signed = /^(?:int|long|long long|ssize_t|loff_t|s8|s16|s32|s64|bool|_Bool)$|\*/;
const truth: Intervals = [0, 1];
/** Rounds over the variables above which nothing is said. */
const maxRounds = 8;

/**
 * The numbers that a function may return: constants, error numbers, and what called functions with a summary return, in whatever order
 * its statements run. Everything where some return is none of these, and for a function that always returns the same: that may be the
 * stand-in for one that is not configured.
 */
export function returnSet(procedure: Procedure, known: (name: string) => Summary | null): Intervals {
  if (!signed.test(procedure.returnType.replace(/\b(?:static|inline|const)\b/g, '').trim())) return everything;
  const returned: Expr[] = [];
  for (const { instructions, terminator } of procedure.blocks) {
    if (terminator.op === 'leave' || instructions.some((one) => one.op === 'gap' || one.op === 'opaque')) return everything;
    if (terminator.op !== 'return') continue;
    if (terminator.value === null) return everything;
    returned.push(terminator.value);
  }
  const set = new ReturnSet(procedure, known).ofAll(returned);
  if (/^(?:bool|_Bool)\b/.test(procedure.returnType) && set.some((end) => end < 0 || end > 1)) return everything;
  return set.length === 2 && set[0] === set[1] ? everything : set;
}

/** Sets of the variables that returned values are made of, each grown from nothing until none changes. */
class ReturnSet {
  private readonly sets = new Map<Variable, Intervals>();

  constructor(
    private readonly procedure: Procedure,
    private readonly known: (name: string) => Summary | null,
  ) {}

  ofAll(exprs: readonly Expr[]): Intervals {
    const first = this.union(exprs);
    if (isEverything(first) || this.sets.size === 0) return first;
    const writes = writesOf(this.procedure);
    for (let round = 0; round < maxRounds; round++) {
      let changed = false;
      // Variables that come up on the way are added behind.
      for (const [variable, before] of this.sets) {
        const set = this.ofWrites(writes.get(variable) ?? []);
        if (sameIntervals(before, set)) continue;
        this.sets.set(variable, set);
        changed = true;
      }
      if (!changed) return this.union(exprs);
    }
    return everything;
  }

  private union(exprs: readonly Expr[]): Intervals {
    let all: Intervals = [];
    for (const expr of exprs) {
      all = unite(all, this.of(expr));
      if (isEverything(all)) break;
    }
    return all;
  }

  private of(expr: Expr): Intervals {
    switch (expr.kind) {
      case 'integer':
        return single(expr.value);
      case 'global': {
        const errno = errnos[expr.name];
        return errno === undefined ? everything : single(errno);
      }
      case 'unary': {
        if (expr.operator === '!') return truth;
        const [low, high] = this.of(expr.of);
        return expr.operator === '-' && low !== undefined && low === high ? single(-low) : everything;
      }
      case 'binary':
        return /^(?:[<>]=?|[=!]=|&&|\|\|)$/.test(expr.operator) ? truth : everything;
      case 'apply': {
        if (/^IS_ERR/.test(expr.name)) return truth;
        if (expr.name === 'PTR_ERR_OR_ZERO') return errorOrNull;
        const [value] = expr.args;
        return value && /^(?:ERR_PTR|PTR_ERR|ERR_CAST)$/.test(expr.name) ? this.of(value) : everything;
      }
      case 'variable':
        return this.ofVariable(expr.variable);
      default:
        return everything;
    }
  }

  private ofVariable(variable: Variable): Intervals {
    if (variable.kind === 'parameter' || variable.kind === 'static' || variable.addressTaken) return everything;
    const known = this.sets.get(variable);
    if (!known) this.sets.set(variable, []);
    return known ?? [];
  }

  /** All that a variable is given anywhere; everything for one that is given nothing. */
  private ofWrites(writes: readonly Write[]): Intervals {
    if (writes.length === 0) return everything;
    let all: Intervals = [];
    for (const write of writes) {
      all = unite(all, write.op === 'assign' ? this.of(write.value) : this.ofCall(write.name));
      if (isEverything(all)) break;
    }
    return all;
  }

  private ofCall(name: string | null): Intervals {
    const summary = name === null ? null : this.known(name);
    if (summary?.source !== 'code') return everything;
    return summary.exits.reduce<Intervals>((all, exit) => unite(all, exit.returns), []);
  }
}

function writesOf(procedure: Procedure): Map<Variable, Write[]> {
  const found = new Map<Variable, Write[]>();
  const add = (variable: Variable, write: Write): void => {
    const known = found.get(variable);
    if (known) known.push(write);
    else found.set(variable, [write]);
  };
  for (const block of procedure.blocks)
    for (const one of block.instructions) {
      if (one.op === 'call' && one.result) add(one.result, one);
      else if (one.op === 'assign' && one.target.kind === 'variable') add(one.target.variable, one);
    }
  return found;
}
