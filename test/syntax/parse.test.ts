import { expect, it } from 'vitest';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { parseFragments } from '../../server/src/core/syntax/fragments.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';

const parser = await loadParser('auto');

it('describes a function by its heading', () => {
  const text = 'static int __init grp_attach(struct grp *group, void __user *arg)\n\t__must_hold(&group->lock)\n{\n\treturn 0;\n}\n';
  const file = parseC(text, 'drivers/iommu/grp.c', parser);
  expect(file.functions).toHaveLength(1);
  expect(file.functions[0]).toMatchObject({
    name: 'grp_attach',
    isStatic: true,
    isInline: false,
    returnType: 'int',
    clean: true,
    span: { start: 0, end: text.length - 1 },
    body: { start: text.indexOf('{'), end: text.length - 1 },
  });
  expect(file.functions[0]?.parameters.map((one) => [one.name, one.type])).toEqual([
    ['group', 'struct grp *'],
    ['arg', 'void __user *'],
  ]);
  expect(file.functions[0]?.annotations.map((one) => [one.name, one.argument])).toEqual([
    ['__init', null],
    ['__user', null],
    ['__must_hold', '&group->lock'],
  ]);
});

it.each([
  {
    heading: 'SYSCALL_DEFINE3(grp_ctl, int, fd,\n\t\tconst struct grp __user *, /* read, only */ arg, size_t, len)',
    parameters: ['fd: int', 'arg: const struct grp __user *', 'len: size_t'],
  },
  { heading: 'COMPAT_SYSCALL_DEFINE1(grp_ctl, compat_uptr_t, arg)', parameters: ['arg: compat_uptr_t'] },
  { heading: 'BPF_CALL_2(bpf_grp_id, struct grp *, grp, u64, flags)', parameters: ['grp: struct grp *', 'flags: u64'] },
  { heading: 'SYSCALL_DEFINE0(grp_sync)', parameters: [] },
  { heading: 'DEFINE_GRP_HANDLER(grp_fault, int, vector)', parameters: [] },
])('gives the parameters of $heading', ({ heading, parameters }) => {
  const text = `${heading}\n{\n\treturn 0;\n}\n`;
  const found = parseC(text, 'a.c', parser).functions[0]?.parameters ?? [];
  expect(found.map((one) => `${one.name ?? ''}: ${one.type}`)).toEqual(parameters);
  for (const one of found) expect(text.slice(one.span.start, one.span.end)).toContain(one.name);
});

it('takes no structure for a function, whatever word stands before its name', () => {
  const text = 'union __grp_word grp {\n\tint a;\n};\nstruct __grp_word grp *grp_first(void)\n{\n\treturn first;\n}\n';
  expect(parseC(text, 'a.h', parser).functions.map((one) => one.name)).toEqual(['grp_first']);
});

it('joins the hunks of one function with a gap between them', () => {
  const heading = 'static int grp_attach(struct grp *group,';
  const first = '\tmutex_lock(&group->lock);\n\tret = grp_check(group);\n';
  const second = '\tmutex_unlock(&group->lock);\n\treturn ret;\n}\n';
  const file = parseFragments(
    [
      { text: first, heading },
      { text: second, heading },
    ],
    'a.c',
    parser,
  );
  expect(file.c.functions.map((one) => [one.name, one.clean])).toEqual([['grp_attach', true]]);
  expect(file.gaps.map((one) => file.c.text.slice(one.start, one.end))).toEqual([';', ';']);
  const at = file.c.text.indexOf('mutex_unlock');
  expect(file.originOf(at)).toEqual({ fragment: 1, offset: 1 });
  expect(file.originOf(0)).toBeNull();
});
