// C that no one writes: depth, width, and what makes error recovery slow.

const times = (piece: string, count: number): string => piece.repeat(count);

export const hostileTexts: Readonly<Record<string, () => string>> = {
  'balanced braces': () => `int f(void)\n${times('{', 100_000)}${times('}', 100_000)}\n`,
  'open braces': () => `int f(void)\n${times('{', 100_000)}\n`,
  'open braces at column 0': () => times('int f(void)\n{\n', 30_000),
  'closing braces': () => times('}\n', 100_000),
  'a sum': () => `int f(void)\n{\n\treturn ${times('a+', 100_000)}a;\n}\n`,
  'open parentheses': () => times('(', 500_000),
  'nested calls': () => `int f(void)\n{\n\t${times('f(', 100_000)}1${times(')', 100_000)};\n}\n`,
  'nested calls without an end': () => `int f(void)\n{\n\t${times('f(a, ', 50_000)}`,
  'nested groups': () => `${times('#if A\n', 100_000)}int a;\n${times('#endif\n', 100_000)}`,
  'groups without an end': () => `${times('#if A\nint a;\n#else\n', 50_000)}`,
  'nested heads': () => `int f(void)\n{\n${times('if(a){', 60_000)}`,
  'nested loop macros': () => `int f(void)\n{\n${times('for_each_x(a) ', 40_000)}b = 1;\n}\n`,
  'an initialiser': () => `int a[] = {${times('1,', 400_000)}};\n`,
  'an open initialiser': () => `int a[${times('1,', 400_000)}`,
  'many types by typeof': () => `int f(void)\n{\n\tg(${times('typeof(a), ', 50_000)}1);\n}\n`,
  'one word': () => times('x', 1_000_000),
  'annotation words': () => `int ${times('__init ', 100_000)}f(void);\n`,
  'stray continuations': () => times('x \\\n', 100_000),
  'open comments': () => times('/* x\n', 100_000),
  quotes: () => times('"\n\'\n', 100_000),
  'a dash and an at sign': () => times('@@ -1 +1 @@\n', 20_000),
  defines: () => times('#define __grp_a __grp_a\n', 30_000),
  'gotos to values': () => `int f(void)\n{\n${times('goto *', 50_000)}`,
  'statements in arguments': () => `int f(void)\n{\n${times('M(return 1, ', 20_000)}`,
  'broken functions': () => times('int f(void)\n{\n\t@@ 1;\n}\n', 5_000),
  NULs: () => times('int a;\0', 100_000),
};
