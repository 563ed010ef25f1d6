// Operators that change how a function is written and not what it does.

import type { CFile, CFunction } from '../../../server/src/core/syntax/types.ts';
import type { Changed, Edit } from './edits.ts';
import { calleeOf, flat, lastWord, lineOf, rowsOf } from './edits.ts';

type Operator = (file: CFile, fn: CFunction) => Changed[];

interface Own {
  readonly name: string;
  /** With its star, if it is a pointer. */
  readonly type: string;
}

/** What the function declares itself, parameters first. */
function ownVariables(file: CFile, fn: CFunction): Own[] {
  const { tree } = file;
  const parameters = fn.parameters.flatMap((one): Own[] => (one.name === null ? [] : [{ name: one.name, type: one.type }]));
  const locals = rowsOf(file, fn, 'declaration').flatMap((row) =>
    tree
      .namedChildren(row)
      .filter((child) => tree.field(child) === 'declarator')
      .map((child): Own => {
        const written = (tree.textOf(child).split('=')[0] ?? '').trim();
        const type = tree.textOf(tree.childByField(row, 'type'));
        return { name: lastWord(written.split('[')[0] ?? ''), type: written.startsWith('*') ? `${type} *` : type };
      }),
  );
  return [...parameters, ...locals];
}

const rename: Operator = (file, fn) => {
  const { tree } = file;
  return ownVariables(file, fn).map(({ name }) => {
    const edits: Edit[] = [];
    for (let row = fn.row; row < tree.subtreeEnd(fn.row); row++)
      if (tree.kind(row) === 'identifier' && tree.textOf(row) === name) edits.push({ ...tree.span(row), text: `${name}_renamed` });
    return { operator: 'rename', function: fn.name, line: lineOf(file.text, fn.span.start), what: `${name} has another name`, edits };
  });
};

/** A condition that only reads becomes a helper of its own. */
const extractHelper: Operator = (file, fn) => {
  const { tree } = file;
  const variables = ownVariables(file, fn);
  return rowsOf(file, fn, 'if_statement').flatMap((row, at) => {
    const condition = tree.childByField(row, 'condition');
    const text = tree.textOf(condition);
    if (/WARN|=[^=]|\+\+|--|\bret\b/.test(text.replace(/[!=<>]=/g, ''))) return [];
    const used = variables.filter(({ name }) => new RegExp(`(?<![\\w>.])${name}\\b`).test(text));
    const parameters = used.map(({ name, type }) => (type.endsWith('*') ? `${type}${name}` : `${type} ${name}`));
    const helper = `${fn.name}_test${String(at)}`;
    return [
      {
        operator: 'extract a helper',
        function: fn.name,
        line: lineOf(file.text, tree.start(row)),
        what: `${flat(tree, condition)} moves to a helper`,
        edits: [
          {
            start: fn.span.start,
            end: fn.span.start,
            text: `static bool ${helper}(${parameters.join(', ') || 'void'})\n{\n\treturn ${text};\n}\n\n`,
          },
          { ...tree.span(condition), text: `(${helper}(${used.map(({ name }) => name).join(', ')}))` },
        ],
      },
    ];
  });
};

/**
 * guard() where one lock is taken once, and given back only right before the function ends. A label that only gives it back goes, and
 * what jumped there returns.
 */
const useGuard: Operator = (file, fn) => {
  const { tree } = file;
  const calls = rowsOf(file, fn, 'call_expression');
  const taken = calls.filter((row) => calleeOf(tree, row) === 'mutex_lock');
  const given = calls.filter((row) => calleeOf(tree, row) === 'mutex_unlock');
  const [lock] = taken;
  if (lock === undefined || taken.length !== 1 || given.length === 0) return [];
  const ends = given.map((row) => wayOut(file.text.slice(tree.end(row) + 1)));
  if (ends.some((end) => end === null)) return [];
  const returns = new Map<string, string>();
  const labels: Edit[] = [];
  for (const row of rowsOf(file, fn, 'labeled_statement')) {
    const at = given.findIndex((unlock) => tree.parent(tree.parent(unlock)) === row);
    if (at < 0) continue;
    const label = tree.childByField(row, 'label');
    returns.set(tree.textOf(label), ends[at] ?? 'return;');
    labels.push({ start: tree.start(row), end: tree.start(given[at] ?? row), text: '' });
  }
  const jumps = rowsOf(file, fn, 'goto_statement').flatMap((row): Edit[] => {
    const leaves = returns.get(tree.textOf(tree.childByField(row, 'label')));
    return leaves === undefined ? [] : [{ ...tree.span(row), text: leaves }];
  });
  return [
    {
      operator: 'guard() instead of lock and unlock',
      function: fn.name,
      line: lineOf(file.text, tree.start(lock)),
      what: `guard(mutex) for ${flat(tree, lock)}`,
      edits: [
        { start: tree.start(lock), end: tree.start(lock) + 'mutex_lock'.length, text: 'guard(mutex)' },
        ...labels,
        ...jumps,
        ...given.map((row): Edit => ({ start: tree.start(row), end: tree.end(row) + 1, text: '' })),
      ],
    },
  ];
};

/** How a function ends right behind a text: its return statement; null where something else follows. */
function wayOut(behind: string): string | null {
  const rest = behind.trimStart();
  const statement = /^return\b[^;]*;/.exec(rest)?.[0] ?? '';
  return rest.slice(statement.length).trimStart().startsWith('}') ? statement || 'return;' : null;
}

const plainName = /^[\w\s*]+$/;

/** Two declarations, or two assignments of different places, that stand one behind the other and do not read each other. */
const reorder: Operator = (file, fn) => {
  const { tree } = file;
  const found: Changed[] = [];
  for (const block of [fn.bodyRow, ...rowsOf(file, fn, 'compound_statement')]) {
    const children = tree.namedChildren(block);
    children.slice(1).forEach((second, at) => {
      const first = children[at] ?? second;
      const [one, other] = [tree.textOf(first), tree.textOf(second)];
      if (!independent(tree.kind(first), one, tree.kind(second), other)) return;
      found.push({
        operator: 'reorder independent lines',
        function: fn.name,
        line: lineOf(file.text, tree.start(first)),
        what: `${flat(tree, first)} behind ${flat(tree, second)}`,
        edits: [
          { ...tree.span(first), text: other },
          { ...tree.span(second), text: one },
        ],
      });
    });
  }
  return found.filter((one, at) => found.findIndex((other) => other.line === one.line && other.what === one.what) === at);
};

function independent(kindA: string, a: string, kindB: string, b: string): boolean {
  if (kindA === 'declaration' && kindB === 'declaration')
    return !a.includes('=') && !b.includes('=') && plainName.test(a.replace(/[,;]/g, ''));
  const assignment = /^([\w.>-]+)\s*=\s*([\w.>-]+);$/;
  const [left, right] = [assignment.exec(a), assignment.exec(b)];
  if (kindA !== 'expression_statement' || kindB !== 'expression_statement' || !left || !right) return false;
  const [, target = '', value = ''] = left;
  const [, otherTarget = '', otherValue = ''] = right;
  const touches = (place: string, read: string): boolean => read === place || read.startsWith(`${place}-`) || read.startsWith(`${place}.`);
  return (
    target !== otherTarget &&
    !touches(target, otherValue) &&
    !touches(otherTarget, value) &&
    !touches(target, otherTarget) &&
    !touches(otherTarget, target)
  );
}

/** Every harmless form of a function. */
export function harmlessOf(file: CFile, fn: CFunction): Changed[] {
  return [rename, extractHelper, useGuard, reorder].flatMap((operator) => operator(file, fn));
}
