// Mutants: a few random changes anywhere in a mail.

import type { Random } from './damage.ts';

/** Lines that mean something to a reader of mails or diffs. */
const MARKS = [
  '',
  ' ',
  '\r',
  '\0',
  '> ',
  '>From x',
  'From a@b Tue Mar  3 10:20:30 2020',
  '-- ',
  '---',
  '--- a/x',
  '+++ b/x',
  '+++ /dev/null',
  'diff --git a/x b/x',
  'diff --git "a/\\',
  '@@ -1,9 +1,9 @@',
  '@@ -0,0 +1,99999999999999999999 @@',
  'index 1..2 120000',
  'new file mode 100644',
  'rename to x',
  'GIT binary patch',
  'literal 9',
  'Content-Type: multipart/mixed; boundary=b',
  '--b',
  '--b--',
  'Content-Transfer-Encoding: base64',
  'Content-Transfer-Encoding: quoted-printable',
  'Content-Type: text/plain; charset=gb2312; format=flowed',
  'Subject: =?utf-8?q?',
  'From: =?x?b?====?=',
  '\\ No newline at end of file',
  'On Tue, someone wrote:',
  '[...]',
  '\xff\xfe',
  '\u00e2\u0080\u00a8',
];

/** Changes a mail (a byte string) in one to six places. */
export function mutate(mail: string, random: Random): string {
  let lines = mail.split('\n');
  const pick = (): number => Math.floor(random() * lines.length);
  for (let times = 1 + Math.floor(random() * 6); times > 0; times--) {
    const at = pick();
    const line = lines[at] ?? '';
    const kind = Math.floor(random() * 9);
    if (kind === 0) lines.splice(at, 1);
    else if (kind === 1) lines.splice(at, 0, MARKS[Math.floor(random() * MARKS.length)] ?? '');
    else if (kind === 2) lines[at] = MARKS[Math.floor(random() * MARKS.length)] ?? '';
    else if (kind === 3)
      lines[at] = line.slice(0, Math.floor(random() * line.length)) + String.fromCharCode(Math.floor(random() * 256)) + line.slice(1);
    else if (kind === 4) lines.splice(at, 0, ...lines.slice(pick(), pick() + 1).slice(0, 50));
    else if (kind === 5) lines = lines.slice(0, Math.max(1, at));
    else if (kind === 6) lines[at] = line.repeat(1 + Math.floor(random() * 40));
    else if (kind === 7) lines[at] = `${'> '.repeat(1 + Math.floor(random() * 4))}${line}`;
    else lines[at] = `${line}\r`;
  }
  return lines.join('\n');
}
