// Facts that hold at the beginning of each block of a graph, worked out from the entry on until nothing changes.

import { successors, type Block } from '../../flow/ir.ts';
import { orderOf } from '../../flow/order.ts';

export interface ForwardProblem<State> {
  readonly entry: State;
  /** The state behind a block's instructions. Must not change its argument. */
  through(block: Block, state: State): State;
  /** The state on one edge out of a block. */
  along?(block: Block, to: number, state: State): State;
  join(left: State, right: State): State;
  same(left: State, right: State): boolean;
}

const maxRounds = 12;

/** The state before each block, null for blocks that nothing reaches; null if it did not settle within a fixed bound. */
export function solveForward<State>(blocks: readonly Block[], problem: ForwardProblem<State>): (State | null)[] | null {
  const { rank } = orderOf(blocks);
  const ordered = [...blocks].sort((a, b) => (rank[a.id] ?? 0) - (rank[b.id] ?? 0));
  const before: (State | null)[] = blocks.map(() => null);
  before[0] = problem.entry;
  const open = new Set<Block>(blocks.slice(0, 1));
  for (let round = 0; round < maxRounds; round++) {
    for (const block of ordered) {
      const start = before[block.id];
      if (!open.delete(block) || start === null || start === undefined) continue;
      const end = problem.through(block, start);
      for (const to of successors(block.terminator)) {
        const arriving = problem.along ? problem.along(block, to, end) : end;
        const known = before[to] ?? null;
        const joined = known === null ? arriving : problem.join(known, arriving);
        if (known !== null && problem.same(known, joined)) continue;
        before[to] = joined;
        const next = blocks[to];
        if (next) open.add(next);
      }
    }
    if (open.size === 0) return before;
  }
  return null;
}
