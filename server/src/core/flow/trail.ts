// The way a path took, as links from each step to the one before it. Evidence is read off backwards when it is asked for.

import type { Span } from '../base/text.ts';
import type { Expr } from './ir.ts';
import type { ValueId } from './values.ts';

export type Step =
  /** A test and how it went. */
  | { readonly kind: 'branch'; readonly condition: Expr; readonly holds: boolean; readonly macro: string | null; readonly span: Span }
  /** `expr` is the case label, or null for the default. */
  | { readonly kind: 'case'; readonly value: Expr; readonly label: Expr | null; readonly span: Span }
  /** `via` names the called function if it did it, not a lock primitive; `conditional` a form that can fail. */
  | {
      readonly kind: 'acquire' | 'release';
      readonly lock: ValueId;
      readonly name: string;
      readonly via: string | null;
      readonly span: Span;
    }
  /** A call that may have taken or given back locks unseen. */
  | { readonly kind: 'unseen'; readonly name: string; readonly span: Span }
  | { readonly kind: 'goto'; readonly label: string; readonly span: Span }
  | { readonly kind: 'gap'; readonly span: Span };

export interface Trail {
  readonly previous: Trail | null;
  readonly step: Step;
}

/** Steps from the entry of the function to a place on a path. */
export function stepsOf(trail: Trail | null): Step[] {
  const steps: Step[] = [];
  for (let at = trail; at; at = at.previous) steps.push(at.step);
  return steps.reverse();
}
