// Tells the head of a patch mail from that of a bare diff.

/** Whether a text begins with the headers of a mail that carries a patch. */
export function beginsAsPatchMail(lines: readonly string[]): boolean {
  const first = lines[0] ?? '';
  if (/^From [0-9a-f]{40} /.test(first)) return true;
  if (!/^(?:From|Return-Path|Received|Date|Subject|Message-ID|To|Delivered-To|MIME-Version): /i.test(first)) return false;
  const end = lines.findIndex((line) => line.trim() === '');
  return lines.slice(0, end < 0 ? lines.length : end).some((line) => /^Subject: /i.test(line));
}
