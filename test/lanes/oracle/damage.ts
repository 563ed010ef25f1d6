// Thirty kinds of damage that mails suffer, each from a seeded generator: the same seed gives the same mail.

/** A seeded generator of numbers in [0, 1): mulberry32. */
export type Random = () => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function below(random: Random, count: number): number {
  return Math.floor(random() * count);
}

/** A mail as lines without their newlines, and the parts that damage aims at. */
interface Parts {
  readonly lines: string[];
  /** Index of the first line of the body. */
  readonly body: number;
  /** Indexes of `diff --git` lines, `@@` lines, and of lines inside hunks. */
  readonly files: readonly number[];
  readonly heads: readonly number[];
  readonly inside: readonly number[];
}

function partsOf(mail: string): Parts {
  const lines = mail.split('\n');
  const body = lines.indexOf('') + 1;
  const files: number[] = [];
  const heads: number[] = [];
  const inside: number[] = [];
  let left = [0, 0];
  lines.forEach((line, at) => {
    if (at < body) return;
    const head = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if ((left[0] ?? 0) > 0 || (left[1] ?? 0) > 0) {
      inside.push(at);
      const [old, fresh] = [left[0] ?? 0, left[1] ?? 0];
      left = [line.startsWith('+') ? old : old - 1, line.startsWith('-') ? fresh : fresh - 1];
    } else if (line.startsWith('diff --git ')) files.push(at);
    else if (head !== null) {
      heads.push(at);
      left = [Number(head[1] ?? 1), Number(head[2] ?? 1)];
    }
  });
  return { lines, body, files, heads, inside };
}

function pick(random: Random, from: readonly number[]): number {
  return from[below(random, from.length)] ?? -1;
}

type Damage = (parts: Parts, random: Random) => string[] | null;

/** Changes one line of those that `from` chooses; null where the mail has none. */
function change(from: (parts: Parts) => readonly number[], by: (line: string, random: Random) => string | string[]): Damage {
  return (parts, random) => {
    const at = pick(random, from(parts));
    if (at < 0) return null;
    const made = by(parts.lines[at] ?? '', random);
    return [...parts.lines.slice(0, at), ...(typeof made === 'string' ? [made] : made), ...parts.lines.slice(at + 1)];
  };
}

const heads = (parts: Parts): readonly number[] => parts.heads;
const inside = (parts: Parts): readonly number[] => parts.inside;
const files = (parts: Parts): readonly number[] => parts.files;
const named =
  (prefix: string) =>
  (parts: Parts): readonly number[] =>
    parts.lines.flatMap((line, at) => (at >= parts.body && line.startsWith(prefix) && !parts.inside.includes(at) ? [at] : []));
const bodyLines = (parts: Parts): readonly number[] => parts.lines.map((_, at) => at).slice(parts.body);

function bump(line: string, group: number, random: Random): string {
  const numbers = [...line.matchAll(/\d+/g)];
  const one = numbers[group];
  if (one === undefined) return line;
  const value = Math.max(0, Number(one[0]) + (random() < 0.5 ? 1 : -1) * (1 + below(random, 3)));
  return line.slice(0, one.index) + String(value) + line.slice(one.index + one[0].length);
}

function flip(line: string, random: Random): string {
  if (line === '') return 'x';
  const at = below(random, line.length);
  return line.slice(0, at) + String.fromCharCode(33 + below(random, 94)) + line.slice(at + 1);
}

export const damages: Readonly<Record<string, Damage>> = {
  'truncate anywhere': ({ lines, body }, random) => {
    const text = lines.join('\n');
    const from = lines.slice(0, body).join('\n').length;
    return text.slice(0, from + below(random, Math.max(1, text.length - from))).split('\n');
  },
  'truncate at a line': (parts, random) => {
    const at = pick(random, parts.inside);
    return at < 0 ? null : [...parts.lines.slice(0, at), ''];
  },
  'flip a byte in the body': change(bodyLines, flip),
  'flip a byte in a hunk': change(inside, flip),
  'flip a byte in a hunk header': change(heads, flip),
  'flip a byte in a file header': change(files, flip),
  'wrap a line of a hunk': change(inside, (line) => {
    const at = line.lastIndexOf(' ');
    return at < 1 ? line : [line.slice(0, at), line.slice(at + 1)];
  }),
  'wrap all long lines': ({ lines, body }) =>
    lines.flatMap((line, at) => {
      if (at < body || line.length <= 72) return [line];
      const cut = line.lastIndexOf(' ', 72);
      return cut < 1 ? [line] : [line.slice(0, cut), line.slice(cut + 1)];
    }),
  'quote the whole body': ({ lines, body }) => lines.map((line, at) => (at < body ? line : `> ${line}`)),
  'quote from the first diff on': (parts) => {
    const start = parts.files[0] ?? -1;
    return start < 0 ? null : parts.lines.map((line, at) => (at < start ? line : `> ${line}`));
  },
  'lines end in CR LF': ({ lines }) => lines.map((line, at) => (at === lines.length - 1 ? line : `${line}\r`)),
  'body lines end in CR LF': ({ lines, body }) => lines.map((line, at) => (at < body || at === lines.length - 1 ? line : `${line}\r`)),
  'blank context lines lose their space': ({ lines, body }) => lines.map((line, at) => (at >= body && line === ' ' ? '' : line)),
  'white space at line ends is lost': ({ lines, body }) => lines.map((line, at) => (at < body ? line : line.trimEnd())),
  'tabs become blanks': ({ lines, body }) => lines.map((line, at) => (at < body ? line : line.replaceAll('\t', '        '))),
  'wrong old count': change(heads, (line, random) => bump(line, 1, random)),
  'wrong new count': change(heads, (line, random) => bump(line, 3, random)),
  'wrong old start': change(heads, (line, random) => bump(line, 0, random)),
  'delete a line of a hunk': change(inside, () => []),
  'double a line of a hunk': change(inside, (line) => [line, line]),
  'a foreign line in a hunk': change(inside, (line) => [line, 'Hello, I think this is wrong.']),
  'a blank line in a hunk': change(inside, (line) => [line, '']),
  'swap a sign': change(inside, (line) => (line.startsWith('+') ? '-' : line.startsWith('-') ? ' ' : '+') + line.slice(1)),
  'another name after ---': change(named('--- a/'), (line) => `${line}x`),
  'another name after +++': change(named('+++ b/'), (line) => line.replace('+++ b/', '+++ b/x')),
  'another name after diff --git': change(files, (line) => line.replace(' b/', ' b/other/')),
  'no diff --git line': change(files, () => []),
  'no --- line': change(named('--- a/'), () => []),
  'no +++ line': change(named('+++ b/'), () => []),
  'no file header at all': ({ lines, body }) => lines.filter((line, at) => at < body || !/^(?:diff --git |index |--- |\+\+\+ )/.test(line)),
  'a broken mode': change(named('index '), (line) => `${line}9x`),
  'new file and deleted file': change(named('index '), (line) => ['new file mode 100644', 'deleted file mode 100644', line]),
  'a path that leaves the tree': ({ lines, body }) =>
    lines.map((line, at) => (at < body ? line : line.replaceAll(/(^(?:---|\+\+\+) [ab]\/|(?<=^diff --git.{0,4000}) [ab]\/)/g, '$1../'))),
  'a NUL in a hunk': change(inside, (line, random) => {
    const at = 1 + below(random, Math.max(1, line.length));
    return `${line.slice(0, at)}\0${line.slice(at)}`;
  }),
  'an encoded word is cut': ({ lines }) => lines.map((line) => (line.startsWith('Subject: ') ? 'Subject: =?utf-8?q?a patch' : line)),
  'claimed to be base64': ({ lines, body }) => [
    'Content-Transfer-Encoding: base64',
    ...lines.slice(0, body).filter((line) => !/^Content-Transfer/i.test(line)),
    ...lines.slice(body),
  ],
  'claimed to be quoted-printable': ({ lines, body }) => [
    'Content-Transfer-Encoding: quoted-printable',
    ...lines.slice(0, body).filter((line) => !/^Content-Transfer/i.test(line)),
    ...lines.slice(body),
  ],
  'claimed to be flowed': ({ lines, body }) => [
    'Content-Type: text/plain; charset=utf-8; format=flowed',
    ...lines.slice(0, body).filter((line) => !/^Content-Type/i.test(line)),
    ...lines.slice(body),
  ],
  'a multipart that never ends': ({ lines, body }) => [
    'Content-Type: multipart/mixed; boundary="=b"',
    ...lines.slice(0, body).filter((line) => !/^Content-Type/i.test(line)),
    '--=b',
    '',
    ...lines.slice(body),
  ],
  'the last newline is missing': (parts) => {
    const last = parts.inside.at(-1);
    return last === undefined ? null : parts.lines.slice(0, last + 1);
  },
  'deleted lines follow the diff': (parts) => [...parts.lines, '@@ -1,2 +1,2 @@', '-a', '+b', ' c', ''],
};

/** Damages a mail (a byte string); null where this kind finds nothing to damage in it. */
export function damage(mail: string, kind: string, seed: number): string | null {
  const by = damages[kind];
  const made = by?.(partsOf(mail), seeded(seed)) ?? null;
  return made === null ? null : made.join('\n');
}
