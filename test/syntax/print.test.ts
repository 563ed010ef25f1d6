import { expect, it } from 'vitest';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { printTree } from '../../server/src/core/syntax/print.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';

const parser = await loadParser('auto');
const file = parseC('int a;\nvoid f(void)\n{\n\tfor_each_x(d)\n\t\td = a;\n}\n', 'grp.c', parser);

it('prints a function with places, fields and the macros behind its statements', () => {
  expect(printTree(file, 'f', 'text')).toBe(`function_definition 2:1-6:2
  type: primitive_type 2:1-2:5 "void"
  declarator: function_declarator 2:6-2:13
    declarator: identifier 2:6-2:7 "f"
    parameters: parameter_list 2:7-2:13
      parameter_declaration 2:8-2:12
        type: primitive_type 2:8-2:12 "void"
  body: compound_statement 3:1-6:2
    while_statement (loop for_each_x) 4:2-5:9
      condition: parenthesized_expression 4:12-4:15
        identifier 4:13-4:14 "d"
      body: expression_statement 5:3-5:9
        assignment_expression 5:3-5:8
          left: identifier 5:3-5:4 "d"
          right: identifier 5:7-5:8 "a"
`);
});

it('prints the same nodes as JSON', () => {
  const printed = JSON.parse(printTree(file, null, 'json') ?? '') as { functions: unknown[]; nodes: { kind: string; text?: string }[] };
  expect(printed.functions).toEqual([{ name: 'f', from: '2:1', to: '6:2', clean: true }]);
  expect(printed.nodes.slice(0, 3).map((one) => one.kind)).toEqual(['translation_unit', 'declaration', 'primitive_type']);
});

it('has nothing to print for a function that is not there', () => {
  expect(printTree(file, 'g', 'text')).toBeNull();
});

it('begins with what was not understood', () => {
  const broken = parseC('int a;\nint b@@;\n', 'a.c', parser);
  expect(printTree(broken, null, 'text')?.split('\n')[0]).toBe('problem 2:6: parse: not understood');
});

it('stays small for deep nesting', () => {
  const deep = parseC(`int f(void)\n{\n${'{'.repeat(5000)}${'}'.repeat(5000)}\n}\n`, 'a.c', parser);
  expect((printTree(deep, null, 'text') ?? '').length).toBeLessThan(1_500_000);
});
