// One version of an open document, immutable, and what kind of text it is.

import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Position, Range } from 'vscode-languageserver/node';
import { LineIndex } from '../core/base/text.ts';

/** `patch`: a mail, an mbox or a bare diff; `source`: a C file; `other`: nothing that can be reviewed. */
export type DocumentKind = 'patch' | 'source' | 'other';

/** A place as the analysis reports it: lines and columns from 1, columns in UTF-16 units, the end not included. */
export interface PlaceRange {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** How much of a text is looked at to tell its kind. */
const HEAD = 64 * 1024;

export class Snapshot {
  readonly kind: DocumentKind;
  /** The file's path, or the last part of the URI where it is no file. */
  readonly path: string;
  private document: TextDocument | null = null;
  private index: LineIndex | null = null;
  private digest: string | null = null;

  constructor(
    readonly uri: string,
    readonly languageId: string,
    readonly version: number,
    readonly text: string,
  ) {
    this.path = pathOf(uri);
    this.kind = kindOf(this.path, languageId, text);
  }

  /** Lines as the analysis counts them: only `\n` ends one. */
  get lines(): LineIndex {
    this.index ??= new LineIndex(this.text);
    return this.index;
  }

  /** Identity of the text, for result ids. */
  get hash(): string {
    this.digest ??= createHash('sha1').update(this.text).digest('hex');
    return this.digest;
  }

  /** An LSP range. The protocol also ends lines at a lone CR, so that the way leads over offsets. Places outside the text are clamped. */
  range(place: PlaceRange): Range {
    const start = this.offset(place.line, place.column);
    const end = Math.max(start, this.offset(place.endLine, place.endColumn));
    return { start: this.asDocument().positionAt(start), end: this.asDocument().positionAt(end) };
  }

  /** The whole of a 1-based line, without its terminator. */
  lineRange(line: number): Range {
    return this.range({ line, column: 1, endLine: line, endColumn: Number.MAX_SAFE_INTEGER });
  }

  /** 1-based line, as the analysis counts, of an LSP position. */
  lineOf(position: Position): number {
    return this.lines.lineOf(this.asDocument().offsetAt(position));
  }

  private offset(line: number, column: number): number {
    if (line > this.lines.count) return this.text.length;
    const start = this.lines.startOf(line);
    return Math.min(start + Math.max(0, column - 1), this.lines.endOf(line));
  }

  private asDocument(): TextDocument {
    this.document ??= TextDocument.create(this.uri, this.languageId, this.version, this.text);
    return this.document;
  }
}

/** The path of a `file:` URI; the decoded last part of any other. Never throws. */
function pathOf(uri: string): string {
  try {
    if (uri.startsWith('file:')) return fileURLToPath(uri);
    return basename(decodeURIComponent(new URL(uri).pathname)) || uri;
  } catch {
    return uri;
  }
}

/** The kind of a document by its language, its name and, for other languages and names, its first lines. */
export function kindOf(path: string, languageId: string, text: string): DocumentKind {
  if (languageId === 'kernel-patch-mail' || languageId === 'diff' || languageId === 'patch' || languageId === 'mail') return 'patch';
  const extension = /\.(\w{1,8})$/.exec(basename(path))?.[1]?.toLowerCase();
  switch (extension) {
    case 'patch':
    case 'diff':
    case 'mbox':
    case 'mbx':
    case 'eml':
      return 'patch';
    case 'c':
    case 'h':
      return 'source';
    case 'txt':
    case undefined:
      return looksLikePatchMail(text) ? 'patch' : 'other';
    default:
      return languageId === 'c' ? 'source' : 'other';
  }
}

/** A subject as patch series have it, in a header or as the first line of a saved archive page. */
const patchSubject = /^(?:Subject:[ \t]*)?(?:Re:[ \t]*)?\[[^\]]{0,60}\b(?:PATCH|RFC)\b[^\]]{0,60}\]/i;
const diffLine = /^(?:> ?){0,8}(?:diff --git |--- a\/|@@ -\d{1,9}(?:,\d{1,9})? \+\d{1,9}(?:,\d{1,9})? @@)/;
const HEADERS = 100;

/** Whether a text of unknown name is a patch mail, an answer to one, or a bare diff. */
function looksLikePatchMail(text: string): boolean {
  const lines = text.slice(0, HEAD).split('\n');
  if (/^From [0-9a-f]{40} /.test(lines[0] ?? '')) return true;
  return lines.slice(0, HEADERS).some((line) => patchSubject.test(line)) || lines.some((line) => diffLine.test(line));
}
