// Finds the version before each version of a series.

import type { Draft } from './series.ts';

/** How alike the titles of two versions must be, from 0 to 1; of two postings that claim the same version. */
const LIKENESS = 0.5;
const SAME = 0.99;
/** Two titles of patches count as the same one from here on. */
const SAME_TITLE = 0.75;
/** How many series are compared with one, for each way to find them. */
const MOST_CANDIDATES = 60;

type Words = ReadonlySet<string>;

interface Titles {
  readonly cover: Words | null;
  readonly parts: readonly Words[];
  /** The titles as they stand, in lower case. */
  readonly whole: ReadonlySet<string>;
  readonly words: Words;
}

/**
 * Sets `previous` of each series to the index of the version before it: an earlier posting of a lower version, or the RFC before it, whose
 * titles are alike or that it was sent in answer to; and the same version once more where it is a resend or has the same titles.
 */
export function linkVersions(
  drafts: readonly Draft[],
  memberOf: ReadonlyMap<number, Draft>,
  parents: readonly (number | null)[],
  readings: readonly { readonly title: string }[],
): void {
  const titles = drafts.map((draft) => readTitles(draft, readings));
  const byTitle = indexBy(titles.map((one) => one.whole));
  const byWord = indexBy(titles.map((one) => one.words));
  drafts.forEach((draft, index) => {
    const own = titles[index];
    if (!own) return;
    const answered = answeredSeries(draft, memberOf, parents);
    const candidates = new Set<number>();
    if (answered !== null) candidates.add(drafts.indexOf(answered));
    gather(candidates, own.whole, byTitle, index);
    gather(candidates, own.words, byWord, index);
    let best: number | null = null;
    for (const other of [...candidates].sort((a, b) => a - b)) {
      const older = drafts[other];
      const theirs = titles[other];
      if (!older || !theirs || !isEarlier(older, draft)) continue;
      const raised = older.tag.version < draft.tag.version || older.tag.rfc !== draft.tag.rfc || draft.tag.resend;
      if (!(older === answered && raised) && likeness(own, theirs) < (raised ? LIKENESS : SAME)) continue;
      const held = best === null ? undefined : drafts[best];
      if (held === undefined || isBetter(older, held)) best = other;
    }
    draft.previous = best;
  });
}

function readTitles(draft: Draft, readings: readonly { readonly title: string }[]): Titles {
  const title = (index: number): string => (readings[index]?.title ?? '').toLowerCase();
  const split = (index: number): Words => new Set(title(index).match(/[\p{L}\p{N}]+/gu) ?? []);
  const members = [...(draft.cover === null ? [] : [draft.cover]), ...draft.slots.values()];
  const parts = [...draft.slots.values()].map(split);
  const cover = draft.cover === null ? null : split(draft.cover);
  const words = new Set<string>(cover ?? []);
  for (const part of parts) for (const word of part) words.add(word);
  return { cover, parts, whole: new Set(members.map(title)), words };
}

function indexBy(keys: readonly Words[]): ReadonlyMap<string, readonly number[]> {
  const lists = new Map<string, number[]>();
  keys.forEach((own, index) => {
    for (const key of own) {
      const list = lists.get(key);
      if (list) list.push(index);
      else lists.set(key, [index]);
    }
  });
  return lists;
}

/** The series around `index` that share a key with it, the rarest keys first: a large archive must not cost the square of its series. */
function gather(candidates: Set<number>, keys: Words, lists: ReadonlyMap<string, readonly number[]>, index: number): void {
  const sorted = [...keys].map((key) => lists.get(key) ?? []).sort((a, b) => a.length - b.length);
  let left = MOST_CANDIDATES;
  for (const list of sorted) {
    // Versions are posted one after the other: of a common key the nearest ones matter.
    const at = list.indexOf(index);
    for (const other of list.slice(Math.max(0, at - left), at + left)) {
      if (other === index || candidates.has(other)) continue;
      candidates.add(other);
      left--;
    }
    if (left <= 0) return;
  }
}

/** The series that this one was sent in answer to, as a new version often is. */
function answeredSeries(draft: Draft, memberOf: ReadonlyMap<number, Draft>, parents: readonly (number | null)[]): Draft | null {
  const start = draft.cover ?? draft.slots.get(1) ?? draft.first;
  for (let at = parents[start] ?? null, steps = 0; at !== null && steps < 100; at = parents[at] ?? null, steps++) {
    const other = memberOf.get(at);
    if (other !== undefined && other !== draft) return other;
  }
  return null;
}

/** Whether `older` can be a version before `newer`: by version, by RFC before patch, or as what a resend or a repetition repeats. */
function isEarlier(older: Draft, newer: Draft): boolean {
  if (older === newer) return false;
  const sent =
    older.date !== null && newer.date !== null && older.date !== newer.date ? older.date < newer.date : older.first < newer.first;
  if (!sent) return false;
  if (older.tag.rfc && !newer.tag.rfc) return true;
  if (!older.tag.rfc && newer.tag.rfc) return false;
  if (older.tag.version !== newer.tag.version) return older.tag.version < newer.tag.version;
  return newer.tag.resend || older.author === newer.author;
}

/** The later RFC state, then the higher version, then the later posting. */
function isBetter(one: Draft, held: Draft): boolean {
  if (one.tag.rfc !== held.tag.rfc) return held.tag.rfc;
  if (one.tag.version !== held.tag.version) return one.tag.version > held.tag.version;
  return (one.date ?? 0) >= (held.date ?? 0);
}

function likeness(a: Titles, b: Titles): number {
  const parts = shared(a.parts, b.parts);
  if (a.cover && b.cover) {
    const covers = overlap(a.cover, b.cover);
    return covers >= SAME_TITLE ? covers : Math.max(covers * 0.6, parts);
  }
  // A cover letter often has the title of its only or main patch.
  const [cover, others] = a.cover ? [a.cover, b.parts] : [b.cover, a.parts];
  const mixed = cover === null ? 0 : others.reduce((most, part) => Math.max(most, overlap(cover, part)), 0);
  return Math.max(mixed >= 0.9 ? mixed : 0, parts);
}

/** The share of the smaller series' patches that have a counterpart in the other. */
function shared(a: readonly Words[], b: readonly Words[]): number {
  const [few, many] = a.length <= b.length ? [a, b] : [b, a];
  if (few.length === 0) return 0;
  let like = 0;
  for (const one of few) {
    const most = many.reduce((held, other) => (held >= 1 ? held : Math.max(held, overlap(one, other))), 0);
    if (most >= SAME_TITLE) like += most;
  }
  return like / few.length;
}

/** Words in both of words in either; 0 at once where the sizes rule likeness out. */
function overlap(a: Words, b: Words): number {
  if (Math.min(a.size, b.size) < SAME_TITLE * Math.max(a.size, b.size) * 0.5) return 0;
  let common = 0;
  for (const word of a) if (b.has(word)) common++;
  const all = a.size + b.size - common;
  return all === 0 ? 0 : common / all;
}
