import { describe, expect, test } from 'vitest';
import { DIFF, patchMail, readMail } from './support/mails.ts';

const BASE64_DIFF = Buffer.from(`Count users.\n---\n${DIFF}`).toString('base64').replace(/.{76}/g, '$&\n');

describe('headers', () => {
  test('of a patch mail', () => {
    const message = readMail(patchMail(DIFF, 'In-Reply-To: <cover@example.org>\nReferences: <root@example.org>\n <cover@example.org>\n'));
    expect(message).toMatchObject({
      messageId: '20200303-count-users@example.org',
      inReplyTo: 'cover@example.org',
      references: ['root@example.org', 'cover@example.org'],
      rawSubject: '[PATCH v2 1/3] iommu/sample: Count users',
      author: 'Ada Sample',
      email: 'ada@example.org',
      dateEpoch: 1583223630,
      dateZone: '+0200',
      kind: 'patch',
    });
    expect(message.patch).toMatchObject({ origin: 'plain', subject: 'iommu/sample: Count users', refusal: null });
  });

  test.each([
    ['From: =?utf-8?q?J=C3=B6rg_Beispiel?= <j@example.org>', 'Jörg Beispiel'],
    ['From: =?iso-8859-1?Q?J=F6rg?=\n =?iso-8859-1?Q?_Beispiel?= <j@example.org>', 'Jörg Beispiel'],
    ['From: =?UTF-8?B?SsO2cmcgQmVpc3BpZWw=?= <j@example.org>', 'Jörg Beispiel'],
    ['From: "Beispiel, J\\"org" <j@example.org>', 'Beispiel, J"org'],
    ['From: j@example.org (Joerg Beispiel)', 'Joerg Beispiel'],
    ['From: <j@example.org>', 'j@example.org'],
    [`From: ${'very '.repeat(13)}long <j@example.org>`, 'j@example.org'],
    ['From: Joerg (work (home)) <j@example.org>', 'Joerg (work (home))'],
  ])('%s', (from, author) => {
    const message = readMail(`${from}\nSubject: x\n\nbody\n`);
    expect([message.author, message.email]).toEqual([author, 'j@example.org']);
  });

  test('a subject loses its tags for git, and keeps them for people', () => {
    const message = readMail('Subject: Re: [RFC] [PATCH 2/3]  iommu:\n use\tgroups\n\nx\n');
    expect([message.git.subject, message.rawSubject]).toEqual(['iommu: use groups', 'Re: [RFC] [PATCH 2/3] iommu: use groups']);
  });

  test.each([
    ['an encoded word that does not end', 'Subject: =?utf-8?q?cut'],
    ['an encoded word of an unknown encoding', 'Subject: =?utf-8?x?cut?='],
    ['a NUL in an encoded word', 'Subject: =?utf-8?q?a=00b?='],
  ])('%s is refused, and the mail is read nevertheless', (_name, header) => {
    const message = readMail(`${header}\nFrom: Ada <ada@example.org>\n\nText.\n---\n${DIFF}`);
    expect(message.git.refusal?.kind).toBe('bad-mail');
    expect(message.patch?.files.map((file) => file.newPath)).toEqual(['drivers/iommu/sample.c']);
  });

  test('bytes that are not of the charset are kept and reported', () => {
    const message = readMail('Subject: =?us-ascii?q?caf=E9?=\n\nx\n', 'bytes');
    expect(message.git.refusal?.kind).toBe('no-patch');
    expect(message.rawSubject).toBe('café');
    expect(message.problems).toMatchObject([{ kind: 'charset', line: 1 }]);
  });
});

describe('bodies', () => {
  const head = 'From: Ada <ada@example.org>\nSubject: [PATCH] x\n';

  test('in-body headers stand for those of the mail', () => {
    const message = readMail(`${head}\nFrom: Bo Author <bo@example.org>\nSubject: the real\n subject\n\nText.\n---\n${DIFF}`);
    expect(message.git).toMatchObject({ author: 'Bo Author', email: 'bo@example.org', subject: 'the real subject', message: 'Text.\n' });
  });

  test('scissors are not honoured', () => {
    const message = readMail(`${head}\nBefore.\n\n-- >8 --\nAfter.\n---\n${DIFF}`);
    expect(message.git.message).toBe('Before.\n\n-- >8 --\nAfter.\n');
  });

  test('the message is stripped of blank lines and of white space at line ends', () => {
    expect(readMail(`${head}\n\n\nOne.  \n\n\n\nTwo.\t\n\n---\n${DIFF}`).git.message).toBe('One.\n\nTwo.\n');
  });

  test('quoted-printable is decoded, with the place of each line', () => {
    const encoded = `Content-Transfer-Encoding: quoted-printable\n`;
    const message = readMail(`${head}${encoded}\nOne =\nlong =3D line=20\n---\n${DIFF.replaceAll('=', '=3D')}`);
    expect(message.git.message).toBe('One long = line\n');
    expect(message.git.files).toHaveLength(1);
    expect(message.body[0]).toMatchObject({ text: 'One long = line ', place: { line: 5, column: 1, exact: false } });
  });

  test('base64 is decoded', () => {
    const message = readMail(`${head}Content-Transfer-Encoding: base64\n\n${BASE64_DIFF}\n`);
    expect(message.git.files.map((file) => file.newPath)).toEqual(['drivers/iommu/sample.c']);
    expect(message.git.message).toBe('Count users.\n');
  });

  test('an attached patch is read, and said to be attached', () => {
    const message = readMail(
      `${head}Content-Type: multipart/mixed; boundary="=-b"\n\npreamble\n--=-b\nContent-Type: text/plain\n\nText.\n--=-b\n` +
        `Content-Type: application/octet-stream\nContent-Disposition: attachment;\n filename*0*=utf-8''0001-%63ount;\n filename*1=".patch"\n` +
        `Content-Transfer-Encoding: base64\n\n${BASE64_DIFF}\n--=-b--\nepilogue\n`,
    );
    expect(message.patch).toMatchObject({ origin: 'attachment', files: [{ newPath: 'drivers/iommu/sample.c' }] });
    expect(message.body.map((line) => line.text)).toContain('diff --git a/drivers/iommu/sample.c b/drivers/iommu/sample.c');
  });

  test('an HTML alternative is not read twice, an image not at all', () => {
    const message = readMail(
      `${head}Content-Type: multipart/alternative; boundary=b\n\n--b\n\nText.\n--b\nContent-Type: text/html\n\n<p>Text.</p>\n--b\n` +
        'Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--\n',
    );
    expect(message.body.map((line) => line.text)).toEqual(['Text.']);
  });

  test.each(['text/calendar; charset=utf-8; method=REQUEST', 'text/vcard', 'message/delivery-status', 'application/pgp-signature'])(
    'a part of type %s is no text of the mail',
    (type) => {
      const message = readMail(
        `${head}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nText.\n--b\nContent-Type: ${type}\n\nBEGIN: NOT WORDS\n--b--\n`,
      );
      expect(message.body.map((line) => line.text)).toEqual(['Text.']);
    },
  );

  test('a header behind a byte order mark is shown to people, and is text to git', () => {
    const message = readMail(`\u00ef\u00bb\u00bf${head}Message-ID: <1@example.org>\n\nText.\n---\n${DIFF}`, 'bytes');
    expect(message).toMatchObject({
      rawSubject: '[PATCH] x',
      author: 'Ada',
      messageId: '1@example.org',
      kind: 'patch',
      problems: [{ kind: 'byte-order-mark', line: 1 }],
    });
    expect(message.fields[0]).toEqual({ name: 'From', value: 'Ada <ada@example.org>', line: 1 });
    expect(message.body[0]).toMatchObject({ text: 'Text.', place: { line: 5, column: 1 } });
    expect(message.git).toMatchObject({ subject: null, message: expect.stringContaining('Subject: [PATCH] x\n') as string });
    expect(message.git.files).toHaveLength(1);
  });

  test('flowed text is put together for the commit message, and quotes stay line by line for people', () => {
    const message = readMail(
      `${head}Content-Type: text/plain; format=flowed\n\nOne \nparagraph.\n> a quote \n> of two lines\n  stuffed\n---\n${DIFF}`,
    );
    expect(message.git.message).toContain('One paragraph.\n');
    expect(message.body.slice(0, 5).map((line) => line.text)).toEqual(['One ', 'paragraph.', '> a quote ', '> of two lines', ' stuffed']);
  });

  test('text of another charset is decoded, and the diff stays byte for byte', () => {
    const latin = DIFF.replace('int ret', 'int r\xe9t');
    const message = readMail(`${head}Content-Type: text/plain; charset=iso-8859-1\n\nCaf\xe9.\n---\n${latin}`, 'bytes');
    expect(message.git.message).toBe('Café.\n');
    const line = message.git.files[0]?.hunks[0]?.lines[0];
    expect([line?.text, line?.raw]).toEqual(['\tint rét;', ' \tint r\xe9t;']);
  });

  test('a multipart inside another is decoded for people, though git takes its headers for text', () => {
    const inner = 'Content-Type: multipart/alternative; boundary=in\n\n--in\nContent-Transfer-Encoding: base64\n\nVGV4dC4K\n--in--\n';
    const message = readMail(`${head}Content-Type: multipart/mixed; boundary=out\n\n--out\n${inner}--out--\n`);
    expect(message.body.map((line) => line.text)).toEqual(['Text.']);
    expect(message.git.message).toContain('VGV4dC4K\n');
  });

  test('a mail that is kept with CR LF is read without its soft line breaks', () => {
    const message = readMail(`${head}Content-Transfer-Encoding: quoted-printable\n\nlong =\nline\n`.replaceAll('\n', '\r\n'));
    expect(message.body.map((line) => line.text.trimEnd())).toEqual(['long line']);
  });

  test('multipart messages deeper than git reads are refused, and read as far as our limit', () => {
    let text = '';
    for (let depth = 0; depth < 8; depth++) text += `Content-Type: multipart/mixed; boundary=b${depth}\n\npreamble\n--b${depth}\n`;
    const message = readMail(`${head}${text}\nText.\n---\n${DIFF}`);
    expect(message.git.refusal?.kind).toBe('bad-mail');
    expect(message.patch?.files).toHaveLength(1);
  });

  test('NUL bytes are reported', () => {
    expect(readMail(`${head}\na\0b\n`).problems).toMatchObject([{ kind: 'nul', line: 4 }]);
  });
});

describe('what is a patch', () => {
  test('is not decided by the subject', () => {
    expect(readMail(`Subject: some thoughts\n\nText.\n---\n${DIFF}`).kind).toBe('patch');
    expect(readMail('Subject: [PATCH 0/3] a series\n\nText.\n').kind).toBe('cover');
    expect(readMail('Subject: [PATCH] without one\n\nText.\n')).toMatchObject({ kind: 'other', patch: null });
  });

  test('a bare diff is a message too', () => {
    expect(readMail(DIFF)).toMatchObject({ kind: 'patch', author: null, patch: { files: [{ newPath: 'drivers/iommu/sample.c' }] } });
  });

  test('a damaged patch keeps what can be read, and says what git would say', () => {
    const message = readMail(patchMail(DIFF.replace('-10,7 +10,8', '-10,9 +10,10')));
    expect(message.git).toMatchObject({ files: [], refusal: { kind: 'corrupt' } });
    expect(message.patch?.files[0]?.hunks[0]).toMatchObject({ oldCount: 7, newCount: 8, repaired: true });
    expect(message.patch?.problems[0]?.kind).toBe('corrupt');
  });

  test('an empty mail is said to be empty', () => {
    expect(readMail(' \n\n').git.refusal).toMatchObject({ kind: 'bad-mail', message: 'the mail is empty' });
  });
});

describe('pages of archives', () => {
  test('a pipermail page has title, sender and date at its top', () => {
    const message = readMail(
      '[PATCH 1/2] iommu: Count users\n\nAda Sample ada.sample at example.org\nTue Mar  3 10:20:30 UTC 2020\n\n\nHi,\n\n> +\tint ret;\nWhy?\n',
    );
    expect(message).toMatchObject({
      rawSubject: '[PATCH 1/2] iommu: Count users',
      author: 'Ada Sample',
      email: 'ada.sample@example.org',
      dateEpoch: 1583230830,
    });
  });

  test('a page with labels has them too', () => {
    const message = readMail('Re: [PATCH 1/2] iommu: Count users\n\nFrom: Ada Sample\nDate: Tue Mar 03 2020 - 10:20:30 EST\n\n\nHi,\n');
    expect(message).toMatchObject({ author: 'Ada Sample', email: null, dateZone: '-0500', kind: 'reply', tag: { isReply: true } });
  });
});
