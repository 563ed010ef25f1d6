// Puts patches into series, and the versions of a series into their order. Works on records, so that no mail's text has to be held.

import type { MailRecord } from '../../../protocol/analysis.ts';
import type { SeriesInfo } from '../../../protocol/report.ts';
import type { SubjectTag } from '../types.ts';
import { readSubject } from '../mail/tag.ts';
import { findParents } from './thread.ts';
import { linkVersions } from './versions.ts';

/** What series are formed from; `MailRecord` has it all. */
export type SeriesMail = Pick<MailRecord, 'messageId' | 'inReplyTo' | 'references' | 'subject' | 'author' | 'dateEpoch' | 'kind'>;

export interface Series {
  readonly version: number;
  readonly rfc: boolean;
  readonly resend: boolean;
  /** Title of the cover letter, or of the first patch that is at hand. */
  readonly title: string;
  /** Indices into the mails. `parts` are the patches in the order in which they apply. */
  readonly cover: number | null;
  readonly parts: readonly number[];
  /** Mails that repeat a part: the same patch that came twice. */
  readonly repeats: readonly number[];
  /** How many patches the subjects announce; null for a single patch without `n/m`. */
  readonly announced: number | null;
  /** Index in the list of series of the version before this one; null for the first that is at hand. */
  readonly previous: number | null;
}

/** Patches of one posting arrive within this time. */
const POSTING_WINDOW = 2 * 24 * 3600;
/** A series while it is put together. */
export interface Draft {
  author: string | null;
  tag: SubjectTag;
  date: number | null;
  first: number;
  cover: number | null;
  slots: Map<number, number>;
  repeats: number[];
  announced: number | null;
  previous: number | null;
}

/**
 * All series among the mails, in the order of their first mail. A cover letter and the patches that answer it with the same version and
 * number of parts are one series; without threading, patches of one author, version and number of parts that were sent together are. A patch
 * without `n/m` is a series of its own; answers that quote or contain patches belong to none. `previous` is the version before: an earlier
 * posting of a lower version (or the RFC, or what a resend repeats) whose titles are alike, or that this one was sent in answer to.
 */
export function findSeries(mails: readonly SeriesMail[]): readonly Series[] {
  const parents = findParents(mails);
  const readings = mails.map((mail) => readSubject(mail.subject));
  const drafts: Draft[] = [];
  /** Series by what their mails have in common where nothing threads them. */
  const byKin = new Map<string, Draft[]>();
  const memberOf = new Map<number, Draft>();
  const inDateOrder = mails
    .map((_, index) => index)
    .sort((a, b) => sendRank(mails, readings[a]?.tag, a) - sendRank(mails, readings[b]?.tag, b) || a - b);
  for (const index of inDateOrder) {
    const mail = mails[index];
    const reading = readings[index];
    if (!mail || !reading || reading.tag.isReply || (mail.kind !== 'patch' && mail.kind !== 'cover')) continue;
    const tag = reading.tag;
    const slot = mail.kind === 'cover' ? 0 : (tag.part?.[0] ?? null);
    const home = slot === null ? null : findHome(byKin.get(kinKey(mail, tag)) ?? [], memberOf, parents, index, mail, tag, slot);
    if (home !== null) {
      place(home, slot ?? 1, index);
      memberOf.set(index, home);
      continue;
    }
    const draft: Draft = {
      author: mail.author,
      tag,
      date: mail.dateEpoch,
      first: index,
      cover: null,
      slots: new Map(),
      repeats: [],
      announced: tag.part?.[1] ?? null,
      previous: null,
    };
    place(draft, slot ?? 1, index);
    drafts.push(draft);
    const kin = byKin.get(kinKey(mail, tag));
    if (kin) kin.push(draft);
    else byKin.set(kinKey(mail, tag), [draft]);
    memberOf.set(index, draft);
  }
  drafts.sort((a, b) => firstIndex(a) - firstIndex(b));
  linkVersions(drafts, memberOf, parents, readings);
  return drafts.map((draft) => finish(draft, readings));
}

/**
 * The series as the report shows them. `inputIds[i]` is the report's id of mail `i`. A series' id is the Message-ID of its cover letter or
 * first patch, with `#v<version>` and a count behind it where ids are not unique.
 */
export function seriesInfo(series: readonly Series[], mails: readonly SeriesMail[], inputIds: readonly string[]): readonly SeriesInfo[] {
  const ids: string[] = [];
  const taken = new Set<string>();
  for (const one of series) {
    const first = one.cover ?? one.parts[0] ?? 0;
    const base = mails[first]?.messageId ?? inputIds[first] ?? '';
    let id = base;
    for (let count = 1; taken.has(id); count++) id = `${base}#v${String(one.version)}${count === 1 ? '' : `.${String(count)}`}`;
    taken.add(id);
    ids.push(id);
  }
  return series.map((one, index) => ({
    id: ids[index] ?? '',
    subject: one.title,
    version: one.version,
    parts: one.parts.map((part) => inputIds[part] ?? ''),
    previous: one.previous === null ? null : (ids[one.previous] ?? null),
  }));
}

/** Covers before patches of the same second, so that a patch finds its series. */
function sendRank(mails: readonly SeriesMail[], tag: SubjectTag | undefined, index: number): number {
  const date = mails[index]?.dateEpoch ?? 0;
  return date * 2 + (tag?.part?.[0] === 0 || mails[index]?.kind === 'cover' ? 0 : 1);
}

function place(draft: Draft, slot: number, index: number): void {
  if (slot === 0) {
    if (draft.cover === null) draft.cover = index;
    else draft.repeats.push(index);
  } else if (draft.slots.has(slot)) draft.repeats.push(index);
  else draft.slots.set(slot, index);
}

function kinKey(mail: SeriesMail, tag: SubjectTag): string {
  return JSON.stringify([mail.author, tag.version, tag.rfc, tag.resend, tag.part?.[1] ?? null]);
}

/** The series that a part belongs to. `kin` are the series of its author with its version and number of parts, the oldest first. */
function findHome(
  kin: readonly Draft[],
  memberOf: ReadonlyMap<number, Draft>,
  parents: readonly (number | null)[],
  index: number,
  mail: SeriesMail,
  tag: SubjectTag,
  slot: number,
): Draft | null {
  const fits = (draft: Draft): boolean =>
    draft.tag.version === tag.version &&
    draft.tag.rfc === tag.rfc &&
    draft.announced === (tag.part?.[1] ?? null) &&
    draft.announced !== null &&
    together(draft.date, mail.dateEpoch);
  // The mail it answers, or the first of the mails that one answers (`--chain-reply-to`).
  for (let at = parents[index] ?? null, steps = 0; at !== null && steps < 100; at = parents[at] ?? null, steps++) {
    const draft = memberOf.get(at);
    if (draft && fits(draft) && (isFree(draft, slot) || isRepeat(draft, slot, at))) return draft;
    if (draft && !fits(draft)) break;
  }
  for (let at = kin.length - 1; at >= 0; at--) {
    const draft = kin[at];
    if (!draft || !together(draft.date, mail.dateEpoch)) return null;
    if (fits(draft) && isFree(draft, slot)) return draft;
  }
  return null;
}

function isFree(draft: Draft, slot: number): boolean {
  return slot === 0 ? draft.cover === null : !draft.slots.has(slot);
}

/** The same part once more, in answer to the same cover letter. */
function isRepeat(draft: Draft, slot: number, parent: number): boolean {
  return slot !== 0 && draft.cover === parent;
}

function together(a: number | null, b: number | null): boolean {
  return a === null || b === null || Math.abs(a - b) <= POSTING_WINDOW;
}

function firstIndex(draft: Draft): number {
  let first = Math.min(draft.first, draft.cover ?? draft.first);
  for (const index of draft.slots.values()) first = Math.min(first, index);
  return first;
}

function finish(draft: Draft, readings: readonly { readonly title: string }[]): Series {
  const parts = [...draft.slots].sort((a, b) => a[0] - b[0]).map(([, index]) => index);
  return {
    version: draft.tag.version,
    rfc: draft.tag.rfc,
    resend: draft.tag.resend,
    title: readings[draft.cover ?? parts[0] ?? draft.first]?.title ?? '',
    cover: draft.cover,
    parts,
    repeats: [...draft.repeats].sort((a, b) => a - b),
    announced: draft.announced,
    previous: draft.previous,
  };
}
