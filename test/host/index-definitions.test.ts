import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { createTreeIndex } from '../../server/src/host/index/tree-index.ts';

let root: string;
let defines: (name: string) => readonly string[];

function put(path: string, text: string): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
}

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'defines-')));
  put(
    'drivers/iommu/lend.c',
    `static const struct lend_ops demo_ops = {
	.lend = demo_lend,
};

static int demo_lend(struct iommu_group *group,
		     void *borrower)
{
	return demo_helper(group);
}

struct lend_state {
	int count;
};

enum lend_kind {
	LEND_NONE,
	LEND_WHOLE = 4,
};

int demo_global = 1;
`,
  );
  put(
    'include/linux/lend.h',
    '#define LEND_MAX 4\n#  define lend_each(x)  \\\n\tx\nint demo_declared(int a);\nstatic inline int demo_inline(void)\n{\n\treturn 0;\n}\n',
  );
  put('fs/other.c', 'int demo_elsewhere(void)\n{\n}\n');
  put('outside.c', 'int demo_outside(void)\n{\n}\n');
  symlinkSync(join(root, 'outside.c'), join(root, 'drivers/iommu/link.c'));
  const index = createTreeIndex({ root, folders: [], cacheFolder: null, cancel: neverCancelled }).near([]);
  defines = (name) => index.defines(name);
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('where a name is defined in a tree', () => {
  test.each([
    ['demo_lend', 'drivers/iommu/lend.c'],
    ['demo_ops', 'drivers/iommu/lend.c'],
    ['lend_state', 'drivers/iommu/lend.c'],
    ['lend_kind', 'drivers/iommu/lend.c'],
    ['LEND_WHOLE', 'drivers/iommu/lend.c'],
    ['LEND_NONE', 'drivers/iommu/lend.c'],
    ['demo_global', 'drivers/iommu/lend.c'],
    ['LEND_MAX', 'include/linux/lend.h'],
    ['lend_each', 'include/linux/lend.h'],
    ['demo_inline', 'include/linux/lend.h'],
  ])('%s', (name, path) => {
    expect(defines(name)).toEqual([path]);
  });

  test.each(['demo_helper', 'demo_declared', 'demo_elsewhere', 'demo_outside', 'borrower', 'constructor', '__proto__', ''])(
    '%j is not',
    (name) => {
      expect(defines(name)).toEqual([]);
    },
  );
});
