// Held locks in words, for hovers and inlay hints.

import { basename } from 'node:path';
import type { FunctionLocks, HeldLock, LockLine, LockPlace, LockReport } from '../../protocol/locks.ts';
import { visible } from '../../core/report/terminal.ts';
import { codeSpan, escapeMarkdown, link } from '../markdown.ts';

/** The statement that a line shows, with its function; null where none stands there. */
export interface LocksHere {
  readonly fn: FunctionLocks;
  readonly at: LockLine;
}

/** The statement on a 1-based line of the document. */
export function locksOnLine(reports: readonly LockReport[], line: number): LocksHere | null {
  let found: LocksHere | null = null;
  for (const { functions } of reports)
    for (const fn of functions)
      for (const at of fn.lines) if (at.line <= line && line <= at.endLine && at.line > (found?.at.line ?? 0)) found = { fn, at };
  return found;
}

/** The function that a 1-based line stands in, if nothing could be told of its statements. */
export function unreadFunction(reports: readonly LockReport[], line: number): FunctionLocks | null {
  const all = reports.flatMap(({ functions }) => functions);
  return all.find((fn) => fn.lines.length === 0 && fn.unknown.length > 0 && fn.line <= line && line <= fn.endLine) ?? null;
}

/** How text is marked up: Markdown, or nothing. */
interface Markup {
  readonly code: (text: string) => string;
  readonly prose: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly line: (line: number) => string;
}

/** Markdown whose line numbers lead to the document at `uri`. */
function markdown(uri: string): Markup {
  return {
    code: codeSpan,
    prose: escapeMarkdown,
    strong: (text) => `**${text}**`,
    line: (line) => link(`line ${String(line)}`, `${uri}#L${String(line)}`, ['file:', 'untitled:']),
  };
}

const plain: Markup = { code: visible, prose: visible, strong: (text) => text, line: (line) => `line ${String(line)}` };

/** The held locks as Markdown; all text of the patch is escaped. */
export function explainLocksInMarkdown({ fn, at }: LocksHere, uri: string): string {
  return explain(fn, at, markdown(uri));
}

/** The same as plain text. */
export function explainLocksInText({ fn, at }: LocksHere): string {
  return explain(fn, at, plain);
}

/** What is said of a function whose paths could not be followed. */
export function explainUnread(fn: FunctionLocks, inMarkdown: boolean): string {
  const { code, prose, strong } = inMarkdown ? markdown('') : plain;
  const whose = fn.function === null ? '' : ` in ${code(`${fn.function}()`)}`;
  return `${strong('Held locks are not known')}${whose}: ${fn.unknown.map(prose).join('; ')}`;
}

function explain(fn: FunctionLocks, at: LockLine, markup: Markup): string {
  const { code, prose, strong } = markup;
  const when = fn.side === 'before' ? ' before the patch' : '';
  const where = fn.function === null ? '' : ` in ${code(`${fn.function}()`)}`;
  const items = at.locks.map((lock) => `- ${sentence(lock, fn, markup)}`);
  if (at.hidden) items.push('- any other lock: not known, code that is not visible comes before this line');
  const parts = [
    items.length === 0
      ? `${strong(`No lock held here${when}`)} that was taken${where}. Whether callers hold one is not known.`
      : `${strong(`Locks held here${when}`)}${where}:\n${items.join('\n')}`,
  ];
  const changes = [
    ...(at.takes.length > 0 ? [`takes ${at.takes.map(code).join(', ')}`] : []),
    ...(at.releases.length > 0 ? [`gives back ${at.releases.map(code).join(', ')}`] : []),
  ];
  if (changes.length > 0) parts.push(`This line ${changes.join(' and ')}.`);
  if (fn.unknown.length > 0) parts.push(`Not all of the function is understood: ${fn.unknown.map(prose).join('; ')}.`);
  return parts.join('\n\n');
}

function sentence(lock: HeldLock, fn: FunctionLocks, markup: Markup): string {
  const kind = [...(lock.class === 'unknown' ? [] : [lock.class]), ...(lock.mode === 'shared' ? ['shared'] : [])].join(', ');
  const name = `${markup.code(lock.name)}${kind === '' ? '' : ` (${kind})`}`;
  const places = lock.places.map((place) => placeText(place, fn, markup));
  const some = lock.paths === 'some';
  switch (lock.state) {
    case 'caller':
      return `${name}: the caller holds it${some ? ', and on some paths it still does here' : ''}`;
    case 'held':
      return `${name}${some ? ' on some paths' : ''}: taken ${places.join(', or ') || 'in this function'}`;
    case 'unknown':
      return `${name}: not known${some ? ' on some paths' : ''}${places.length > 0 ? `, it may have been taken or given back ${places.join(', or ')}` : ''}`;
  }
}

function placeText({ line, fileLine, via }: LockPlace, fn: FunctionLocks, { code, line: lineText }: Markup): string {
  const inFile = fileLine === null ? null : code(`${basename(fn.file)}:${String(fileLine)}`);
  const place = line === null ? (inFile === null ? null : `on ${inFile}`) : `on ${lineText(line)}${suffix(inFile, line, fileLine)}`;
  const by = via === null ? null : `by ${code(`${via}()`)}`;
  return [by, place ?? 'in code that is not shown'].filter((part) => part !== null).join(' ');
}

/** In a C file both lines are the same. */
function suffix(inFile: string | null, line: number, fileLine: number | null): string {
  return inFile === null || line === fileLine ? '' : ` (${inFile})`;
}

/** A short form for the end of a line: `group->mutex, dev->mutex (some paths)`; `none` without a lock. */
export function locksLabel({ locks, hidden }: LockLine): string {
  if (locks.length === 0) return hidden ? 'none known' : 'none';
  const all = locks.map(({ name, state, paths }) => {
    const mark = state === 'unknown' ? ' (unknown)' : paths === 'some' ? ' (some paths)' : '';
    return visible(name) + mark;
  });
  return all.join(', ');
}
