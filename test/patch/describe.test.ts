import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { describePatch } from '../../server/src/core/patch/describe.ts';
import { DIFF, outside, patchMail, readMail, treeOf } from './support/mails.ts';

describe('print patch', () => {
  test('says of a mail what git says', () => {
    const described = describePatch(readMail(patchMail()), outside);
    expect(described).toEqual({
      subject: 'iommu/sample: Count users',
      author: 'Ada Sample',
      email: 'ada@example.org',
      date_epoch: 1583223630,
      date_tz: '+0200',
      message_id: '<20200303-count-users@example.org>',
      in_reply_to: null,
      message:
        'Count the users of a domain, so that it is only\ntorn down when the last one leaves.\n\nSigned-off-by: Ada Sample <ada@example.org>\n',
      files: [{ path: 'drivers/iommu/sample.c', added: 2, deleted: 1 }],
      summary: [],
      hunk_headers: [[[10, 7, 10, 8]]],
      problems: [],
      quoted: null,
    });
  });

  test('sums up creations, deletions, renames, copies, modes and rewrites', () => {
    const diff = `diff --git a/n.c b/n.c
new file mode 100644
diff --git a/o.c b/o.c
deleted file mode 100755
diff --git a/drivers/iommu/a.c b/drivers/iommu/intel/a.c
similarity index 97%
rename from drivers/iommu/a.c
rename to drivers/iommu/intel/a.c
diff --git a/x.c b/y.c
similarity index 100%
copy from x.c
copy to y.c
diff --git a/s.sh b/s.sh
old mode 100644
new mode 100755
diff --git a/w.c b/w.c
dissimilarity index 71%
--- a/w.c
+++ b/w.c
@@ -1 +1 @@
-a
+b
`;
    expect(describePatch(readMail(patchMail(diff)), outside).summary).toEqual([
      { kind: 'create', mode: '100644', path: 'n.c' },
      { kind: 'delete', mode: '100755', path: 'o.c' },
      { kind: 'rename', names: 'drivers/iommu/{a.c => intel/a.c}', similarity: 97 },
      { kind: 'copy', names: 'x.c => y.c', similarity: 100 },
      { kind: 'mode', from: '100644', to: '100755', path: 's.sh' },
      { kind: 'rewrite', names: 'w.c', similarity: 71 },
    ]);
  });

  test('has no counts for a binary change', () => {
    const described = describePatch(readMail(patchMail('diff --git a/x b/x\nindex 1..2\nBinary files a/x and b/x differ\n')), outside);
    expect(described.files).toEqual([{ path: 'x', added: null, deleted: null }]);
    expect(described.problems).toMatchObject([{ kind: 'binary' }]);
  });

  test('has no files for a patch that git refuses, and says why', () => {
    const described = describePatch(readMail(patchMail(DIFF.replace('-10,7', '-10,9'))), outside);
    expect(described).toMatchObject({ files: [], hunk_headers: [] });
    expect(described.problems[0]).toMatchObject({ kind: 'corrupt', line: expect.any(Number) as number });
  });

  test('has a patch recovered from quotes beside the nothing of the reply', () => {
    const quoted = patchMail()
      .split('\n')
      .slice(6)
      .map((line) => `> ${line}`);
    const reply = `From: Bo <bo@example.org>\nSubject: Re: [PATCH v2 1/3] iommu/sample: Count users\nIn-Reply-To: <20200303-count-users@example.org>\n\nOn Tue, Ada Sample wrote:\n${quoted.join('\n')}\nLooks right to me.\n`;
    const described = describePatch(readMail(reply), outside);
    expect(described).toMatchObject({ files: [], problems: [{ kind: 'no-patch' }], in_reply_to: '<20200303-count-users@example.org>' });
    expect(described.quoted?.files).toEqual([{ path: 'drivers/iommu/sample.c', added: 2, deleted: 1 }]);
  });

  test('with a tree, each file says its base and its blob after the patch', () => {
    const before = `${'x\n'.repeat(9)}\tint ret;\n\n\tmutex_lock(&dom->lock);\n\tret = sample_enable(dom);\n\tmutex_unlock(&dom->lock);\n\n\treturn ret;\n}\n`;
    const after = before.replace('\tret = sample_enable(dom);', '\tdom->users++;\n\tret = sample_enable(dom, true);');
    const described = describePatch(readMail(patchMail()), treeOf({ 'drivers/iommu/sample.c': before }));
    const id = createHash('sha1').update(`blob ${after.length}\0${after}`).digest('hex');
    expect(described.files).toEqual([{ path: 'drivers/iommu/sample.c', added: 2, deleted: 1, base: 'tree', after: id }]);
  });

  test('a file that is changed twice is changed on top of the first change', () => {
    const hunk = (from: string, to: string): string => `--- a/f.c\n+++ b/f.c\n@@ -1,2 +1,2 @@\n-${from}\n+${to}\n end\n`;
    const described = describePatch(readMail(patchMail(hunk('one', 'two') + hunk('two', 'three'))), treeOf({ 'f.c': 'one\nend\n' }));
    expect(described.files.map((file) => file.base)).toEqual(['tree', 'tree']);
    expect(described.files[1]?.after).toBe(createHash('sha1').update('blob 10\0three\nend\n').digest('hex'));
  });
});
