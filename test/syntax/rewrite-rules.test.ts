import { describe, expect, it } from 'vitest';
import { kernelMacros } from '../../server/src/core/kernel/macro-tables.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { rewrite } from '../../server/src/core/syntax/rewrite/rewrite.ts';
import { allRulesBut, rewriteRules, type RewriteRule } from '../../server/src/core/syntax/rewrite/rules.ts';
import type { CFile } from '../../server/src/core/syntax/types.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';

const parser = await loadParser('auto');

/** Named nodes below a kind, as `kind text` of the original; the first `kind` found counts. */
function under(file: CFile, kind: string): string[] {
  const { tree } = file;
  for (let row = 0; row < tree.count; row++) {
    if (tree.kind(row) === kind) return tree.namedChildren(row).map((child) => `${tree.kind(child)} ${tree.textOf(child)}`);
  }
  return [];
}

const inFunction = (...lines: string[]): string =>
  `static int grp_step(struct grp *g)\n{\n${lines.map((line) => `\t${line}\n`).join('')}}\n`;
const isClean = (file: CFile): boolean => !file.tree.hasError(0) && file.functions.every((one) => one.clean);

interface Case {
  readonly what: string;
  readonly text: string;
  /** Holds with the rule and not without it; `isClean` where nothing else is said. */
  readonly holds?: (file: CFile) => boolean;
}

const cases: Readonly<Record<RewriteRule, readonly Case[]>> = {
  R1: [
    { what: 'an annotation in a heading', text: 'static int __init grp_setup(void)\n{\n\treturn 0;\n}\n' },
    { what: 'an address space', text: 'static int grp_copy(char __user *to, const void __iomem *from);\n' },
    {
      what: 'a lock annotation behind the parameters',
      text: 'static void grp_put(struct grp *g)\n\t__releases(&g->lock)\n{\n\tspin_unlock(&g->lock);\n}\n',
    },
    {
      what: 'a cleanup class, which leaves the variable its name',
      text: inFunction('struct grp *tmp __free(kfree) = NULL;', 'return 0;'),
      holds: (file) => isClean(file) && under(file, 'init_declarator').includes('pointer_declarator *tmp'),
    },
    { what: 'an unknown word between type and star', text: 'extern u32 __devspace *grp_regs;\n' },
    { what: 'an unknown macro among the specifiers', text: 'static GRP_HOT int grp_count(void)\n{\n\treturn 1;\n}\n' },
    { what: 'an attribute behind an array', text: 'static u8 grp_map[16] GRP_ALIGNED = { 0 };\n' },
  ],
  R2: [
    {
      what: 'a loop macro with a block',
      text: inFunction('list_for_each_entry(d, &g->devices, list) {', '\tgrp_visit(d);', '}', 'return 0;'),
      holds: (file) => isClean(file) && under(file, 'while_statement').some((one) => one.startsWith('compound_statement {')),
    },
    {
      what: 'a loop macro with an assignment as its body',
      text: inFunction('for_each_group_device(g, d)', '\tret = grp_visit(d);', 'return ret;'),
      holds: (file) => under(file, 'while_statement').includes('expression_statement ret = grp_visit(d);'),
    },
    {
      what: 'a loop macro between if and else',
      text: inFunction(
        'if (g)',
        '\tlist_for_each_entry(d, &g->devices, list) {',
        '\t\tgrp_visit(d);',
        '\t}',
        'else',
        '\tret = 0;',
        'return ret;',
      ),
      holds: (file) => isClean(file) && under(file, 'if_statement').some((one) => one.startsWith('else_clause')),
    },
    {
      what: 'a head without arguments',
      text: inFunction('for_each_iommu_drv() {', '\tgrp_visit(0);', '}', 'return 0;'),
      holds: (file) => isClean(file) && under(file, 'while_statement').length === 2,
    },
    {
      what: 'a loop in two macros',
      text: inFunction(
        'do_each_pid_task(pid, PIDTYPE_PGID, p) {',
        '\tgrp_visit(p);',
        '} while_each_pid_task(pid, PIDTYPE_PGID, p);',
        'return 0;',
      ),
      holds: (file) => isClean(file) && under(file, 'do_statement').length === 2,
    },
    { what: 'an if whose parentheses come from a macro', text: inFunction('if GRP_TEST(g)', '\treturn 1;', 'return 0;') },
  ],
  R3: [
    { what: 'a macro statement without semicolon', text: inFunction('GRP_TRACE(g)', 'g->count = 1;', 'return 0;') },
    { what: 'a bare word in capitals', text: inFunction('GRP_ENTER', 'g->count = 1;', 'return 0;') },
  ],
  R4: [
    {
      what: 'a type as argument',
      text: inFunction('d = container_of(ops, struct grp_dev, ops);', 'return 0;'),
      holds: (file) => isClean(file) && file.masked.some((one) => one.kind === 'type-argument' && one.name === 'container_of'),
    },
    {
      what: 'a pointer type as argument',
      text: inFunction('d = va_arg(ap, struct grp *);', 'return 0;'),
      holds: (file) => isClean(file) && file.masked.some((one) => one.kind === 'type-argument' && one.name === 'va_arg'),
    },
  ],
  R5: [
    {
      what: 'a group inside an initialiser',
      text: 'static const struct grp_id ids[] = {\n#ifdef CONFIG_GRP\n\t{ 1 },\n#endif\n\t{ 0 }\n};\n',
    },
    {
      what: 'a group that begins with else',
      text: inFunction('if (g)', '\treturn 1;', '#ifdef CONFIG_GRP', 'else if (!g)', '\treturn 2;', '#endif', 'return 0;').replace(
        /\t#/g,
        '#',
      ),
    },
    {
      what: 'a branch that opens a block',
      text: inFunction('#ifdef CONFIG_GRP', 'if (g) {', '#else', 'if (!g) {', '#endif', '\tg->count = 1;', '}', 'return 0;').replace(
        /\t#/g,
        '#',
      ),
    },
    {
      what: 'a define inside a struct',
      text: 'struct grp_cmd {\n#define GRP_CMD_SYNC\t0x46\n\tu8 op;\n};\n',
      holds: (file) => !file.tree.hasError(0) && file.masked.some((one) => one.kind === 'directive'),
    },
  ],
  R6: [
    {
      what: 'a function that a macro heads',
      text: 'SYSCALL_DEFINE2(grp_ctl, int, fd, struct grp __user *, arg)\n{\n\treturn fd;\n}\n',
      holds: (file) => isClean(file) && file.functions[0]?.name === 'SYSCALL_DEFINE2(grp_ctl)',
    },
    { what: 'a static macro item', text: 'static DEFINE_GRP(a, b, c);\nstatic int x;\n' },
    { what: 'a macro item without semicolon', text: 'GRP_BUILTIN(grp_driver)\n\nstatic int grp_count;\n' },
    {
      what: 'a per-cpu variable with a type',
      text: 'static DEFINE_PER_CPU(struct grp, grp_now) = {\n\t.count = 1,\n};\n',
      holds: (file) => !file.tree.hasError(0) && under(file, 'init_declarator').includes('identifier grp_now'),
    },
  ],
  R7: [
    {
      what: 'a declaration by typeof, which would be a product',
      text: inFunction('typeof(*g) *copy = g;', 'return 0;'),
      holds: (file) => isClean(file) && under(file, 'init_declarator').includes('pointer_declarator *copy'),
    },
    {
      what: 'typeof as an argument',
      text: inFunction('d = grp_cast(g, typeof(*g));', 'return 0;'),
      holds: (file) => isClean(file) && under(file, 'argument_list').includes('identifier typeof(*g)'),
    },
  ],
  R8: [
    { what: 'a macro with arguments behind a string', text: inFunction('grp_log("count " GRP_FMT(u) " of");', 'return 0;') },
    { what: 'two macros before a string', text: inFunction('printk(KERN_INFO GRP_PREFIX "ready\\n");', 'return 0;') },
  ],
  R9: [
    { what: 'an operator as argument', text: inFunction('GRP_CHECK(g->count, <=, 4);', 'return 0;') },
    {
      what: 'a statement as argument',
      text: inFunction('scoped_cond_guard(mutex_intr, return -EINTR, &g->lock) {', '\tgrp_visit(g);', '}', 'return 0;'),
      holds: (file) => isClean(file) && file.statementArguments.length === 1,
    },
    { what: 'an empty argument', text: inFunction('GRP_CALL(g, , 1);', 'return 0;') },
  ],
  R10: [
    { what: 'a macro as member', text: 'struct grp {\n\tDECLARE_BITMAP(map, 5);\n\tint count;\n};\n' },
    {
      what: 'a group of members',
      text: 'struct grp {\n\tstruct_group(head,\n\t\tu8 a;\n\t\tu8 b;\n\t);\n\tint count;\n};\n',
      holds: (file) =>
        !file.tree.hasError(0) &&
        under(file, 'struct_specifier').length > 0 &&
        file.tree.kind(file.tree.firstChild(0)) === 'struct_specifier',
    },
    { what: 'an unnamed bit-field', text: 'struct grp {\n\tu32 : 5;\n\tint count;\n};\n' },
    { what: 'a macro as enumerator', text: 'enum grp_state {\n\tGRP_STATE(idle)\n\tGRP_BUSY,\n};\n' },
    {
      what: 'elements of an initialiser without comma',
      text: 'static const struct grp_id ids[] = {\n\tGRP_ID(1)\n\tGRP_ID(2)\n\t{ 0 }\n};\n',
    },
  ],
  R11: [{ what: 'a number that a macro completes', text: inFunction('GRP_MODE(g, 10000baseT_Full);', 'return 0;') }],
  R12: [
    { what: 'a case range', text: inFunction('switch (g->count) {', 'case 1 ... 5:', '\treturn 1;', '}', 'return 0;') },
    { what: 'a computed goto', text: inFunction('goto *table[g->count];', 'out:', 'return 0;') },
    {
      what: 'a label address',
      text: inFunction('void *to = &&out;', 'out:', 'return 0;'),
      holds: (file) => isClean(file) && under(file, 'pointer_expression').includes('identifier out'),
    },
    {
      what: 'local labels',
      text: inFunction('__label__ out;', 'out:', 'return 0;'),
      holds: (file) => isClean(file) && under(file, 'declaration').includes('primitive_type __l'),
    },
    { what: 'an offset of a nested member', text: inFunction('return offsetof(struct grp, head.list[1]);') },
  ],
  R13: [
    {
      what: 'asm with macros among its strings',
      text: inFunction('asm volatile(GRP_ALT("nop", "wait", 4) : : "r" (g) : "memory");', 'return 0;'),
    },
  ],
  R14: [
    {
      what: 'a comment inside a directive',
      text: '#define GRP_A 1 /* first\n * and more */\n#ifdef CONFIG_GRP /* with\n a comment */\nint a;\n#endif\nint b;\n',
    },
    {
      what: 'a stray continuation',
      text: inFunction('g->count = 1; \\', 'return 0;'),
      holds: (file) => !rewrite(file.text, kernelMacros).text.includes('\\') && isClean(file),
    },
  ],
};

/** Without R14 a backslash stays in the text that the parser gets; trees may still be clean. */
function textWithout(rule: RewriteRule, text: string): string {
  return rewrite(text, kernelMacros, { rules: allRulesBut(rule) }).text;
}

describe.each(Object.entries(cases) as [RewriteRule, readonly Case[]][])('%s', (rule, list) => {
  it.each(list.map((one) => [one.what, one] as const))(`${rewriteRules[rule]}: %s`, (_what, { text, holds = isClean }) => {
    const on = parseC(text, 'grp.c', parser);
    expect(holds(on)).toBe(true);
    expect(on.text).toBe(text);
    const off = parseC(text, 'grp.c', parser, { rules: allRulesBut(rule) });
    const differs = !holds(off) || textWithout(rule, text) !== rewrite(text, kernelMacros).text;
    expect(differs).toBe(true);
    if (rule !== 'R14') expect(holds(off)).toBe(false);
  });
});

it('has cases for every rule', () => {
  expect(Object.keys(cases)).toEqual(Object.keys(rewriteRules));
});
