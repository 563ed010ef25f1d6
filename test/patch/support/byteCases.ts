// Mails whose text is not plain ASCII: bytes in the message, in a hunk, or both, under the charset that the mail claims.

/** A mail as a byte string; its hunk replaces one line and holds two others. */
export interface ByteCase {
  readonly name: string;
  readonly mail: string;
  /** The added line, with its sign and the CR of its line end, as it stands in the mail. */
  readonly added: string;
}

interface Parts {
  readonly charset?: string;
  readonly prefix?: string;
  readonly message?: string;
  readonly context?: string;
  readonly added?: string;
  readonly ending?: string;
}

function build(name: string, parts: Parts): ByteCase {
  const { charset, prefix = '', message = 'Plain words.', context = 'int users;', added = 'int groups;', ending = '\n' } = parts;
  const lines = [
    'From: Ada Lindqvist <ada@example.org>',
    'Date: Tue, 3 Mar 2020 10:20:30 +0200',
    'Subject: [PATCH] iommu: Count groups',
    ...(charset === undefined ? [] : [`Content-Type: text/plain; charset=${charset}`, 'Content-Transfer-Encoding: 8bit']),
    '',
    message,
    '---',
    'diff --git a/drivers/iommu/count.c b/drivers/iommu/count.c',
    'index 1111111..2222222 100644',
    '--- a/drivers/iommu/count.c',
    '+++ b/drivers/iommu/count.c',
    '@@ -3,3 +3,3 @@',
    ` ${context}`,
    '-int old;',
    `+${added}`,
    ' int last;',
    '-- ',
    '2.39.5',
    '',
  ];
  return { name, mail: prefix + lines.join(ending), added: `+${added}${ending.slice(0, -1)}` };
}

const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const utf16 = (text: string): string => Buffer.from(text, 'utf16le').toString('latin1');
/** A word in GB2312, in Shift-JIS, in EUC-JP, in KOI8-R, in ISO-2022-JP. */
const gb2312 = '\xd6\xd0\xce\xc4';
const shiftJis = '\x93\xfa\x96\x7b\x5c\x8c';
const eucJp = '\xc6\xfc\xcb\xdc';
const koi8 = '\xd0\xd2\xc9\xd7\xc5\xd4';
const iso2022 = '\x1b$BF|K\\\x1b(B';

export const byteCases: readonly ByteCase[] = [
  build('NUL in a hunk', { added: 'int a\0b;' }),
  build('NUL in the message', { message: 'One \0 byte.' }),
  build('NULs alone on the added line', { added: '\0\0' }),
  build('a lone continuation byte', { added: '/* \x80 */' }),
  build('an overlong sequence', { added: '/* \xc0\xaf */' }),
  build('a surrogate in UTF-8', { charset: 'utf-8', added: '/* \xed\xa0\x80 */' }),
  build('a sequence cut by the line end', { charset: 'utf-8', added: '/* \xe2\x82', context: '/* \xf0\x9f\x98' }),
  build('0xff and 0xfe', { charset: 'utf-8', added: '\xff\xfe\xff' }),
  build('invalid UTF-8 in the message', { charset: 'utf-8', message: 'Caf\xe9 and \xff.' }),
  build('latin-1 as claimed', { charset: 'iso-8859-1', message: 'Caf\xe9.', added: '/* caf\xe9 */', context: '/* \xfc */' }),
  build('latin-1 without a claim', { message: 'Caf\xe9.', added: '/* caf\xe9 */' }),
  build('latin-1 claimed to be UTF-8', { charset: 'utf-8', added: '/* caf\xe9 */' }),
  build('UTF-8 claimed to be latin-1', { charset: 'iso-8859-1', message: utf8('Café.'), added: utf8('/* café */') }),
  build('UTF-8 claimed to be ASCII', { charset: 'us-ascii', added: utf8('/* naïve 😀 */') }),
  build('GB2312 as claimed', { charset: 'gb2312', message: gb2312, added: `/* ${gb2312} */` }),
  build('GB2312 claimed to be UTF-8', { charset: 'utf-8', added: `/* ${gb2312} */` }),
  build('ISO-2022-JP as claimed', { charset: 'iso-2022-jp', message: iso2022, added: `/* ${iso2022} */` }),
  build('ISO-2022-JP left open at the line end', { charset: 'iso-2022-jp', added: '/* \x1b$BF|K\\' }),
  build('Shift-JIS with a backslash as second byte', { charset: 'shift_jis', added: `/* ${shiftJis} */` }),
  build('EUC-JP', { charset: 'euc-jp', added: `/* ${eucJp} */` }),
  build('KOI8-R as claimed', { charset: 'koi8-r', message: koi8, added: `/* ${koi8} */` }),
  build('KOI8-R claimed to be windows-1251', { charset: 'windows-1251', added: `/* ${koi8} */` }),
  build('a charset that nobody knows', { charset: 'x-nobody', message: 'Caf\xe9.', added: '/* caf\xe9 */' }),
  build('a charset with blanks for a name', { charset: '"  "', added: '/* caf\xe9 */' }),
  build('UTF-16 claimed, bytes are ASCII', { charset: 'utf-16', added: 'int groups;' }),
  build('a UTF-16 mark and text in a line', { added: `\xff\xfe${utf16('int a;').replaceAll('\n', '')}` }),
  build('a UTF-16 mark before the mail', { prefix: '\xff\xfe' }),
  build('a UTF-8 mark before the mail', { prefix: '\xef\xbb\xbf' }),
  build('a UTF-8 mark in a hunk', { added: '\xef\xbb\xbfint groups;' }),
  build('a lone CR in a line', { added: 'int a;\rint b;', context: 'x\ry' }),
  build('CR at the ends of hunk lines', { added: 'int a;\r', context: 'int users;\r' }),
  build('CR CR at the end of a line', { added: 'int a;\r\r' }),
  build('CR LF throughout', { ending: '\r\n' }),
  build('VT and FF', { added: '\v\fint a;\f', context: '\f' }),
  build('FF alone on the added line', { added: '\f' }),
  build('U+2028, U+2029 and U+0085', { charset: 'utf-8', added: utf8('a\u2028b\u2029c\u0085d'), message: utf8('One\u2028two.') }),
  build('ESC sequences', { added: 'int \x1b[31ma;\x1b]52;c;eA==\x07' }),
  build('DEL and C1 controls', { added: 'a\x7f\x9b2Jb' }),
];
