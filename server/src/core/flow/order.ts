// The order in which a walk visits blocks, loop heads, and which variables are still read behind a block.

import { successors, type Block, type Expr, type Instruction, type Procedure } from './ir.ts';

export interface Order {
  /** Rank of each block: smaller first. Bodies of loops come before what follows the loop. */
  readonly rank: readonly number[];
  /** Blocks that an edge from a block of the same or a higher rank leads to. */
  readonly heads: ReadonlySet<number>;
}

/** Reverse post-order of a graph. */
export function orderOf(blocks: readonly Block[]): Order {
  const post: number[] = [];
  const state = new Uint8Array(blocks.length);
  const stack: { id: number; next: number[] }[] = [];
  const open = (id: number): void => {
    state[id] = 1;
    const block = blocks[id];
    // The successor that stands first in the text is visited last, and so ranks first.
    stack.push({ id, next: block ? [...new Set(successors(block.terminator))].sort((a, b) => a - b) : [] });
  };
  if (blocks.length > 0) open(0);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const next = top.next.pop();
    if (next === undefined) {
      post.push(top.id);
      stack.pop();
    } else if (state[next] === 0) open(next);
  }
  const rank = new Array<number>(blocks.length).fill(0);
  post.reverse().forEach((id, index) => (rank[id] = index));
  const heads = new Set<number>();
  for (const block of blocks) for (const to of successors(block.terminator)) if ((rank[to] ?? 0) <= (rank[block.id] ?? 0)) heads.add(to);
  return { rank, heads };
}

/** What is read behind the beginning of a block: ids of variables, and names of fields and globals. */
export interface Live {
  readonly variables: ReadonlySet<number>;
  readonly names: ReadonlySet<string>;
}

/** Adds what an expression reads. */
function readsOf(expr: Expr, variables: Set<number>, names: Set<string>): void {
  switch (expr.kind) {
    case 'variable':
      variables.add(expr.variable.id);
      return;
    case 'global':
      names.add(expr.name);
      return;
    case 'field':
      names.add(expr.name);
      readsOf(expr.base, variables, names);
      return;
    case 'index':
      names.add('[]');
      readsOf(expr.base, variables, names);
      readsOf(expr.index, variables, names);
      return;
    case 'deref':
      names.add('*');
      readsOf(expr.of, variables, names);
      return;
    case 'address':
    case 'unary':
    case 'cast':
      readsOf(expr.of, variables, names);
      return;
    case 'binary':
      readsOf(expr.left, variables, names);
      readsOf(expr.right, variables, names);
      return;
    case 'apply':
      names.add(expr.name);
      for (const arg of expr.args) readsOf(arg, variables, names);
      return;
    case 'aggregate':
      for (const entry of expr.entries) readsOf(entry.value, variables, names);
      return;
    case 'more':
    case 'element':
      for (const one of expr.over) readsOf(one, variables, names);
      return;
    case 'config':
      names.add(`#${expr.text}`);
      return;
    default:
  }
}

function readsOfInstruction(instruction: Instruction, variables: Set<number>, names: Set<string>): void {
  switch (instruction.op) {
    case 'assign':
      if (instruction.target.kind !== 'variable') readsOf(instruction.target, variables, names);
      readsOf(instruction.value, variables, names);
      return;
    case 'call':
      readsOf(instruction.callee, variables, names);
      for (const arg of instruction.args) readsOf(arg, variables, names);
      return;
    default:
  }
}

/** For each block, what is read from its beginning on. Variables are killed where they are assigned; names never are. */
export function liveness(procedure: Procedure): readonly Live[] {
  const { blocks } = procedure;
  const reads = blocks.map((block) => {
    const use = new Set<number>();
    const killed = new Set<number>();
    const names = new Set<string>();
    const take = (read: (variables: Set<number>) => void): void => {
      const here = new Set<number>();
      read(here);
      for (const id of here) if (!killed.has(id)) use.add(id);
    };
    for (const instruction of block.instructions) {
      take((variables) => {
        readsOfInstruction(instruction, variables, names);
      });
      if (instruction.op === 'assign' && instruction.target.kind === 'variable' && !instruction.target.variable.addressTaken)
        killed.add(instruction.target.variable.id);
      if (instruction.op === 'call' && instruction.result) killed.add(instruction.result.id);
    }
    take((variables) => {
      const { terminator } = block;
      if (terminator.op === 'branch') readsOf(terminator.condition, variables, names);
      else if (terminator.op === 'switch') readsOf(terminator.value, variables, names);
      else if (terminator.op === 'return' && terminator.value) readsOf(terminator.value, variables, names);
    });
    return { use, killed, names };
  });
  const live = blocks.map((block) => ({ variables: new Set(reads[block.id]?.use), names: new Set(reads[block.id]?.names) }));
  for (let changed = true; changed;) {
    changed = false;
    for (let id = blocks.length - 1; id >= 0; id--) {
      const block = blocks[id];
      const own = live[id];
      if (!block || !own) continue;
      for (const to of successors(block.terminator)) {
        for (const variable of live[to]?.variables ?? []) {
          if (own.variables.has(variable) || reads[id]?.killed.has(variable)) continue;
          own.variables.add(variable);
          changed = true;
        }
        for (const name of live[to]?.names ?? []) {
          if (own.names.has(name)) continue;
          own.names.add(name);
          changed = true;
        }
      }
    }
  }
  return live;
}
