import { describe, expect, it } from 'vitest';
import { kernelMacros } from '../../server/src/core/kernel/macro-tables.ts';
import { harvestMacros, loopMacrosFromClangFormat, macroDefinitions } from '../../server/src/core/syntax/harvest.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';

const harvest = (text: string) => harvestMacros([text], kernelMacros);

describe('definitions', () => {
  it('are read with their parameters and joined lines', () => {
    const text =
      '#define GRP_A 1 /* one */\n # define walk(g, d) \\\n\tfor (d = (g)->first; d; \\\n\t     d = d->next) // all\n/* define b */ int define;\n';
    const found = macroDefinitions(text);
    expect(found.map(({ name, parameters, body, offset }) => ({ name, parameters, body, offset }))).toEqual([
      { name: 'GRP_A', parameters: null, body: '1', offset: 8 },
      { name: 'walk', parameters: ['g', 'd'], body: 'for (d = (g)->first; d;  \t     d = d->next)', offset: text.indexOf('walk') },
    ]);
    expect(found.map(({ bodySpan }) => text.slice(bodySpan.start, bodySpan.end))).toEqual([
      ' 1 /* one */',
      ' \\\n\tfor (d = (g)->first; d; \\\n\t     d = d->next) // all',
    ]);
  });
});

describe('what is learnt from definitions', () => {
  it('are loops by how their text ends, also through other macros', () => {
    const words = harvest(
      '#define walk(d) for (d = first; d; d = d->next)\n#define walk_busy(d) walk(d) if (!d->busy) {} else\n#define walk_twice(d) walk(d)\n',
    );
    expect([...words.loops]).toEqual(['walk', 'walk_busy', 'walk_twice']);
  });

  it('are no loops where a statement is complete or a value is given', () => {
    const words = harvest(
      '#define a(x) do { x; } while (0)\n#define b(x) if (x) do { c(x); } while (0)\n#define c(x) ({ if (x) d(x); })\n#define e(x) foo(x)\n#define f(x) (x)\n',
    );
    expect([...words.loops]).toEqual([]);
  });

  it('are annotations where nothing but attributes is left', () => {
    const words = harvest(
      '#define __grp_hot __attribute__((hot))\n#define __grp_cold\n#define GRP_PACKED __attribute__((packed)) __grp_hot\n#define __grp_tag(x) __attribute__((tag(x)))\n',
    );
    expect([...words.annotations]).toEqual(['__grp_hot', '__grp_cold', 'GRP_PACKED']);
    expect([...words.annotationCalls]).toEqual(['__grp_tag']);
  });

  it('are no annotations where the word could be a name or a guard', () => {
    const words = harvest(
      '#define vector __attribute__((vector_size(16)))\n#define __GRP_H\n#define __grp_h__\n#define GRP_EMPTY\n#define __grp_count 4\n',
    );
    expect([...words.annotations]).toEqual([]);
  });
});

it('reads the loop macros of a .clang-format', () => {
  const text = "ColumnLimit: 80\nForEachMacros:\n  - 'list_for_each'\n  # a remark\n  - __grp_walk\nIndentWidth: 8\n  - 'not_this'\n";
  expect([...loopMacrosFromClangFormat(text)]).toEqual(['list_for_each', '__grp_walk']);
});

it("uses a file's own loops and annotations for the file", async () => {
  const parser = await loadParser('auto');
  const text =
    '#define grp_walk(d) for (d = first; d; d = d->next)\n#define GRP_COLD __attribute__((cold))\n\nGRP_COLD static int f(void)\n{\n\tgrp_walk(d)\n\t\tcount = d->n;\n\treturn count;\n}\n';
  const file = parseC(text, 'grp.c', parser);
  expect(file.masked.filter((one) => one.kind === 'loop').map((one) => one.name)).toEqual(['grp_walk']);
  expect(file.functions[0]?.annotations.map((one) => one.name)).toEqual(['GRP_COLD']);
});
