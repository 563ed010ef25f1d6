import { expect, it } from 'vitest';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';

const parser = await loadParser('auto');

it.each([
  ['list_for_each_entry_safe(a, b, &h, list)', 'loop'],
  ['for_each_child_of_node_scoped(np, child)', 'loop'],
  ['xa_for_each(&xa, index, entry)', 'loop'],
  ['scoped_guard(mutex, &lock)', 'scope'],
  ['scoped_cond_guard(mutex_intr, return -EINTR, &lock)', 'conditional-scope'],
  ['with_intel_runtime_pm(rpm, wakeref)', 'scope'],
])('%s heads a %s', (head, kind) => {
  const text = `int f(void)\n{\n\t${head} {\n\t\tg();\n\t}\n\treturn 0;\n}\n`;
  const file = parseC(text, 'a.c', parser);
  const found = file.masked.filter((one) => /loop|scope/.test(one.kind));
  expect(found.map((one) => [one.kind, text.slice(one.span.start, one.span.end)])).toEqual([[kind, head]]);
  expect(file.functions[0]?.clean).toBe(true);
});

it('leaves calls of functions that are named like loops alone', () => {
  const text = 'int f(void)\n{\n\tbus_for_each_dev(bus, NULL, arg, visit);\n\treturn bus_for_each_drv(bus, NULL, arg, visit);\n}\n';
  expect(parseC(text, 'a.c', parser).masked.filter((one) => one.kind === 'loop')).toEqual([]);
});

it('makes the do loop of two macros one', () => {
  const text = 'int f(void)\n{\n\tdo_each_pid_task(pid, type, p) {\n\t\tg(p);\n\t} while_each_pid_task(pid, type, p);\n}\n';
  const file = parseC(text, 'a.c', parser);
  expect(file.masked.map((one) => [one.kind, one.name])).toEqual([
    ['do-while-loop', 'do_each_pid_task'],
    ['do-while-loop', 'while_each_pid_task'],
  ]);
});
