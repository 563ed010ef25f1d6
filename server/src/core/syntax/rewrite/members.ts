// R10: macros among the members of structs, enums and initialisers.

import { structGroupPattern } from '../../kernel/member-macros.ts';
import { rewriteArguments, splitArguments } from './arguments.ts';
import { IDENTIFIER, STRING } from './lexer.ts';
import type { Rewriting } from './rewriting.ts';
import { CAPITALS, PRIMITIVE } from './word-classes.ts';

/** `u32 : 5;`: an unnamed bit-field gets a name, in the space before the colon or in its place. */
export function nameBitField(rewriting: Rewriting, at: number): void {
  const { stream, draft } = rewriting;
  const colon = stream.next(at);
  if (!stream.is(at, PRIMITIVE) || stream.word(colon) !== ':') return;
  const space = stream.start(colon) - 1;
  const isBlank = (offset: number): boolean => draft.codes[offset] === 32 || draft.codes[offset] === 9;
  if (isBlank(space) && isBlank(space - 1)) draft.put(space, '_');
  else {
    // No room for a name beside the type: the name takes the place of the colon, and the width is blanked.
    draft.put(stream.start(colon), isBlank(space) ? '_' : ' ');
    rewriting.blank(stream.next(colon), stream.next(colon));
  }
}

/** A word without brackets where a member of a struct or enum, or an element of an initialiser, could stand. */
export function rewriteBareMember(rewriting: Rewriting, at: number): void {
  const { stream, draft } = rewriting;
  const before = stream.word(stream.previous(at));
  const next = stream.next(at);
  const alone = stream.word(next) === '}' || (stream.isIdentifier(next) && stream.lineBreakBetween(at, next));
  if (!stream.is(at, CAPITALS) || stream.word(at).length < 2 || !alone || (before !== ';' && before !== '{' && before !== '}')) return;
  rewriting.mask('member', stream.word(at), at, at);
  draft.put(stream.start(at), 'int ');
  rewriting.terminate(at, ';');
}

/**
 * A macro call as member of a struct. `struct_group(name, members)` becomes `struct { members }`, and the caller must treat what
 * follows as members until the returned token; other macros become one member, and -1 is returned.
 */
export function rewriteMemberCall(rewriting: Rewriting, name: number, open: number, close: number): number {
  const { stream, draft } = rewriting;
  const before = stream.previous(name);
  const word = stream.word(before);
  const begins = word === ';' || word === '{' || word === '}' || word === 'const' || (before >= 0 && stream.directiveBetween(before, name));
  if (!begins) return -1;
  const next = stream.next(close);
  const follower = stream.word(next);
  const group = structGroupPattern.exec(stream.word(name));
  if (group) {
    const skipped = group[1] ? 3 : group[2] ? 2 : 1;
    const all = splitArguments(stream, open, close);
    const members = all[skipped];
    if (members) {
      const comma = stream.previous(members.first);
      rewriting.mask('member', stream.word(name), name, close);
      draft.put(stream.start(name), 'struct');
      draft.blank(stream.start(name) + 6, stream.end(comma));
      draft.put(stream.start(comma), '{');
      draft.put(stream.start(close), '}');
      stream.consume(open, members.first - 1);
      stream.consume(close, close);
      if (follower !== ';') rewriting.terminate(close, ';');
      return close;
    }
  }
  const open_ended = follower === ';' || follower === ',' || follower === '[' || follower === ':';
  if (!open_ended && follower !== '}' && follower !== '' && stream.kind(next) !== IDENTIFIER) return -1;
  rewriting.mask('member', stream.word(name), name, close);
  draft.put(stream.start(name), 'int ');
  draft.mangle(stream.start(name) + 4, stream.end(close));
  stream.consume(open, close);
  if (!open_ended) rewriting.terminate(close, ';');
  return -1;
}

/** A macro call as enumerator. */
export function rewriteEnumeratorCall(rewriting: Rewriting, name: number, close: number): void {
  const { stream } = rewriting;
  const next = stream.next(close);
  rewriting.mask('member', stream.word(name), name, close);
  rewriting.merge(name, close);
  if (stream.kind(next) === IDENTIFIER) rewriting.terminate(close, ',');
}

/** Whether an element of an initialiser begins behind the token before this one. */
function startsElement(rewriting: Rewriting, at: number): boolean {
  const before = rewriting.stream.previous(at);
  const word = rewriting.stream.word(before);
  return word === '{' || word === ',' || (before >= 0 && rewriting.isTerminated(before));
}

/** A word alone in an initialiser, and the next element right behind it. */
export function separateBareElement(rewriting: Rewriting, at: number): void {
  const { stream } = rewriting;
  const next = stream.next(at);
  const word = stream.word(next);
  if (!startsElement(rewriting, at) || (!stream.isName(next) && word !== '{' && word !== '[')) return;
  if (!stream.directiveBetween(at, next)) rewriting.terminate(at, ',');
}

/** A macro call in an initialiser; true if it was an element of its own without a comma behind it. */
export function separateElementCall(rewriting: Rewriting, name: number, open: number, close: number): boolean {
  const { stream } = rewriting;
  const next = stream.next(close);
  const follower = stream.word(next);
  const goesOn = stream.kind(next) === IDENTIFIER || follower === '{' || follower === '[' || follower === '.' || follower === '}';
  if (!startsElement(rewriting, name) || !goesOn) return false;
  rewriteArguments(rewriting, stream.word(name), open, close);
  if (follower !== '}') rewriting.terminate(close, ',');
  return true;
}

/** R8 in initialisers: a macro call in front of a string literal. */
export function isBeforeString(rewriting: Rewriting, close: number): boolean {
  return rewriting.stream.kind(rewriting.stream.next(close)) === STRING;
}
