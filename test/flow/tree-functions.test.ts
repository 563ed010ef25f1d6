import { expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import type { Outside } from '../../server/src/core/base/outside.ts';
import { emptyIndex } from '../../server/src/core/base/tree-index.ts';
import { analyseFiles, type FlowFile } from '../../server/src/core/flow/program.ts';
import { TreeFunctions } from '../../server/src/core/flow/tree-functions.ts';
import { FolderIndex } from '../../server/src/core/syntax/index/lookup.ts';
import { recordText } from '../../server/src/core/syntax/index/record.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { describeSummary } from '../../server/src/core/flow/print-summary.ts';
import { exitsOf, functionOf, parser } from './source.ts';

/** The flow of a file of a tree that has these other files. */
function flowInTree(text: string, others: Readonly<Record<string, string>>): FlowFile {
  const index = new FolderIndex(
    Object.keys(others)
      .sort()
      .map((path) => ({ path, record: recordText(others[path] ?? '') })),
  );
  const world: Outside = {
    grammar: parser.grammar,
    parse: (one) => parser.parse(one),
    decode: (bytes, charset) => new TextDecoder(charset).decode(bytes),
    sha1: () => '',
    readTree: (path) => (others[path] === undefined ? null : new TextEncoder().encode(others[path])),
    readBlob: () => null,
    hasTree: true,
    near: () => world,
    ...emptyIndex,
    definitions: (name) => index.definitions(name),
    opsImplementations: (struct, field) => index.opsImplementations(struct, field),
  };
  const c = parseC(text, 'drivers/iommu/demo.c', parser);
  const [flow] = analyseFiles([{ c, gaps: [] }], { cancel: neverCancelled, tree: new TreeFunctions(world) });
  if (!flow) throw new Error('no flow');
  return flow;
}

const caller = 'static int f(struct demo *demo)\n{\n\tdemo_hold(demo);\n\treturn 0;\n}\n';
const hold = 'void demo_hold(struct demo *demo)\n{\n\tmutex_lock(&demo->lock);\n}\n';

it('follows a call into another file of the tree', () => {
  expect(exitsOf(flowInTree(caller, { 'drivers/iommu/hold.c': `int before(void)\n{\n\treturn 0;\n}\n\n${hold}` }), 'f')).toEqual([
    'demo->lock held',
  ]);
  expect(exitsOf(flowInTree(caller, {}), 'f')).toEqual([]);
});

it('goes on from there with the static functions of that file', () => {
  const file =
    'static void take(struct demo *demo)\n{\n\tmutex_lock(&demo->lock);\n}\n\nvoid demo_hold(struct demo *demo)\n{\n\ttake(demo);\n}\n';
  expect(exitsOf(flowInTree(caller, { 'drivers/iommu/hold.c': file }), 'f')).toEqual(['demo->lock held']);
});

it('does not take a static function of another file for the one that is called', () => {
  expect(exitsOf(flowInTree(caller, { 'drivers/iommu/hold.c': `static ${hold}` }), 'f')).toEqual([]);
});

it('knows nothing where several files define the function, or only the stand-in of a header', () => {
  expect(exitsOf(flowInTree(caller, { 'drivers/iommu/a.c': hold, 'drivers/iommu/b.c': hold }), 'f')).toEqual([]);
  const stub = `void demo_hold(struct demo *demo);\n\nstatic inline ${hold}`;
  expect(exitsOf(flowInTree(caller, { 'include/linux/demo.h': stub }), 'f')).toEqual([]);
});

it('takes the code at hand, not that of the tree, for a file under review', () => {
  expect(exitsOf(flowInTree(caller, { 'drivers/iommu/demo.c': `${hold}${caller}` }), 'f')).toEqual([]);
});

it('follows three calls and no more, whoever asks first', () => {
  const chain = (length: number): Record<string, string> => {
    const files: Record<string, string> = {};
    for (let at = 0; at < length; at++) {
      const name = at === 0 ? 'demo_hold' : `step${String(at)}`;
      const body = at + 1 === length ? 'mutex_lock(&demo->lock)' : `step${String(at + 1)}(demo)`;
      files[`drivers/iommu/step${String(at)}.c`] = `void ${name}(struct demo *demo)\n{\n\t${body};\n}\n`;
    }
    return files;
  };
  expect(exitsOf(flowInTree(caller, chain(3)), 'f')).toEqual(['demo->lock held']);
  expect(exitsOf(flowInTree(caller, chain(4)), 'f')).toEqual([]);
  const other = 'static int g(struct demo *demo)\n{\n\tstep2(demo);\n\treturn 0;\n}\n';
  const both = flowInTree(`${other}${caller}`, chain(4));
  expect(exitsOf(both, 'g')).toEqual(['demo->lock held']);
  expect(exitsOf(both, 'f')).toEqual([]);
});

it('tells what the functions behind a table of the tree may take, and does not count it as taken', () => {
  const text = 'static int f(struct demo *demo, const struct demo_ops *ops)\n{\n\treturn ops->attach(demo);\n}\n';
  const driver = `static int soft_attach(struct demo *demo)
{
\tmutex_lock(&demo->lock);
\tmutex_unlock(&demo->lock);
\treturn 0;
}

static const struct demo_ops soft_ops = {
\t.attach = soft_attach,
};
`;
  const flow = flowInTree(text, { 'drivers/iommu/soft.c': driver });
  const summary = describeSummary(flow, functionOf(flow, 'f'));
  expect(summary.classes).toEqual([]);
  expect(summary.indirect).toEqual(['demo_ops.attach']);
  expect(summary.behind).toEqual(['demo.lock by way of soft_attach()']);
});
