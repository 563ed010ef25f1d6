// What a file is, told from its first bytes.

/** `mail` is a mail, an mbox, a patch, or any other text: what is in it is for the mail reader to find. */
export type TextKind = 'mail' | 'source' | 'binary' | 'empty';

/** So many first bytes are enough to tell. */
export const HEAD_SIZE = 16 * 1024;

const mboxStart = /^>?From [^\n]*\d/;
const headerLine = /^[A-Za-z][A-Za-z0-9-]{0,60}:[ \t]/;
const diffLine = /^(?:diff --git |--- |\+\+\+ |Index: |@@ -\d)/;
/** Signs of text in a file that also has bytes which no text should have. */
const MAX_HEAD_LINES = 200;
/** Above this share of control characters a file is no text. */
const MAX_CONTROL_SHARE = 0.05;

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function isControl(byte: number): boolean {
  return (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d && byte !== 0x1b) || byte === 0x7f;
}

function looksLikeMailOrDiff(text: string): boolean {
  if (mboxStart.test(text)) return true;
  const lines = text.split('\n', MAX_HEAD_LINES).map((line) => line.replace(/^(?:> ?)*/, ''));
  return headerLine.test(lines[0] ?? '') || lines.some((line) => diffLine.test(line));
}

/** Whether a text begins like a mail or has a diff near its beginning. Pages of archives do not always. */
export function isLikelyMail(head: Uint8Array): boolean {
  return looksLikeMailOrDiff(latin1(head));
}

/** Whether the name is one of a C file. */
export function isSourceName(path: string): boolean {
  return /\.[ch]$/.test(path);
}

/** Whether a file in a folder is worth reading as a mail: by its name, or by its first bytes where the name tells nothing. */
export function isMailName(path: string): boolean {
  return /\.(?:eml|mbox|mbx|patch|diff|mail)(?:\.gz)?$/i.test(path);
}

/**
 * The kind of a text by its first bytes and its name. A mail may hold NULs and still be one; a file is binary where nothing of its
 * beginning looks like a mail or a diff and many bytes are no text.
 */
export function kindOf(head: Uint8Array, path: string): TextKind {
  if (head.length === 0) return 'empty';
  const text = latin1(head);
  const source = isSourceName(path);
  if (source || !looksLikeMailOrDiff(text)) {
    let control = 0;
    let nul = 0;
    for (const byte of head) {
      if (byte === 0) nul++;
      if (isControl(byte)) control++;
    }
    if (nul > 0 || control > head.length * MAX_CONTROL_SHARE) return 'binary';
  }
  return source ? 'source' : 'mail';
}

/** Whether an unnamed file in a folder begins like a mail, an mbox or a diff. */
export function beginsLikeMail(head: Uint8Array): boolean {
  const text = latin1(head);
  if (mboxStart.test(text)) return true;
  const lines = text.split('\n', MAX_HEAD_LINES);
  return (
    /^(?:From|Return-Path|Received|Message-ID|Subject|Date|To|Delivered-To|X-[A-Za-z-]+): /i.test(lines[0] ?? '') ||
    /^diff --git /.test(lines[0] ?? '')
  );
}
