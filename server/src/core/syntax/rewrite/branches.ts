// Preprocessor groups of a token list, and what is inside their branches.

import { DIRECTIVE, type Tokens } from './lexer.ts';

/** Name of a directive: `if`, `define`; empty for a lone `#`. */
export function directiveName(text: string, start: number, end: number): string {
  const head = text.slice(start, Math.min(end, start + 40));
  return /^#[ \t]*(\w+)/.exec(head)?.[1] ?? '';
}

/** The condition of an `#if` or the like, on one line and without comments. */
export function conditionText(text: string, start: number, end: number): string {
  return text
    .slice(start, end)
    .replace(/\\\r?\n/g, ' ')
    .replace(/\/\*.*?\*\//gs, ' ')
    .replace(/\/\/.*/, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** One branch: the tokens between two directives of a group. */
export interface Branch {
  /** Token of the directive that begins the branch, and of the one that ends it. */
  readonly open: number;
  readonly close: number;
  /** First and last token that is no directive; -1 for an empty branch. */
  readonly first: number;
  readonly last: number;
  /** Every bracket that opens in the branch closes in it, and none else. */
  readonly balanced: boolean;
}

export interface Group {
  readonly branches: readonly Branch[];
  /** The first token behind the group that is no directive; the token count if none. */
  readonly following: number;
}

const branchEnds = new Set(['else', 'elif', 'elifdef', 'elifndef', 'endif']);

interface OpenBranch {
  open: number;
  height: number;
  lowest: number;
  mismatched: boolean;
}

interface Groups {
  /** Closed groups by the token of their first directive. */
  readonly groups: ReadonlyMap<number, Group>;
  /** Directives of groups that do not close in the text, or did not open in it. */
  readonly orphans: ReadonlySet<number>;
}

/**
 * Finds the preprocessor groups of a text. One pass with one bracket stack, so that deep nesting
 * of groups costs nothing; both branches of an inner group count for the outer one.
 */
export function findGroups(tokens: Tokens, words: readonly string[], names: ReadonlyMap<number, string>): Groups {
  const groups = new Map<number, Group>();
  const orphans = new Set<number>();
  if (names.size === 0) return { groups, orphans };
  const open: { current: OpenBranch; branches: Branch[] }[] = [];
  const brackets: string[] = [];
  const following = followingTokens(tokens);
  let lastToken = -1;

  const closeBranch = (branch: OpenBranch, at: number): Branch => {
    const first = following[branch.open + 1] ?? tokens.count;
    return {
      open: branch.open,
      close: at,
      first: first < at ? first : -1,
      last: lastToken > branch.open ? lastToken : -1,
      balanced: !branch.mismatched && branch.lowest >= branch.height && brackets.length === branch.height,
    };
  };
  const begin = (at: number): OpenBranch => ({ open: at, height: brackets.length, lowest: brackets.length, mismatched: false });

  for (let at = 0; at < tokens.count; at++) {
    const inner = open[open.length - 1];
    const name = names.get(at);
    if (tokens.kinds[at] !== DIRECTIVE) {
      lastToken = at;
      const word = words[at];
      if (word === '(' || word === '[' || word === '{') brackets.push(word);
      else if (word === ')' || word === ']' || word === '}') {
        const opener = brackets.pop();
        if (inner) {
          if (opener !== (word === ')' ? '(' : word === ']' ? '[' : '{')) inner.current.mismatched = true;
          inner.current.lowest = Math.min(inner.current.lowest, opener === undefined ? -1 : brackets.length);
        }
      }
    } else if (name === 'if' || name === 'ifdef' || name === 'ifndef') {
      open.push({ current: begin(at), branches: [] });
    } else if (name !== undefined && branchEnds.has(name)) {
      if (!inner) {
        orphans.add(at);
        continue;
      }
      const ended = inner.current;
      inner.branches.push(closeBranch(ended, at));
      const outer = open[open.length - 2];
      if (outer) {
        outer.current.lowest = Math.min(outer.current.lowest, ended.lowest);
        outer.current.mismatched ||= ended.mismatched;
      }
      if (name === 'endif') {
        open.pop();
        const start = inner.branches[0]?.open ?? at;
        groups.set(start, { branches: inner.branches, following: following[at + 1] ?? tokens.count });
      } else inner.current = begin(at);
    }
  }
  for (const { current, branches } of open) for (const one of [...branches, current]) orphans.add(one.open);
  return { groups, orphans };
}

/** For each token the first one from there on that is no directive. */
function followingTokens(tokens: Tokens): Int32Array {
  const following = new Int32Array(tokens.count + 1);
  let next = tokens.count;
  following[tokens.count] = next;
  for (let at = tokens.count - 1; at >= 0; at--) {
    if (tokens.kinds[at] !== DIRECTIVE) next = at;
    following[at] = next;
  }
  return following;
}
