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

export type HunkLine =
  | {
      readonly kind: 'context';
      readonly oldLine: number;
      readonly newLine: number;
      readonly text: string;
      readonly place: MailPlace;
      readonly noNewline: boolean;
    }
  | { readonly kind: 'added'; readonly newLine: number; readonly text: string; readonly place: MailPlace; readonly noNewline: boolean }
  | { readonly kind: 'removed'; readonly oldLine: number; readonly text: string; readonly place: MailPlace; readonly noNewline: boolean };

export interface Hunk {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  /** The text behind the second `@@`: git's guess of the enclosing function. */
  readonly heading: string;
  /** `text` of a line is decoded and without its sign; `place` is the place of the first character after the sign. */
  readonly lines: readonly HunkLine[];
  /** The place of the `@@` line. */
  readonly place: MailPlace;
  /** True where the counts or lines were mended (a reply's quoting cut lines, a mailer wrapped them); `problems` of the patch says how. */
  readonly repaired: boolean;
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
  readonly similarity: number | null;
  readonly hunks: readonly Hunk[];
  /** The place of the file's first header line. */
  readonly place: MailPlace;
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
  readonly files: readonly FileChange[];
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
  /** The decoded body, line by line. */
  readonly body: readonly PlacedLine[];
  /** The message's own patch, as git would read it; null for a reply or a cover letter. */
  readonly patch: Patch | null;
  /** A patch recovered from the quotes of a reply. */
  readonly quoted: Patch | null;
  readonly remarks: readonly Remark[];
  readonly problems: readonly Problem[];
}
