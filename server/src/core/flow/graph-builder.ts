// Puts blocks together while a function is lowered, and numbers what can be reached in the order of the text.

import type { Span } from '../base/text.ts';
import { successors, type Block, type Expr, type Instruction, type Terminator } from './ir.ts';

interface OpenBlock {
  label: string | null;
  loop: string | null;
  readonly instructions: Instruction[];
  terminator: Terminator | null;
  /** Place in the order in which blocks became current; -1 while only jumped to. */
  order: number;
}

export class GraphBuilder {
  private readonly blocks: OpenBlock[] = [];
  private placed = 0;
  private here: OpenBlock;

  constructor() {
    this.here = this.open(this.create());
  }

  /** A new block that nothing reaches yet; its id is good for jumps. */
  create(label: string | null = null): number {
    this.blocks.push({ label, loop: null, instructions: [], terminator: null, order: -1 });
    return this.blocks.length - 1;
  }

  private block(id: number): OpenBlock {
    const block = this.blocks[id];
    if (!block) throw new RangeError(`no block ${String(id)}`);
    return block;
  }

  private open(id: number): OpenBlock {
    const block = this.block(id);
    if (block.order < 0) block.order = this.placed++;
    return block;
  }

  /** Goes on in a block; falls through to it from the current one if that is still open. */
  enter(id: number, span: Span): void {
    this.jump(id, span);
    this.here = this.open(id);
  }

  /** Marks the current block as the head of a loop. */
  markLoop(name: string): void {
    this.here.loop = name;
  }

  emit(instruction: Instruction): void {
    this.here.instructions.push(instruction);
  }

  /** Ends the current block; what is emitted afterwards is unreachable until the next `enter`. */
  end(terminator: Terminator): void {
    if (this.here.terminator) return;
    this.here.terminator = terminator;
    this.here = this.open(this.create());
  }

  /** `label` names the target of a `goto`. */
  jump(to: number, span: Span, macro: string | null = null, label: string | null = null): void {
    if (this.here.terminator) return;
    this.here.terminator = {
      op: 'jump',
      to,
      back: this.block(to).order >= 0 && this.block(to).order <= this.here.order,
      label,
      span,
      macro,
    };
    this.here = this.open(this.create());
  }

  branch(condition: Expr, then: number, otherwise: number, span: Span, macro: string | null = null): void {
    this.end({ op: 'branch', condition, then, else: otherwise, span, macro });
  }

  /** The graph from the first block on. Blocks without an end leave what is visible. */
  finish(fallback: Terminator): Block[] {
    const reached = new Set<number>([0]);
    const work = [0];
    for (let id = work.pop(); id !== undefined; id = work.pop()) {
      const block = this.block(id);
      block.terminator ??= fallback;
      for (const next of successors(block.terminator)) {
        if (reached.has(next)) continue;
        reached.add(next);
        work.push(next);
      }
    }
    const skip = this.emptyJumps(reached);
    const follow = (id: number): number => skip.get(id) ?? id;
    const kept = [...reached]
      .filter((id) => !skip.has(id))
      .sort((a, b) => (a === 0 ? -1 : b === 0 ? 1 : this.block(a).order - this.block(b).order));
    const number = new Map(kept.map((id, index) => [id, index]));
    const target = (id: number): number => number.get(follow(id)) ?? 0;
    return kept.map((id, index) => {
      const block = this.block(id);
      const terminator = renumber(block.terminator ?? fallback, target, index);
      return { id: index, label: block.label, loop: block.loop, instructions: block.instructions, terminator };
    });
  }

  /** Blocks that hold nothing but a jump onwards, with the block that they lead to in the end. */
  private emptyJumps(reached: ReadonlySet<number>): Map<number, number> {
    const skip = new Map<number, number>();
    for (const id of reached) {
      let at = this.emptyJump(id);
      if (at === null) continue;
      let steps = 0;
      for (let next = this.emptyJump(at); next !== null && steps <= reached.size; next = this.emptyJump(at)) {
        at = next;
        steps++;
      }
      // Empty blocks that only jump in a circle stay as they are.
      if (steps <= reached.size) skip.set(id, at);
    }
    return skip;
  }

  /** Where a block leads that does nothing else; null for all other blocks. */
  private emptyJump(id: number): number | null {
    const block = this.block(id);
    const end = block.terminator;
    if (
      id === 0 ||
      end?.op !== 'jump' ||
      end.label !== null ||
      block.instructions.length > 0 ||
      block.loop !== null ||
      block.label !== null
    )
      return null;
    return end.to;
  }
}

function renumber(terminator: Terminator, target: (id: number) => number, from: number): Terminator {
  switch (terminator.op) {
    case 'jump': {
      const to = target(terminator.to);
      return { ...terminator, to, back: to <= from };
    }
    case 'branch': {
      const then = target(terminator.then);
      const otherwise = target(terminator.else);
      // Both ways lead to the same place: the test decides nothing.
      if (then === otherwise && terminator.condition.kind === 'config')
        return { op: 'jump', to: then, back: then <= from, label: null, span: terminator.span, macro: terminator.macro };
      return { ...terminator, then, else: otherwise };
    }
    case 'switch':
      return { ...terminator, cases: terminator.cases.map((one) => ({ ...one, to: target(one.to) })), default: target(terminator.default) };
    default:
      return terminator;
  }
}
