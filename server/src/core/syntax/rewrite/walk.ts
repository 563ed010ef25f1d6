// One walk over the tokens that knows in what kind of braces it is, and hands each place to the rules that are for it.

import { Blocks } from './blocks.ts';
import { hideBadNumber, rewriteArguments } from './arguments.ts';
import {
  isAsm,
  mergeCallBehindString,
  mergeOffsetofPath,
  mergePiecesInParentheses,
  replaceCaseRange,
  replaceComputedGoto,
  replaceLabelAddress,
  rewriteAsm,
  trailingAnnotationEnd,
} from './expressions.ts';
import { IDENTIFIER, NUMBER, PUNCTUATOR, STRING } from './lexer.ts';
import {
  isBeforeString,
  nameBitField,
  rewriteBareMember,
  rewriteEnumeratorCall,
  rewriteMemberCall,
  separateBareElement,
  separateElementCall,
} from './members.ts';
import type { Rewriting } from './rewriting.ts';
import { BLOCK, ENUM_BODY, INITIALIZER, RECORD_BODY, TOP } from './stream.ts';
import { blankSurplusNames, rewriteCallInItem, rewriteItem, startsItem, storageBefore, terminateBareWord } from './top-level.ts';
import { ALIGNOF, KEYWORD } from './word-classes.ts';

class Walk {
  private readonly contexts: number[] = [];
  private readonly blocks: Blocks;
  /** Closing tokens of struct_group calls that were opened as structs. */
  private readonly groupEnds = new Set<number>();

  constructor(private readonly rewriting: Rewriting) {
    this.blocks = new Blocks(rewriting);
  }

  run(): void {
    const { stream } = this.rewriting;
    for (let at = 0; at < stream.count; at++) {
      if (this.groupEnds.size > 0 && this.groupEnds.has(at)) this.contexts.pop();
      if (stream.isConsumed(at)) continue;
      const kind = stream.kind(at);
      if (kind === PUNCTUATOR) this.visitPunctuator(at);
      else if (kind === IDENTIFIER) this.visitWord(at);
      else if (kind === NUMBER) {
        if (this.rewriting.rules.R11) hideBadNumber(this.rewriting, at, this.context() !== TOP);
      } else if (kind === STRING && this.rewriting.rules.R8) mergeCallBehindString(this.rewriting, at);
    }
  }

  private context(): number {
    return this.contexts[this.contexts.length - 1] ?? TOP;
  }

  private visitPunctuator(at: number): void {
    const { rewriting } = this;
    const { stream, rules } = rewriting;
    switch (stream.word(at)) {
      case '{':
        this.contexts.push(stream.brace(at));
        return;
      case '}':
        this.contexts.pop();
        return;
      case '(':
        if (rules.R8 && this.context() !== RECORD_BODY) mergePiecesInParentheses(rewriting, at);
        return;
      case '...':
        if (rules.R12) replaceCaseRange(rewriting, at);
        return;
      case '&&':
        if (rules.R12) replaceLabelAddress(rewriting, at);
        return;
      default:
        return;
    }
  }

  private visitWord(at: number): void {
    const { rewriting } = this;
    const { stream, rules } = rewriting;
    if (isAsm(rewriting, at)) {
      if (rules.R13) rewriteAsm(rewriting, at, this.context());
      return;
    }
    if (rules.R12 && this.replaceForm(at)) return;
    if (stream.is(at, KEYWORD)) {
      this.visitKeyword(at);
      return;
    }
    const context = this.context();
    const next = stream.next(at);
    if (context === RECORD_BODY && rules.R10 && stream.word(next) === ':') nameBitField(rewriting, at);
    if (rules.R1) {
      const last = trailingAnnotationEnd(rewriting, at, context);
      if (last >= 0) {
        rewriting.annotate(at, last);
        return;
      }
    }
    if (stream.word(next) !== '(') this.visitBareName(at, next, context);
    else if (stream.match(next) >= 0) this.visitCall(at, next, stream.match(next), context);
  }

  /** R12; true if the word is settled. */
  private replaceForm(at: number): boolean {
    const { rewriting } = this;
    const { stream, draft } = rewriting;
    const word = stream.word(at);
    if (word === 'goto') replaceComputedGoto(rewriting, at);
    else if (word === '__label__') draft.put(stream.start(at), 'int      ');
    else if (word === 'offsetof') mergeOffsetofPath(rewriting, at);
    else if (stream.is(at, ALIGNOF)) {
      draft.put(stream.start(at), 'sizeof');
      draft.blank(stream.start(at) + 6, stream.end(at));
    } else return false;
    return true;
  }

  private visitKeyword(at: number): void {
    const { rewriting } = this;
    const { stream, rules } = rewriting;
    const context = this.context();
    const word = stream.word(at);
    if (context === TOP) {
      if (rules.R1 && word !== 'typedef' && startsItem(rewriting, at)) blankSurplusNames(rewriting, at);
    } else if (context === BLOCK && word === 'if' && rules.R2) {
      // `if MACRO(x)`: the macro brings no parentheses of its own.
      const name = stream.next(at);
      if (!stream.isName(name) || stream.word(stream.next(name)) !== '(') return;
      rewriting.blank(name, name);
      stream.consume(name, name);
    } else if (context === RECORD_BODY && rules.R10) nameBitField(rewriting, at);
  }

  private visitBareName(at: number, next: number, context: number): void {
    const { rewriting } = this;
    const { stream, rules } = rewriting;
    if (context === BLOCK) {
      if (rules.R3) this.blocks.terminateBareWord(at);
    } else if (context === INITIALIZER) {
      if (rules.R10) separateBareElement(rewriting, at);
    } else if (context === ENUM_BODY) {
      if (rules.R10 && stream.isIdentifier(next) && stream.lineBreakBetween(at, next)) rewriting.terminate(at, ',');
    } else if (context === RECORD_BODY) {
      if (rules.R10) rewriteBareMember(rewriting, at);
    } else {
      if (rules.R6 && this.blocks.startsStatement(at) && terminateBareWord(rewriting, at)) return;
      if (rules.R1 && startsItem(rewriting, at)) blankSurplusNames(rewriting, at);
    }
  }

  private visitCall(name: number, open: number, close: number, context: number): void {
    const { rewriting } = this;
    const { stream, rules } = rewriting;
    switch (context) {
      case BLOCK:
        this.blocks.rewriteCall(name, open, close);
        return;
      case RECORD_BODY: {
        if (!rules.R10) return;
        const end = rewriteMemberCall(rewriting, name, open, close);
        if (end < 0) return;
        this.contexts.push(RECORD_BODY);
        this.groupEnds.add(end);
        return;
      }
      case ENUM_BODY:
        if (rules.R10) rewriteEnumeratorCall(rewriting, name, close);
        return;
      case INITIALIZER:
        if (rules.R10 && separateElementCall(rewriting, name, open, close)) return;
        if (rules.R8 && isBeforeString(rewriting, close)) {
          rewriting.mask('string', stream.word(name), name, close);
          rewriting.merge(name, close);
        } else rewriteArguments(rewriting, stream.word(name), open, close);
        return;
      default:
        if (!this.blocks.startsStatement(storageBefore(rewriting, name))) rewriteCallInItem(rewriting, name, open, close);
        else if (rules.R6) rewriteItem(rewriting, name, open, close);
    }
  }
}

/** Applies the rules that depend on where a token stands. */
export function walk(rewriting: Rewriting): void {
  new Walk(rewriting).run();
}
