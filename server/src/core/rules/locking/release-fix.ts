// The fix of a return under a lock: give the lock back before it, or go to the label that does.

import type { Expr, Instruction, Procedure, Terminator } from '../../flow/ir.ts';
import type { Step } from '../../flow/trail.ts';
import { lockOperation, releaseFor } from '../../kernel/locks.ts';
import type { FixEdit, ProposedFix, SideFile } from '../rule.ts';

type Call = Extract<Instruction, { op: 'call' }>;
type Return = Extract<Terminator, { op: 'return' }>;

/** Fixes for a `return` statement of its own (not one that paths without the lock share). Empty where the text allows none. */
export function releaseFixes(
  file: SideFile,
  procedure: Procedure,
  taken: Extract<Step, { kind: 'acquire' | 'release' }>,
  at: Return,
): ProposedFix[] {
  const release = releaseText(file, procedure, taken);
  if (release === null || at.implicit) return [];
  const place = placeOf(file.c.text, at.span.start, at.span.end);
  if (!place) return [];
  const constant = at.value === null || isConstant(at.value);
  const fixes: ProposedFix[] = [
    {
      title: `Call ${release.name}() before the return`,
      safety: constant ? 'safe' : 'unsafe',
      edits: withLines(file, place, [`${release.text};`], null),
    },
  ];
  const label = labelThatReleases(procedure, release.name);
  if (!label || !at.value || !constant) return fixes;
  const returnsIt = at.value.kind === 'variable' && at.value.variable.name === label.variable;
  const jump: FixEdit = { file, span: at.span, newText: `goto ${label.name};` };
  const code = file.c.text.slice(at.value.start, at.value.end);
  fixes.push({
    title: `Go to ${label.name}, which gives the lock back`,
    safety: 'unsafe',
    edits: returnsIt ? [jump] : withLines(file, place, [`${label.variable} = ${code};`], jump),
  });
  return fixes;
}

/** Whether a value is the same before and after the lock is given back. */
function isConstant(value: Expr): boolean {
  if (value.kind === 'integer' || value.kind === 'global') return true;
  if (value.kind === 'variable') return value.variable.kind === 'local' && !value.variable.addressTaken;
  if (value.kind === 'unary') return isConstant(value.of);
  return value.kind === 'apply' && value.name === 'ERR_PTR' && value.args.every(isConstant);
}

/** The call that gives back what a call took, with the arguments as written there. */
function releaseText(
  file: SideFile,
  procedure: Procedure,
  taken: Extract<Step, { kind: 'acquire' | 'release' }>,
): { name: string; text: string } | null {
  const release = releaseFor(taken.name);
  if (!release || taken.via !== null) return null;
  for (const block of procedure.blocks)
    for (const one of block.instructions) {
      if (one.op !== 'call' || one.name !== taken.name || one.span.start !== taken.span.start) continue;
      const args = one.args.slice(0, release.args).map((arg) => file.c.text.slice(arg.start, arg.end));
      return args.length === release.args ? { name: release.name, text: `${release.name}(${args.join(', ')})` } : null;
    }
  return null;
}

/** Where a statement stands: alone on its line, and whether the branch it is has no braces. */
interface Place {
  readonly lineStart: number;
  readonly indent: string;
  /** End of the line before, where an opening brace goes; null where the statement stands in braces. */
  readonly openAt: number | null;
  /** Start of the line behind the statement. */
  readonly nextLine: number;
}

function placeOf(text: string, start: number, end: number): Place | null {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const indent = text.slice(lineStart, start);
  const nextLine = text.indexOf('\n', end) + 1;
  if (indent.trim() !== '' || nextLine === 0) return null;
  const rest = text.slice(end, nextLine).trim();
  if (rest !== '' && rest !== ';' && !rest.startsWith('/*')) return null;
  const before = text.slice(0, lineStart).trimEnd();
  const last = before.at(-1) ?? '';
  if (last === '{' || last === ';' || last === '}' || last === ':' || before.endsWith('*/'))
    return { lineStart, indent, openAt: null, nextLine };
  // A branch without braces; one that goes on with `else` is left to the author.
  if ((last !== ')' && !/\belse$/.test(before.slice(-5))) || /^\s*else\b/.test(text.slice(nextLine, nextLine + 80))) return null;
  return { lineStart, indent, openAt: before.length, nextLine };
}

function withLines(file: SideFile, place: Place, lines: readonly string[], replace: FixEdit | null): FixEdit[] {
  const edits: FixEdit[] = [];
  if (place.openAt !== null) edits.push({ file, span: { start: place.openAt, end: place.openAt }, newText: ' {' });
  edits.push({ file, beforeLineOf: place.lineStart, lines: lines.map((line) => place.indent + line) });
  if (replace) edits.push(replace);
  if (place.openAt !== null) edits.push({ file, beforeLineOf: place.nextLine, lines: [`${place.indent.replace(/(?:\t| {1,8})$/, '')}}`] });
  return edits;
}

/** A label whose block gives back one lock by this function, no other, and returns a variable. */
function labelThatReleases(procedure: Procedure, release: string): { name: string; variable: string } | null {
  for (const block of procedure.blocks) {
    if (block.label === null || block.terminator.op !== 'return' || block.terminator.value?.kind !== 'variable') continue;
    const releases = block.instructions.filter(
      (one): one is Call => one.op === 'call' && one.name !== null && lockOperation(one.name)?.action === 'release',
    );
    const { variable } = block.terminator.value;
    if (releases.length === 1 && releases[0]?.name === release && variable.kind !== 'temporary')
      return { name: block.label, variable: variable.name };
  }
  return null;
}
