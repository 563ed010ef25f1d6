import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { recoverQuoted } from '../../server/src/core/patch/quotes/recoverQuoted.ts';
import type { Patch } from '../../server/src/core/patch/types.ts';
import { PATCH, body, mail, quote } from './mails.ts';

const recover = (text: string) => recoverQuoted(body(text), 'Re: [PATCH] crate: give the lock back', 'Dan Cee');
const hunks = (patch: Patch | null) =>
  patch?.files.flatMap((file) =>
    file.hunks.map(
      (hunk) =>
        `${file.newPath ?? '?'} -${String(hunk.oldStart)},${String(hunk.oldCount)} +${String(hunk.newStart)},${String(hunk.newCount)}`,
    ),
  );
const kinds = (patch: Patch | null) => patch?.problems.map((problem) => `${problem.kind} ${String(problem.line)}`) ?? [];
const HEAD = 'On Mon, Mar 1, 2021 at 10:00:00AM +0000, Ann Bee wrote:\n';

describe('the patch that a reply quotes', () => {
  test('whole: message, trailers, hunks, places behind the marks', () => {
    const { quoted, remarks } = recover(HEAD + quote(PATCH));
    expect(quoted?.origin).toBe('quoted');
    expect(quoted?.subject).toBe('crate: give the lock back');
    expect(quoted?.commitMessage.map((line) => line.text)).toEqual(PATCH.split('\n').slice(0, 5));
    expect(quoted?.trailers.map((trailer) => trailer.name)).toEqual(['Signed-off-by']);
    expect(hunks(quoted)).toEqual(['drivers/crate/core.c -10,7 +10,8', 'drivers/crate/core.c -40,6 +41,9']);
    const added = quoted?.files[0]?.hunks[0]?.lines.find((line) => line.kind === 'added');
    expect(added).toMatchObject({ newLine: 13, text: '\tret = crate->ops->open(crate, 0);', place: { line: 20, column: 4 } });
    expect(quoted?.problems).toEqual([]);
    expect(remarks).toEqual([]);
  });

  test('remarks with their blank lines are taken out', () => {
    const text = quote(PATCH).replace('> +	crate->users++;\n', '> +	crate->users++;\n\nWho counts it down?\n\n');
    const { quoted, remarks } = recover(HEAD + text);
    expect(hunks(quoted)).toEqual(['drivers/crate/core.c -10,7 +10,8', 'drivers/crate/core.c -40,6 +41,9']);
    expect(remarks).toHaveLength(1);
    expect(remarks[0]).toMatchObject({ anchor: { kind: 'hunk', file: 'drivers/crate/core.c', side: '+', line: 14 }, patchId: null });
    expect(remarks[0]?.lines.map((line) => line.text)).toEqual(['Who counts it down?']);
  });

  test('a cut end keeps the numbers of what is quoted, and is named', () => {
    const text = quote(PATCH.slice(0, PATCH.indexOf(' 	mutex_unlock')));
    const { quoted } = recover(HEAD + text.replace(/\n> $/, ''));
    expect(hunks(quoted)).toEqual(['drivers/crate/core.c -10,4 +10,5']);
    expect(kinds(quoted)).toEqual(['quote-cut 21']);
  });

  test('a cut inside a hunk whose end is quoted shifts the rest by what the counts miss', () => {
    const text = quote(PATCH).replace('>  	crate->users--;\n> +	if (!crate->users)\n', '[...]\n');
    const { quoted } = recover(HEAD + text);
    expect(hunks(quoted)).toEqual(['drivers/crate/core.c -10,7 +10,8', 'drivers/crate/core.c -43,3 +45,5']);
    expect(quoted?.files[0]?.hunks[1]?.lines[0]).toMatchObject({ kind: 'added', text: '\t\tcrate_empty(crate);', newLine: 45 });
    expect(kinds(quoted)[0]).toMatch(/^quote-cut/);
  });

  test('two quoted lines glued into one are split where the counts ask for it', () => {
    const text = quote(PATCH).replace('crate_empty(crate);\n> +\n', 'crate_empty(crate); > +\n');
    const { quoted } = recover(HEAD + text);
    expect(hunks(quoted)?.[1]).toBe('drivers/crate/core.c -40,6 +41,9');
    expect(kinds(quoted).some((kind) => kind.startsWith('quote-mended'))).toBe(true);
    const lines = quoted?.files[0]?.hunks[1]?.lines.filter((line) => line.kind === 'added').map((line) => line.text);
    expect(lines).toEqual(['\tif (!crate->users)', '\t\tcrate_empty(crate);', '']);
  });

  test('the blank that a mailer stuffs before blanks is taken out', () => {
    const stuffed = PATCH.split('\n')
      .map((line) => (line.startsWith(' ') ? ` ${line}` : line))
      .join('\n');
    const { quoted } = recover(HEAD + quote(stuffed));
    expect(quoted?.files[0]?.hunks[0]?.lines.map((line) => line.text)).toContain('\tmutex_lock(&crate->lock);');
    expect(hunks(quoted)).toEqual(['drivers/crate/core.c -10,7 +10,8', 'drivers/crate/core.c -40,6 +41,9']);
  });

  test('a file that only the diffstat names', () => {
    const text = quote(PATCH)
      .split('\n')
      .filter((line) => !/^> (?:diff --git|index|---|\+\+\+) /.test(line))
      .join('\n');
    const { quoted } = recover(HEAD + text);
    expect(hunks(quoted)?.[0]).toBe('drivers/crate/core.c -10,7 +10,8');
  });

  test('a diff that a mail inside the quotes proposes has no commit message of that mail’s talk', () => {
    const inner = `${HEAD}${quote('It is slow.')}\n\nI would do it so:\n\n${PATCH.slice(PATCH.indexOf('diff --git'))}`;
    const { quoted } = recover(`On Tue, Mar 2, 2021 at 10:00:00AM +0000, Dan Cee wrote:\n${quote(inner)}`);
    expect(quoted?.commitMessage).toEqual([]);
    expect(hunks(quoted)?.length).toBe(2);
    expect(kinds(quoted).some((kind) => kind.startsWith('quote-guess'))).toBe(true);
  });

  test('without a diff, talk is no commit message', () => {
    const talk = `On Tue, Mar 2, 2021 at 10:00:00AM +0000, Dan Cee wrote:\n> On Mon, Mar 1, 2021 at 10:00:00AM +0000, Ann Bee wrote:\n>> I think you should count.\n>\n> Yes, I will.\n\nGood.`;
    expect(recover(talk).quoted).toBeNull();
    const prose = `${HEAD}> The crate keeps its lock too long.\n\nHow long?\n\n> Give it back.\n`;
    expect(recover(prose).quoted?.commitMessage.map((line) => line.text)).toEqual([
      'The crate keeps its lock too long.',
      '',
      'Give it back.',
    ]);
    expect(recover(prose).remarks[0]?.anchor).toEqual({ kind: 'message', line: 1 });
  });

  test('nothing quoted, nothing recovered', () => {
    expect(recover('Just words.\n')).toEqual({ quoted: null, remarks: [] });
    expect(recover('')).toEqual({ quoted: null, remarks: [] });
  });
});

test('remarks anywhere between whole quotes leave the patch as it was', () => {
  const plain = hunks(recover(HEAD + quote(PATCH)).quoted);
  const lines = quote(PATCH).split('\n');
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: lines.length - 4 }), { maxLength: 5 }), fc.boolean(), (places, spaced) => {
      const text = lines.flatMap((line, index) =>
        places.includes(index) ? [line, ...(spaced ? [''] : []), 'Is this right?', ...(spaced ? [''] : [])] : [line],
      );
      const { quoted, remarks } = recover(HEAD + text.join('\n'));
      expect(hunks(quoted)).toEqual(plain);
      expect(remarks.length).toBe(places.length);
    }),
    { numRuns: 200 },
  );
});

test('what a patch mail quotes is its own message', () => {
  const found = mail({
    id: 'p@x',
    subject: '[PATCH] crate: give the lock back',
    text: PATCH.replace('Give it back', '> It is slow, Dan said.\n\nGive it back'),
  });
  expect([found.kind, found.quoted, found.remarks]).toEqual(['patch', null, []]);
});
