// R2, R3 and R6 inside function bodies: macro calls that are statements, heads of statements or declarations.

import { doLoopEndPattern, doLoopPattern } from '../../kernel/loop-macros.ts';
import { rewriteArguments } from './arguments.ts';
import { headKind, replaceDoHead, replaceHead } from './heads.ts';
import { IDENTIFIER, STRING } from './lexer.ts';
import type { Rewriting } from './rewriting.ts';
import { declareVariable, storageBefore } from './top-level.ts';
import { CAPITALS, CONTROL, LOOP, PRIMITIVE, STORAGE } from './word-classes.ts';

/** Tokens with which a statement can begin behind a loop head, beside words and `{`. */
const statementStarts = new Set(['*', '(', '++', '--', '{']);
const typeKeywords = new Set(['struct', 'int', 'void', 'char', 'long', 'short', 'unsigned', 'bool']);

/** The macro calls of one function's statements. */
export class Blocks {
  /** Macro names that have become heads: what follows their `)` is a statement. */
  private readonly heads = new Set<number>();

  constructor(private readonly rewriting: Rewriting) {}

  /** Whether a statement (or item) begins at a token. */
  startsStatement(at: number): boolean {
    const { rewriting } = this;
    const { stream } = rewriting;
    const before = stream.previous(at);
    if (before < 0) return true;
    const word = stream.word(before);
    if (word === ';' || word === '{' || word === '}' || word === ':' || word === 'else' || word === 'do') return true;
    if (word === ')') {
      const head = stream.previous(stream.match(before));
      if (stream.match(before) > 0 && (stream.is(head, CONTROL) || this.heads.has(head) || rewriting.isTerminated(before))) return true;
    }
    return stream.directiveBetween(before, at);
  }

  /** R3: a word alone on its line, or in front of `}`. */
  terminateBareWord(at: number): void {
    const { stream } = this.rewriting;
    if (!this.startsStatement(at)) return;
    const next = stream.next(at);
    const capitals = stream.is(at, CAPITALS) && stream.word(at).length >= 3 && !stream.word(at).startsWith('_');
    const alone = capitals && stream.isIdentifier(next) && stream.lineBreakBetween(at, next);
    if ((alone || stream.word(next) === '}') && this.rewriting.terminate(at, ';')) {
      this.rewriting.mask('macro-statement', stream.word(at), at, at);
    }
  }

  /** A call in a function body. */
  rewriteCall(name: number, open: number, close: number): void {
    const { rewriting } = this;
    const { stream, rules } = rewriting;
    const next = stream.next(close);
    const isStatement = this.startsStatement(name);
    if (rules.R8 && stream.kind(next) === STRING && !stream.is(name, LOOP) && !isStatement) {
      rewriting.mask('string', stream.word(name), name, close);
      rewriting.merge(name, close);
      return;
    }
    if (rules.R6 && this.rewriteDeclaration(name, open, close)) return;
    if (!this.isDeclarator(name)) rewriteArguments(rewriting, stream.word(name), open, close);
    if (isStatement) this.rewriteStatement(name, open, close);
    else if (rules.R2 && stream.word(stream.previous(name)) === '}' && doLoopEndPattern.test(stream.word(name))) {
      replaceHead(rewriting, name, open, close, 'do-while-loop');
    }
  }

  /** `static DEFINE_X(a, b) = {`, `static DEFINE_X(a);`, `MACRO(x) = {`; false if the call is nothing like that. */
  private rewriteDeclaration(name: number, open: number, close: number): boolean {
    const { rewriting } = this;
    const { stream } = rewriting;
    const next = stream.next(close);
    const follower = stream.word(next);
    if (stream.is(stream.previous(name), STORAGE)) {
      const first = storageBefore(rewriting, name);
      if (this.startsStatement(first)) {
        if (follower === '=' || follower === '[') {
          declareVariable(rewriting, name, open, close);
          return true;
        }
        if (follower === ';') {
          rewriting.mask('macro-item', stream.word(name), name, close);
          for (let at = first; at < name; at = stream.next(at)) rewriting.blank(at, at);
          rewriteArguments(rewriting, stream.word(name), open, close);
          return true;
        }
        if (stream.kind(next) === IDENTIFIER || follower === '*') {
          rewriting.mask('macro-item', stream.word(name), name, close);
          rewriting.merge(name, close);
          return true;
        }
      }
    }
    if (follower === '=' && stream.word(stream.next(next)) === '{' && this.startsStatement(name)) {
      declareVariable(rewriting, name, open, close);
      return true;
    }
    return false;
  }

  /** Whether a call is the declarator of a function or variable: `int name(`, `struct foo name(`. */
  private isDeclarator(name: number): boolean {
    const { stream } = this.rewriting;
    const before = stream.previous(name);
    if (before < 0) return false;
    if (stream.isName(before) && !stream.is(before, LOOP) && !this.rewriting.isTerminated(before)) return true;
    return stream.is(before, PRIMITIVE) || typeKeywords.has(stream.word(before));
  }

  /** R2 and R3: a macro call at the start of a statement. */
  private rewriteStatement(name: number, open: number, close: number): void {
    const { rewriting } = this;
    const { stream, rules } = rewriting;
    const macro = stream.word(name);
    const before = stream.previous(name);
    const behindBlock = stream.word(before) === '}';
    const next = stream.next(close);
    const follower = stream.word(next);
    if (rules.R2) {
      if (follower === '{' && doLoopPattern.test(macro)) {
        replaceDoHead(rewriting, name, open, close);
        return;
      }
      if (behindBlock && (doLoopEndPattern.test(macro) || (follower === ';' && this.isDoBlock(before)))) {
        replaceHead(rewriting, name, open, close, 'do-while-loop');
        return;
      }
      if (this.isHead(name, close, next)) {
        replaceHead(rewriting, name, open, close, headKind(macro));
        this.heads.add(name);
        return;
      }
    }
    if (!rules.R3) return;
    if (follower === 'else') {
      if (!stream.is(name, LOOP)) this.terminate(name, close);
      return;
    }
    if (follower !== '}' && follower !== '{' && stream.kind(next) !== IDENTIFIER) return;
    if (follower === '}' || !this.declares(close, next)) this.terminate(name, close);
    else if (rules.R6) {
      // `MACRO(x) name = ...;`: the macro is the type.
      rewriting.mask('macro-item', macro, name, close);
      rewriting.merge(name, close);
    }
  }

  private terminate(name: number, close: number): void {
    const { rewriting } = this;
    if (rewriting.terminate(close, ';')) rewriting.mask('macro-statement', rewriting.stream.word(name), name, close);
  }

  /** Whether a block or, behind a loop macro, any statement follows. */
  private isHead(name: number, close: number, next: number): boolean {
    const { stream } = this.rewriting;
    const follower = stream.word(next);
    if (follower === '{' && !stream.directiveBetween(close, next)) return true;
    if (!stream.is(name, LOOP)) return false;
    if (stream.kind(next) === IDENTIFIER || statementStarts.has(follower)) return true;
    // A loop with an empty body has its `;` on the next line; a call of a function named like a loop has it on the same.
    return follower === ';' && !/^[A-Z]/.test(stream.word(name)) && stream.lineBreakBetween(close, next);
  }

  private isDoBlock(close: number): boolean {
    const { stream } = this.rewriting;
    const open = stream.match(close);
    return open > 0 && stream.word(stream.previous(open)) === 'do';
  }

  /** `MACRO(x) name = `, on one line. */
  private declares(close: number, next: number): boolean {
    const { stream } = this.rewriting;
    const behind = stream.word(stream.next(next));
    return (
      stream.isName(next) && (behind === '=' || behind === ';' || behind === ',' || behind === '[') && !stream.lineBreakBetween(close, next)
    );
  }
}
