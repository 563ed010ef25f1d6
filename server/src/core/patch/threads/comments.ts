// The human remarks of a thread, each at the patch line that it is about, linked to the remark that it answers.

import type { Comment } from '../../../protocol/report.ts';
import type { Message, PlacedLine } from '../types.ts';
import { alignQuote } from '../quotes/align.ts';
import { anchorOwnText } from '../quotes/ownText.ts';
import type { LineAnchor } from '../quotes/quoteAnchors.ts';
import type { QuoteLayout } from '../quotes/quoteLayout.ts';
import { layOutQuotes } from '../quotes/quoteLayout.ts';
import { recoverPatch } from '../quotes/quotedPatch.ts';
import { onlyTags, wordLines, wordsAt, type Words } from '../quotes/remarks.ts';
import { findParents, parentsFirst } from './thread.ts';

/** What a line of a body is, traced through the quotes to the mail that it was first written in. */
type Trace =
  { readonly kind: 'patch'; readonly anchor: NonNullable<Comment['anchor']> } | { readonly kind: 'words'; readonly comment: Comment };

interface Read {
  readonly message: Message;
  readonly layout: QuoteLayout;
  readonly traces: (Trace | null)[];
}

/** How many mails up the thread quoted lines are looked for. */
const FARTHEST = 8;
/** How often the lines that are left over are looked for in one mail, and how long they must be the second time. */
const PASSES = 3;
const SHORTEST_AGAIN = 12;

/**
 * The remarks in all replies among `messages`, in input order, within a message from top to bottom. `inputIds[i]` is the report's id of
 * message `i`; it stands for the Message-ID where there is none or where an earlier message has it too.
 *
 * Quotes are traced up the thread to the mail that they come from, so that a remark sits on the patch's own line even where the quote is
 * trimmed, broken or nested; `anchor.patch` is that mail's id. Where the quoted mail is not at hand the remark sits on the patch as the
 * reply quotes it, and remarks that are only known from quotes are given too, with writer and date as the attribution has them. A remark on
 * a remark has its anchor and names it in `inReplyTo`. A remark that follows no quote, or review tags alone, have no anchor.
 */
export function threadComments(messages: readonly Message[], inputIds: readonly string[]): readonly Comment[] {
  const ids = uniqueIds(messages, inputIds);
  const parents = findParents(messages.map((message) => ({ ...message, subject: message.rawSubject })));
  const reads = new Map<number, Read>();
  const found: Comment[][] = messages.map(() => []);
  for (const index of parentsFirst(parents)) {
    const message = messages[index];
    if (!message) continue;
    const layout = layOutQuotes(message.body, message.author);
    const own = anchorOwnText(message, layout);
    const id = ids[index] ?? '';
    const traces = own.map((anchor): Trace | null => (anchor ? { kind: 'patch', anchor: toAnchor(anchor, id) } : null));
    const read: Read = { message, layout, traces };
    reads.set(index, read);
    if (layout.marks === 'none') {
      if (message.kind === 'reply') found[index] = words(read, id, 0);
      continue;
    }
    const ancestors: Read[] = [];
    for (let at = parents[index] ?? null; at !== null && ancestors.length < FARTHEST; at = parents[at] ?? null) {
      const above = reads.get(at);
      if (above) ancestors.push(above);
    }
    ancestors.forEach((above, steps) => traceQuotes(read, above, steps));
    const heard = ancestors.length === 0 ? traceAlone(read, id) : [];
    found[index] = message.kind === 'patch' ? heard : [...heard, ...words(read, id, 0)];
  }
  return found.flat();
}

function uniqueIds(messages: readonly Message[], inputIds: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return messages.map((message, index) => {
    const own = message.messageId !== null && !taken.has(message.messageId) ? message.messageId : (inputIds[index] ?? '');
    taken.add(own);
    return own;
  });
}

function toAnchor(anchor: LineAnchor, patch: string): NonNullable<Comment['anchor']> {
  if (anchor.kind === 'message') return { patch, side: 'message', file: null, line: anchor.line };
  return { patch, side: anchor.side, file: anchor.file, line: anchor.line };
}

/**
 * Traces the quoted lines that are not traced yet to a mail further up, `steps` mails above the one that is answered. People also quote
 * out of order (a section once more, for context), so what is left over is looked for again.
 */
function traceQuotes(read: Read, above: Read, steps: number): void {
  const source = above.layout.lines.map((line) => (line.role === 'attribution' || line.role === 'dress' ? { text: '', depth: 0 } : line));
  const tried = new Set<number>();
  for (let pass = 0; pass < PASSES; pass++) {
    const open: number[] = [];
    read.layout.lines.forEach((line, index) => {
      if (line.depth === 0 || line.role === 'attribution' || line.role === 'dress' || tried.has(index)) return;
      if (read.traces[index] === null && (pass === 0 || line.text.trim().length >= SHORTEST_AGAIN)) open.push(index);
    });
    if (open.length === 0) return;
    const pairs = alignQuote(
      open.map((index) => ({ text: read.layout.lines[index]?.text ?? '', depth: (read.layout.lines[index]?.depth ?? 0) - steps })),
      source,
    );
    open.forEach((index, at) => {
      const found = pairs[at];
      if (found === null || found === undefined) return;
      tried.add(index);
      read.traces[index] = above.traces[found] ?? null;
    });
    if (pairs.every((found) => found === null)) return;
  }
}

/** Without the mail that is answered: anchors in the patch as it is quoted, and the remarks that are only known from the quotes. */
function traceAlone(read: Read, id: string): Comment[] {
  const { layout, message } = read;
  const recovered = recoverPatch(layout, null);
  let depth = 0;
  recovered?.anchors.forEach((anchor, index) => {
    if (anchor) depth = Math.max(depth, layout.lines[index]?.depth ?? 0);
  });
  // The mail that is answered is the last reference, the one that it answers the last but one.
  const chain =
    message.inReplyTo !== null && message.references.at(-1) !== message.inReplyTo
      ? [...message.references, message.inReplyTo]
      : message.references;
  const patch = chain.at(-Math.max(1, depth)) ?? id;
  recovered?.anchors.forEach((anchor, index) => {
    if (anchor) read.traces[index] = { kind: 'patch', anchor: toAnchor(anchor, patch) };
  });
  const heard: Comment[] = [];
  for (let level = depth - 1; level > 0; level--) for (const one of words(read, id, level)) heard.push(one);
  return heard;
}

/** Makes comments of the words at one depth, and traces their lines to them. */
function words(read: Read, id: string, depth: number): Comment[] {
  const comments: Comment[] = [];
  for (const one of wordsAt(read.layout, depth)) {
    if (
      depth > 0 &&
      (one.after === null || one.indices.every((index) => read.traces[index] !== null || read.layout.lines[index]?.role === 'blank'))
    )
      continue;
    const lines = wordLines(read.layout, one).filter((_, index, all) => index > 0 || all[0]?.text.trim() !== '');
    const first = lines[0];
    if (!first) continue;
    const ordinal = `${depth > 0 ? `q${String(depth)}.` : ''}${String(comments.length + 1)}`;
    const comment = makeComment(read, one, lines, first, `${id}#${ordinal}`);
    comments.push(comment);
    for (const index of one.indices) read.traces[index] ??= { kind: 'words', comment };
  }
  return comments;
}

function makeComment(read: Read, one: Words, lines: readonly PlacedLine[], first: PlacedLine, id: string): Comment {
  const { message, layout } = read;
  const trace = onlyTags(lines) ? null : traceAbove(read, one.after);
  const last = lines.at(-1) ?? first;
  const line = layout.lines[one.indices[0] ?? 0];
  const speaker = one.depth === 0 || line?.speaker === null || line === undefined ? null : (layout.speakers[line.speaker] ?? null);
  const author = one.depth === 0 ? (message.author ?? message.email) : (speaker?.name ?? speaker?.email ?? null);
  return {
    id,
    inReplyTo: trace?.kind === 'words' ? trace.comment.id : null,
    author: author ?? 'unknown',
    date: one.depth === 0 ? dateOf(message) : (speaker?.date ?? null),
    anchor: trace === null ? null : trace.kind === 'words' ? trace.comment.anchor : trace.anchor,
    mail: {
      path: message.path,
      line: first.place.line,
      column: first.place.column,
      endLine: last.place.line,
      endColumn: last.place.column + last.text.length,
    },
    text: lines.map(({ text }) => text).join('\n'),
  };
}

/** The trace of the quoted line right above some words, or of the nearest one above it up to a cut or an attribution. */
function traceAbove(read: Read, after: number | null): Trace | null {
  for (let index = after ?? -1; index >= 0; index--) {
    const line = read.layout.lines[index];
    const trace = read.traces[index];
    if (trace && line && line.depth > 0) return trace;
    if (line?.role === 'ellipsis' || line?.role === 'attribution') return null;
  }
  return null;
}

function dateOf(message: Message): string | null {
  if (message.dateEpoch === null || Math.abs(message.dateEpoch) > 8.64e12) return message.date;
  return new Date(message.dateEpoch * 1000).toISOString().replace('.000Z', 'Z');
}
