// What a mail becomes: messages, patches, hunks, remarks. Plain data; every line knows where it stands in the file that the user opened.

import type { Problem } from '../../protocol/report.ts';

/**
 * Where a decoded line begins in the opened file: 1-based line, 1-based UTF-16 column of its first character.
 * In quoted-printable and base64 parts several decoded lines can share a file line, and `exact` is false where columns past the
 * first escaped character are only near; `PositionMap` (message) translates columns exactly.
 */
export interface MailPlace {
  readonly line: number;
  readonly column: number;
  readonly exact: boolean;
}

/** One line of text without its terminator, and where it stands. */
export interface PlacedLine {
  readonly text: string;
  readonly place: MailPlace;
}

interface HunkLineText {
  /** Decoded, without its sign. */
  readonly text: string;
  /** The place of the first character after the sign. */
  readonly place: MailPlace;
  /** True where a `\ No newline at end of file` mark follows. */
  readonly noNewline: boolean;
  /** The line's bytes with its sign (a byte string), where they are not the sign and `text` in UTF-8; else null. */
  readonly raw: string | null;
}

export type HunkLine =
  | (HunkLineText & { readonly kind: 'context'; readonly oldLine: number; readonly newLine: number })
  | (HunkLineText & { readonly kind: 'added'; readonly newLine: number })
  | (HunkLineText & { readonly kind: 'removed'; readonly oldLine: number });

export interface Hunk {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  /** The text behind the second `@@`: git's guess of the enclosing function. */
  readonly heading: string;
  readonly lines: readonly HunkLine[];
  /** The place of the `@@` line. */
  readonly place: MailPlace;
  /** True where the counts or lines were mended (a reply's quoting cut lines, a mailer wrapped them); `problems` of the patch says how. */
  readonly repaired: boolean;
  /** The `@@` line as it stands (a byte string); counts in it are wrong where `repaired`. */
  readonly header: string;
  /** The `\ No newline` marks as they stand, by the index in `lines` that they follow; -1 before the first line. */
  readonly marks: readonly { readonly after: number; readonly raw: string }[];
}

/** Why git would not take a patch; the kinds of `Problem` that stand for a refusal. */
export type RefusalKind =
  'corrupt' | 'no-patch' | 'fragment-without-header' | 'bad-header' | 'name-mismatch' | 'unsafe-path' | 'not-unified' | 'bad-mail';

/** A refusal: its class, the line of the opened file, and what is wrong there. */
export interface Refusal extends Problem {
  readonly kind: RefusalKind;
}

export type ChangeKind = 'modify' | 'create' | 'delete' | 'rename' | 'copy' | 'mode' | 'binary';

export interface FileChange {
  readonly kind: ChangeKind;
  /** Path before the patch without its `a/`; null for a created file. */
  readonly oldPath: string | null;
  /** Path after the patch without its `b/`; null for a deleted file. */
  readonly newPath: string | null;
  readonly index: { readonly old: string; readonly new: string } | null;
  readonly oldMode: string | null;
  readonly newMode: string | null;
  /** Percent of a `similarity index` or `dissimilarity index` line. */
  readonly similarity: number | null;
  /** A binary mark (`GIT binary patch`, `Binary files ... differ`): there are no hunks, and nothing is applied. */
  readonly binary: boolean;
  /** True where a creation or deletion is only inferred from a plain diff's counts, as git infers it. */
  readonly inferred: boolean;
  readonly hunks: readonly Hunk[];
  /** The place of the file's first header line. */
  readonly place: MailPlace;
  /** The header lines, or the lines of a binary patch, as they stand (byte strings). */
  readonly header: readonly string[];
  /** What stands between this file and the one before it (a byte string with its newlines): diffstats, prose. */
  readonly lead: string;
  readonly problems: readonly Problem[];
}

export interface Trailer {
  readonly name: string;
  readonly value: string;
  readonly place: MailPlace;
}

/** One patch: what `git am` would apply of a message, or what a reply quotes. */
export interface Patch {
  readonly origin: 'plain' | 'quoted' | 'attachment';
  /** Subject without its bracketed tags, as git mailinfo leaves it. */
  readonly subject: string | null;
  /** The commit message, line by line, without in-body headers and diffstat. */
  readonly commitMessage: readonly PlacedLine[];
  readonly trailers: readonly Trailer[];
  /** The changes of each file. Where `refusal` is set these are what could be read nevertheless, and no tool would apply them as they stand. */
  readonly files: readonly FileChange[];
  /** Set where git would refuse the patch; also the first of `problems`. */
  readonly refusal: Refusal | null;
  readonly problems: readonly Problem[];
}

/** A human remark: lines of a reply that are not quotes, with the quoted line that they follow. */
export interface Remark {
  readonly lines: readonly PlacedLine[];
  /** What the remark stands under; null where it follows no quote. */
  readonly anchor:
    | { readonly kind: 'hunk'; readonly file: string; readonly side: '+' | '-' | ' '; readonly line: number }
    | { readonly kind: 'message'; readonly line: number }
    | null;
  /** Message-ID of the patch that the quote comes from; the message's own quote where the patch is not at hand. */
  readonly patchId: string | null;
}

/** `[PATCH v3 2/5]`, read leniently: `PATCH V3`, `RFC v2`, `RFC PATCH`, `PATCH RESEND`. */
export interface SubjectTag {
  readonly isPatch: boolean;
  readonly isReply: boolean;
  readonly version: number;
  readonly part: readonly [number, number] | null;
  readonly rfc: boolean;
  readonly resend: boolean;
}

/** Where text of a decoded line stands in the opened file, column by column. */
export interface PositionMap {
  /**
   * Line and UTF-16 column (both from 1) in the opened file of the character at UTF-16 `offset` of a line that begins at `place`.
   * Quoted-printable and base64 are looked through: the column is that of the escape, or of the base64 digit, that holds the character.
   */
  translate(place: MailPlace, offset: number): { readonly line: number; readonly column: number };
}

/** git mailinfo's own view of a mail, which differs from ours where a mail is not an ordinary one. */
export interface GitReading {
  readonly subject: string | null;
  readonly author: string | null;
  readonly email: string | null;
  readonly date: string | null;
  /** Seconds since 1970 and `+hhmm`; null where git finds no date. */
  readonly dateEpoch: number | null;
  readonly dateZone: string | null;
  /** The commit message as `git stripspace` leaves it: UTF-8, each line with its newline. */
  readonly message: string;
  /** The changes git apply would make; empty where it refuses. */
  readonly files: readonly FileChange[];
  /** Why git refuses the mail or its patch; `no-patch` where there is none in it. */
  readonly refusal: Refusal | null;
}

export interface Message {
  /** The opened file, as the user named it. */
  readonly path: string;
  /** Message-ID without angle brackets; null where there is none. */
  readonly messageId: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  readonly rawSubject: string | null;
  readonly tag: SubjectTag;
  readonly author: string | null;
  readonly email: string | null;
  /** Date header as it stands, and as git reads it. */
  readonly date: string | null;
  readonly dateEpoch: number | null;
  readonly dateZone: string | null;
  readonly kind: 'patch' | 'reply' | 'cover' | 'other';
  /** The decoded body, line by line: the text parts, with the soft line breaks of flowed text kept. */
  readonly body: readonly PlacedLine[];
  /** All header fields in their order, encoded words read; `line` is the field's first line in the opened file. */
  readonly fields: readonly { readonly name: string; readonly value: string; readonly line: number }[];
  /** Translates columns of body and patch lines whose place is not `exact`. */
  readonly positions: PositionMap;
  /** What git makes of the mail, for `print patch`. */
  readonly git: GitReading;
  /** The message's own patch, as git would read it; null for a reply or a cover letter. */
  readonly patch: Patch | null;
  /** A patch recovered from the quotes of a reply. */
  readonly quoted: Patch | null;
  readonly remarks: readonly Remark[];
  readonly problems: readonly Problem[];
}
