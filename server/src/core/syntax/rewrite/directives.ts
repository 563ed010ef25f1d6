// R5: decides about preprocessor directives while it pairs the brackets of the tokens that stay, and makes the stream of them.

import { conditionText, directiveName, findGroups, type Branch, type Group } from './branches.ts';
import type { Draft } from './draft.ts';
import { DIRECTIVE, IDENTIFIER, PUNCTUATOR, STRING, type Tokens } from './lexer.ts';
import type { RuleSwitches } from './rules.ts';
import { BLOCK, ENUM_BODY, INITIALIZER, RECORD_BODY, Stream, TOP } from './stream.ts';
import { ANNOTATION_CALL, CONTROL, KEYWORD, RECORD, STORAGE } from './word-classes.ts';

/** Contexts of the bracket stack beside the brace kinds of stream.ts. */
const PARENTHESIS = 5;
const BRACKET = 6;

/** How groups inside functions are to be treated; the fallback for functions that do not parse asks for more than R5 does. */
export interface FlattenChoice {
  /** Flatten every group that stands inside a bracket or brace. */
  readonly all: boolean;
  /** Keep the second branch of a flattened group instead of the first. */
  readonly second: boolean;
}

interface DirectiveResult {
  readonly stream: Stream;
  /** The deepest nesting of brackets. */
  readonly depth: number;
}

/** Punctuators with which a statement or item may begin, and with which one may go on behind a group. */
const branchStarts = new Set(['{', '(', '*', '++', '--', '~', '[', ';']);
const groupFollowers = new Set(['{', '}', '*', '(', '++', '--', ';']);

class Structure {
  private readonly dead: Uint8Array;
  private readonly matches: Int32Array;
  private readonly enclosing: Int32Array;
  private readonly previousLive: Int32Array;
  private readonly braces: Uint8Array;
  private readonly openTokens: number[] = [];
  private readonly contexts: number[] = [];
  private readonly openCounts = { '(': 0, '[': 0, '{': 0 };
  private readonly names = new Map<number, string>();
  private previous = -1;
  private depth = 0;

  constructor(
    private readonly draft: Draft,
    private readonly tokens: Tokens,
    private readonly words: readonly string[],
    private readonly classes: Int32Array,
    private readonly rules: RuleSwitches,
    private readonly choice: FlattenChoice,
  ) {
    this.dead = new Uint8Array(tokens.count);
    this.matches = new Int32Array(tokens.count).fill(-1);
    this.enclosing = new Int32Array(tokens.count).fill(-1);
    this.previousLive = new Int32Array(tokens.count).fill(-1);
    this.braces = new Uint8Array(tokens.count);
  }

  build(): DirectiveResult {
    const { tokens } = this;
    for (let at = 0; at < tokens.count; at++) {
      if (tokens.kinds[at] === DIRECTIVE) this.names.set(at, directiveName(this.draft.original, this.startOf(at), this.endOf(at)));
    }
    const { groups, orphans } = findGroups(tokens, this.words, this.names);
    for (let at = 0; at < tokens.count; at++) {
      if (this.dead[at]) continue;
      if (tokens.kinds[at] !== DIRECTIVE) this.step(at);
      else if (this.rules.R5) {
        const group = groups.get(at);
        if (orphans.has(at)) this.drop(at, at + 1);
        else if (!group || !this.settleGroup(group)) this.settleDirective(at);
      }
    }
    return { stream: this.makeStream(), depth: this.depth };
  }

  private startOf(at: number): number {
    return this.tokens.starts[at] ?? 0;
  }

  private endOf(at: number): number {
    return this.tokens.ends[at] ?? 0;
  }

  private word(at: number): string {
    return this.words[at] ?? '';
  }

  private is(at: number, bits: number): boolean {
    return ((this.classes[at] ?? 0) & bits) !== 0;
  }

  private context(): number {
    return this.contexts[this.contexts.length - 1] ?? TOP;
  }

  /** Follows the brackets over one token that stays. */
  private step(at: number): void {
    const word = this.word(at);
    this.previousLive[at] = this.previous;
    this.enclosing[at] = this.openTokens[this.openTokens.length - 1] ?? -1;
    if (this.tokens.kinds[at] === PUNCTUATOR) {
      if (word === '(' || word === '[' || word === '{') {
        if (word === '{') this.braces[at] = this.kindOfBrace();
        this.openTokens.push(at);
        this.contexts.push(word === '(' ? PARENTHESIS : word === '[' ? BRACKET : (this.braces[at] ?? BLOCK));
        this.openCounts[word]++;
        this.depth = Math.max(this.depth, this.openTokens.length);
      } else if (word === ')') this.close(at, '(');
      else if (word === ']') this.close(at, '[');
      else if (word === '}') this.close(at, '{');
    }
    this.previous = at;
  }

  /** Closes the innermost bracket of a kind; brackets that stand open inside it are given up. */
  private close(at: number, opener: '(' | '[' | '{'): void {
    if (this.openCounts[opener] === 0) return;
    for (;;) {
      const open = this.openTokens.pop();
      this.contexts.pop();
      if (open === undefined) return;
      const word = this.word(open) as '(' | '[' | '{';
      this.openCounts[word]--;
      if (word === opener) {
        this.matches[open] = at;
        this.matches[at] = open;
        this.enclosing[at] = this.openTokens[this.openTokens.length - 1] ?? -1;
        return;
      }
    }
  }

  /** What the `{` behind the previous token encloses. */
  private kindOfBrace(): number {
    const before = this.previous;
    const context = this.context();
    const inside = context === INITIALIZER ? INITIALIZER : BLOCK;
    if (before < 0) return BLOCK;
    const word = this.word(before);
    if (word === '=' || word === ',' || word === ']') return INITIALIZER;
    if (word === '(') return BLOCK;
    if (word === ')') return this.kindBehindParenthesis(before, context);
    if (this.tokens.kinds[before] === IDENTIFIER) {
      if (word === 'else' || word === 'do') return BLOCK;
      return this.tagBefore(before, 8) ?? inside;
    }
    return this.tokens.kinds[before] === STRING ? BLOCK : inside;
  }

  /** `struct name {`, `enum {`: the brace kind that the tag says, BLOCK behind a `)`, null if there is no tag. */
  private tagBefore(from: number, steps: number): number | null {
    let at = from;
    for (let step = 0; step < steps && at >= 0; step++) {
      const word = this.word(at);
      if (this.is(at, RECORD)) return RECORD_BODY;
      if (word === 'enum') return ENUM_BODY;
      if (word === ')') return BLOCK;
      if (word === ';' || word === '}' || word === '{') return null;
      at = this.previousLive[at] ?? -1;
    }
    return null;
  }

  /** `if (x) {` and `f(x) {` are blocks, `(struct x) {` is an initialiser, `struct __packed(4) {` a struct. */
  private kindBehindParenthesis(close: number, context: number): number {
    const open = this.matches[close] ?? -1;
    const before = open >= 0 ? (this.previousLive[open] ?? -1) : -1;
    if (before < 0) return BLOCK;
    const word = this.word(before);
    if (this.tokens.kinds[before] === IDENTIFIER) {
      if (this.is(before, CONTROL)) return BLOCK;
      if (word === 'return' || word === 'sizeof' || word === 'case') return INITIALIZER;
      if (context === INITIALIZER) return INITIALIZER;
      if (this.is(before, ANNOTATION_CALL)) {
        return this.tagBefore(this.previousLive[before] ?? -1, 6) === RECORD_BODY ? RECORD_BODY : BLOCK;
      }
      return BLOCK;
    }
    return word === ')' || context === TOP ? BLOCK : INITIALIZER;
  }

  /** Flattens a group if it must be, or drops its `#if 0` branch; true if the directives of the group are settled. */
  private settleGroup(group: Group): boolean {
    const [first, second] = group.branches;
    if (!first) return false;
    const dead = /^#\s*if\s+0\b/.test(this.condition(first));
    if ((this.choice.all && this.contexts.length > 0) || this.mustFlatten(group)) {
      const kept = dead || (this.choice.second && second) ? (second ?? null) : first;
      for (const branch of group.branches) {
        this.draft.flattened.push({
          condition: this.condition(branch),
          kept: branch === kept,
          span: { start: this.endOf(branch.open), end: this.startOf(branch.close) },
        });
        this.drop(branch.open, branch.open + 1);
        if (branch !== kept) this.drop(branch.open + 1, branch.close);
      }
      const last = group.branches[group.branches.length - 1]?.close ?? first.close;
      this.drop(last, last + 1);
      return true;
    }
    if (dead) {
      this.drop(first.open + 1, first.close);
      if (!second) {
        this.drop(first.open, first.open + 1);
        this.drop(first.close, first.close + 1);
        return true;
      }
    }
    return false;
  }

  private condition(branch: Branch): string {
    return conditionText(this.draft.original, this.startOf(branch.open), this.endOf(branch.open));
  }

  /** Whether a group stands where the grammar has no place for it, or has a branch that is not made of whole items or statements. */
  private mustFlatten(group: Group): boolean {
    const context = this.context();
    if (context === PARENTHESIS || context === BRACKET || context === INITIALIZER) return true;
    const before = this.previous;
    const word = this.word(before);
    const whole =
      before < 0 ||
      word === ';' ||
      word === '}' ||
      word === '{' ||
      (word === ':' && context !== TOP && context !== BLOCK) ||
      (word === ',' && context === ENUM_BODY) ||
      (word === ')' && context === TOP && this.isTopMacro(before));
    if (!whole) return true;
    for (const branch of group.branches) {
      if (!branch.balanced) return true;
      if (branch.first >= 0 && this.isPartial(branch, context)) return true;
    }
    const next = group.following;
    if (next >= this.tokens.count) return false;
    const follower = this.word(next);
    if (context === BLOCK) {
      return follower === 'else' || (this.tokens.kinds[next] === PUNCTUATOR && !groupFollowers.has(follower));
    }
    return context === TOP && follower === '{';
  }

  private isPartial(branch: Branch, context: number): boolean {
    const first = this.word(branch.first);
    if (first === 'else') return true;
    if (this.tokens.kinds[branch.first] === PUNCTUATOR && !branchStarts.has(first)) return true;
    if (first === 'while' && context === BLOCK && this.word(this.previous) === '}' && this.isDoBlock(this.previous)) return true;
    const last = this.word(branch.last);
    if (context === ENUM_BODY) return last !== ',' && last !== ';';
    return last !== ';' && last !== '}' && !(last === ')' && context === TOP);
  }

  private isDoBlock(close: number): boolean {
    const open = this.matches[close] ?? -1;
    return open >= 0 && this.word(this.previousLive[open] ?? -1) === 'do';
  }

  /** Whether `)` ends a macro call that stands by itself at file level. */
  private isTopMacro(close: number): boolean {
    const open = this.matches[close] ?? -1;
    const name = open >= 0 ? (this.previousLive[open] ?? -1) : -1;
    if (name < 0 || this.tokens.kinds[name] !== IDENTIFIER || this.is(name, KEYWORD)) return false;
    const before = this.previousLive[name] ?? -1;
    const word = this.word(before);
    return before < 0 || word === ';' || word === '}' || word === ')' || this.is(before, STORAGE);
  }

  /** A directive that is not part of a flattened group. */
  private settleDirective(at: number): void {
    const name = this.names.get(at) ?? '';
    const word = this.word(this.previous);
    switch (name) {
      case 'if':
      case 'elif':
        this.coverCondition(at);
        return;
      case 'ifdef':
      case 'ifndef':
      case 'elifdef':
      case 'elifndef':
      case 'else':
      case 'endif':
        return;
      case 'include':
        // At file level between items the tree keeps it.
        if (
          this.contexts.length === 0 &&
          (this.previous < 0 || word === ';' || word === '}' || (word === ')' && this.isTopMacro(this.previous)))
        )
          return;
        break;
      default:
        break;
    }
    this.draft.mask('directive', name, this.startOf(at), this.endOf(at));
    this.drop(at, at + 1);
  }

  /** The condition becomes a number as long as itself: the parser need not understand it, and it may span lines. */
  private coverCondition(at: number): void {
    const start = this.startOf(at);
    const head = /^#[ \t]*(?:el)?if\b/.exec(this.draft.original.slice(start, start + 40));
    const from = start + (head?.[0].length ?? 0);
    const end = this.endOf(at);
    if (!head || end - from < 2) return;
    this.draft.codes[from] = 32;
    this.draft.codes.fill(49, from + 1, end);
  }

  private drop(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      if (this.dead[at]) continue;
      this.dead[at] = 1;
      this.draft.blank(this.startOf(at), this.endOf(at));
    }
  }

  /** The live tokens, closed up. */
  private makeStream(): Stream {
    const { tokens, dead } = this;
    const place = new Int32Array(tokens.count);
    let count = 0;
    for (let at = 0; at < tokens.count; at++) {
      place[at] = count;
      if (!dead[at] && tokens.kinds[at] !== DIRECTIVE) count++;
    }
    const columns = {
      count,
      kinds: new Uint8Array(count),
      starts: new Int32Array(count),
      ends: new Int32Array(count),
      words: new Array<string>(count),
      classes: new Int32Array(count),
      matches: new Int32Array(count),
      enclosing: new Int32Array(count),
      braces: new Uint8Array(count),
      directives: new Int32Array(count + 1),
    };
    let to = 0;
    let directives = 0;
    for (let at = 0; at < tokens.count; at++) {
      if (dead[at]) continue;
      if (tokens.kinds[at] === DIRECTIVE) {
        directives++;
        continue;
      }
      const match = this.matches[at] ?? -1;
      const enclosing = this.enclosing[at] ?? -1;
      columns.kinds[to] = tokens.kinds[at] ?? 0;
      columns.starts[to] = this.startOf(at);
      columns.ends[to] = this.endOf(at);
      columns.words[to] = this.word(at);
      columns.classes[to] = this.classes[at] ?? 0;
      columns.matches[to] = match < 0 ? -1 : (place[match] ?? -1);
      columns.enclosing[to] = enclosing < 0 ? -1 : (place[enclosing] ?? -1);
      columns.braces[to] = this.braces[at] ?? 0;
      columns.directives[to] = directives;
      to++;
    }
    columns.directives[count] = directives;
    return new Stream(this.draft.original, columns);
  }
}

/** Settles all directives, pairs the brackets, and gives the stream of tokens that stay. */
export function settleDirectives(
  draft: Draft,
  tokens: Tokens,
  words: readonly string[],
  classes: Int32Array,
  rules: RuleSwitches,
  choice: FlattenChoice,
): DirectiveResult {
  return new Structure(draft, tokens, words, classes, rules, choice).build();
}
