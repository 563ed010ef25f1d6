// Reads the tags of a subject line, as leniently as people write them.

import type { SubjectTag } from '../types.ts';

export interface SubjectReading {
  readonly tag: SubjectTag;
  /** The subject without reply prefixes and leading bracketed tags, blanks collapsed; empty where nothing else stands. */
  readonly title: string;
}

interface Draft {
  isPatch: boolean;
  isReply: boolean;
  version: number;
  part: readonly [number, number] | null;
  rfc: boolean;
  resend: boolean;
}

const REPLY_PREFIXES = new Set(['re', 'aw', 'sv', 'vs', 'antw', 'antwort', 'rif', 'odp', '回复', '答复', '回覆']);
const FORWARD_PREFIXES = new Set(['fw', 'fwd', 'wg', '转发']);
const REPOSTS = new Set(['RESEND', 'RESENT', 'REPOST', 'REPOSTED']);
/** Longest prefix word that is looked at; a subject of noise must not cost more. */
const LONGEST_PREFIX = 10;

/**
 * Reads a decoded subject: `[PATCH V3 1/3] title`, `Re: [RFC v2 06/20] title`, `[RESEND PATCH v8 00/11]`, `[Patch v8]`, `RFC PATCH: title`.
 * A version that is not written is 1. `isPatch` says only what the tags claim: a `PATCH` tag, or a part `n/m`; the mail's content decides.
 * Null or unreadable subjects give a tag without any claim.
 */
export function readSubject(subject: string | null): SubjectReading {
  const draft: Draft = { isPatch: false, isReply: false, version: 1, part: null, rfc: false, resend: false };
  let rest = (subject ?? '').split(/\s+/).filter(Boolean).join(' ');
  for (;;) {
    const prefixed = dropPrefix(rest, draft);
    if (prefixed !== null) {
      rest = prefixed;
      continue;
    }
    const close = rest.startsWith('[') ? rest.indexOf(']') : -1;
    if (close < 0) break;
    readTagWords(rest.slice(1, close), draft);
    rest = rest.slice(close + 1).trimStart();
  }
  if (!draft.isPatch) rest = readBareTag(rest, draft);
  return { tag: draft, title: rest };
}

/** The subject without a `Re:`, `AW:`, `Fwd:` or `Re[2]:` at its start; null where there is none. */
function dropPrefix(text: string, draft: Draft): string | null {
  const colon = text.indexOf(':');
  const wide = text.indexOf('：');
  const end = colon < 0 ? wide : wide < 0 ? colon : Math.min(colon, wide);
  if (end <= 0 || end > LONGEST_PREFIX) return null;
  const word = text
    .slice(0, end)
    .replace(/\[\d+\]$/, '')
    .trim()
    .toLowerCase();
  if (REPLY_PREFIXES.has(word)) draft.isReply = true;
  else if (!FORWARD_PREFIXES.has(word)) return null;
  return text.slice(end + 1).trimStart();
}

function readTagWords(tag: string, draft: Draft): void {
  for (const word of tag.split(/[\s,;]+/)) readTagWord(word.toUpperCase(), draft);
}

/** Takes one upper-cased word of a tag; false where it says nothing about the patch. */
function readTagWord(word: string, draft: Draft): boolean {
  const part = /^(\d{1,5})\/(\d{1,5})$/.exec(word);
  if (part) {
    draft.part = [Number(part[1]), Number(part[2])];
    draft.isPatch = true;
    return true;
  }
  const version = /^V(\d{1,5})(?:\.\d{1,5})?$/.exec(word);
  if (version) {
    draft.version = Number(version[1]);
    return true;
  }
  if (REPOSTS.has(word)) {
    draft.resend = true;
    return true;
  }
  // `PATCHv2`, `RFCV3`, `RFC/PATCH`, `RFC-PATCH`, `PATCHES`
  let known = false;
  for (const piece of word.split(/[/_-]/)) {
    const glued = /^(PATCH|PATCHES|PATCHSET|RFC)(?:V(\d{1,5}))?$/.exec(piece);
    if (!glued) continue;
    known = true;
    if (glued[1] === 'RFC') draft.rfc = true;
    else draft.isPatch = true;
    if (glued[2] !== undefined) draft.version = Number(glued[2]);
  }
  return known;
}

/** A tag that lost its brackets, `RFC PATCH v2 1/3: title`: the leading upper-case words, if one of them is PATCH and a colon ends them. */
function readBareTag(text: string, draft: Draft): string {
  const colon = text.indexOf(':');
  if (colon < 0 || colon > 40) return text;
  const words = text.slice(0, colon).split(' ');
  if (!words.some((word) => /^PATCH(?:V\d{1,5})?$/.test(word))) return text;
  const trial: Draft = { ...draft };
  for (const word of words) if (!readTagWord(word.toUpperCase(), trial)) return text;
  Object.assign(draft, trial);
  return text.slice(colon + 1).trimStart();
}
