// Puts mails into threads. Works on records, so that no mail's text has to be held.

import { readSubject } from '../mail/tag.ts';

/** What threads are formed from. `MailRecord` has it all. */
export interface Linkable {
  readonly messageId: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  readonly subject: string | null;
  readonly dateEpoch: number | null;
}

/** A mail that answers no other by its headers is taken for an answer by its subject for this long. */
const SUBJECT_WINDOW = 60 * 24 * 3600;

interface Known {
  readonly title: string;
  readonly version: number;
  readonly part: string;
  readonly isReply: boolean;
}

/**
 * The index of the mail that each mail answers, or null. By In-Reply-To, then by References from the last to the first, then, for a `Re:`
 * whose parent is not at hand, by subject: the newest mail before it with the same title, version and part. Message-IDs are not unique in
 * real archives (a new version is sent with the ids of the last one): among mails of one id the one is taken whose subject claims the same
 * version and part, and among those the newest that is not younger than the answer. Answers never form a circle.
 */
export function findParents(mails: readonly Linkable[]): readonly (number | null)[] {
  const known = mails.map((mail): Known => {
    const { tag, title } = readSubject(mail.subject);
    return { title: title.toLowerCase(), version: tag.version, part: tag.part?.join('/') ?? '', isReply: tag.isReply };
  });
  const byId = groupBy(mails, (mail) => mail.messageId);
  const bySubject = groupBy(known, (one) => (one.title === '' ? null : subjectKey(one)));
  const parents = mails.map((mail, index): number | null => {
    for (const id of [mail.inReplyTo, ...[...mail.references].reverse()]) {
      if (id === null || id === mail.messageId) continue;
      const found = pick(mails, known, byId.get(id) ?? [], index);
      if (found !== null) return found;
    }
    const own = known[index];
    if (!own?.isReply) return null;
    const same = (bySubject.get(subjectKey(own)) ?? []).filter((other) => other !== index && near(mails, other, index));
    const posts = same.filter((other) => known[other]?.isReply === false);
    return posts.at(-1) ?? null;
  });
  cutCircles(parents);
  return parents;
}

/** Groups of mails that hang together by `parents`, each in input order, the groups in the order of their first mail. */
export function groupThreads(parents: readonly (number | null)[]): readonly (readonly number[])[] {
  const roots = rootsOf(parents);
  const groups = new Map<number, number[]>();
  roots.forEach((root, index) => {
    const group = groups.get(root);
    if (group) group.push(index);
    else groups.set(root, [index]);
  });
  return [...groups.values()].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
}

/** Indices of all mails so that each stands behind the mail that it answers; otherwise in input order. */
export function parentsFirst(parents: readonly (number | null)[]): readonly number[] {
  const order: number[] = [];
  const done = new Uint8Array(parents.length);
  for (let index = 0; index < parents.length; index++) {
    const chain: number[] = [];
    for (let at: number | null = index; at !== null && done[at] === 0; at = parents[at] ?? null) {
      done[at] = 1;
      chain.push(at);
    }
    for (const one of chain.reverse()) order.push(one);
  }
  return order;
}

function subjectKey(one: Known): string {
  return `${String(one.version)} ${one.part} ${one.title}`;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string | null): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  items.forEach((item, index) => {
    const name = key(item);
    if (name === null) return;
    const group = groups.get(name);
    if (group) group.push(index);
    else groups.set(name, [index]);
  });
  return groups;
}

function near(mails: readonly Linkable[], parent: number, child: number): boolean {
  const [sent, answered] = [mails[parent]?.dateEpoch ?? null, mails[child]?.dateEpoch ?? null];
  if (sent === null || answered === null) return parent < child;
  return sent <= answered && answered - sent <= SUBJECT_WINDOW;
}

function pick(mails: readonly Linkable[], known: readonly Known[], candidates: readonly number[], child: number): number | null {
  const others = candidates.filter((other) => other !== child);
  if (others.length <= 1) return others[0] ?? null;
  const own = known[child];
  const like = (other: number): number => {
    const one = known[other];
    if (!one || !own) return 0;
    return (
      (one.version === own.version ? 2 : 0) +
      (one.part === own.part || one.part.startsWith('0/') ? 1 : 0) +
      (one.title === own.title ? 1 : 0)
    );
  };
  const date = mails[child]?.dateEpoch ?? null;
  let best: number | null = null;
  let bestRank: readonly [number, number, number] = [-1, -1, 0];
  for (const other of others) {
    const sent = mails[other]?.dateEpoch ?? null;
    const before = date === null || sent === null ? (other < child ? 1 : 0) : sent <= date ? 1 : 0;
    const rank: readonly [number, number, number] = [like(other), before, sent ?? other];
    if (
      rank[0] > bestRank[0] ||
      (rank[0] === bestRank[0] && (rank[1] > bestRank[1] || (rank[1] === bestRank[1] && rank[2] > bestRank[2])))
    ) {
      best = other;
      bestRank = rank;
    }
  }
  return best;
}

/** Takes the first link out of every circle that hostile headers can make. */
function cutCircles(parents: (number | null)[]): void {
  const seen = new Int32Array(parents.length);
  for (let index = 0; index < parents.length; index++) {
    let at: number | null = index;
    while (at !== null && seen[at] === 0) {
      seen[at] = index + 1;
      const next: number | null = parents[at] ?? null;
      if (next !== null && seen[next] === index + 1) parents[at] = null;
      at = parents[at] ?? null;
    }
  }
}

function rootsOf(parents: readonly (number | null)[]): Int32Array {
  const roots = new Int32Array(parents.length).fill(-1);
  for (const index of parentsFirst(parents)) {
    const parent = parents[index] ?? null;
    roots[index] = parent === null ? index : (roots[parent] ?? index);
  }
  return roots;
}
