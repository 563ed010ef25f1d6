// Operators that break a function: each makes every mutant of its kind, one change at a time.

import type { CFile, CFunction } from '../../../server/src/core/syntax/types.ts';
import type { Changed, Edit } from './edits.ts';
import { calledName, calleeOf, flat, lineOf, rowsOf, statementAround } from './edits.ts';

type Operator = (file: CFile, fn: CFunction) => Changed[];

const attaches =
  /^(?:attach_dev|set_dev_pasid|__iommu_attach_(?:device|group)|__iommu_device_set_domain|__iommu_group_set_(?:domain|domain_internal|domain_nofail|core_domain)|__iommu_set_group_pasid)$/;
const gets = /^(?:kobject_get|get_device|iommu_group_get|iommu_group_ref_get|iommu_domain_get|refcount_inc|xa_insert|xa_reserve)$/;
const puts = /^(?:kobject_put|put_device|iommu_group_put|refcount_dec|xa_erase|xa_release)$/;
const counters = /(?:owner_cnt|users|refs?)$/;
const locks = /^(?:mutex_lock|mutex_unlock|device_lock|device_unlock)$/;
const errnos = ['EBUSY', 'EINVAL', 'EPERM'];

const changed = (operator: string, file: CFile, fn: CFunction, row: number, what: string, edits: readonly Edit[]): Changed => ({
  operator,
  function: fn.name,
  line: lineOf(file.text, file.tree.start(row)),
  what,
  edits,
});

/** Takes a call out: its statement becomes empty; where its value is used, 0 stands for it. */
function withoutCall(file: CFile, row: number): Edit {
  const { tree } = file;
  const parent = tree.parent(row);
  const statement = statementAround(tree, row);
  const whole = tree.kind(parent) === 'expression_statement';
  // WARN_ON(f()) as a statement says nothing once f() is gone.
  const warned = tree.kind(statement) === 'expression_statement' && calleeOf(tree, tree.firstChild(statement)).startsWith('WARN');
  if (whole || warned) return { ...tree.span(statement), text: ';' };
  return { ...tree.span(row), text: '0' };
}

const callsMatching =
  (operator: string, wanted: RegExp): Operator =>
  (file, fn) =>
    rowsOf(file, fn, 'call_expression')
      .filter((row) => wanted.test(calledName(file.tree, row)))
      .map((row) => changed(operator, file, fn, row, `without ${flat(file.tree, row)}`, [withoutCall(file, row)]));

const deleteUnlock = callsMatching('delete an unlock', /^(?:mutex_unlock|device_unlock)$/);
const deleteAttach = callsMatching('delete an attach', attaches);

const swapLocks: Operator = (file, fn) => {
  const { tree } = file;
  const calls = rowsOf(file, fn, 'call_expression').filter((row) => locks.test(calleeOf(tree, row)));
  return calls.slice(1).flatMap((second, at) => {
    const first = calls[at] ?? second;
    const [one, other] = [tree.textOf(first), tree.textOf(second)];
    if (one === other) return [];
    return [
      changed('swap two lock calls', file, fn, first, `${flat(tree, first)} and ${flat(tree, second)} swapped`, [
        { ...tree.span(first), text: other },
        { ...tree.span(second), text: one },
      ]),
    ];
  });
};

const exchangeErrno: Operator = (file, fn) =>
  rowsOf(file, fn, 'unary_expression').flatMap((row) => {
    const was = /^-\s*(E[A-Z]+)$/.exec(file.tree.textOf(row))?.[1] ?? '';
    if (!errnos.includes(was)) return [];
    return errnos
      .filter((other) => other !== was)
      .map((other) =>
        changed('exchange an error code', file, fn, row, `-${was} becomes -${other}`, [{ ...file.tree.span(row), text: `-${other}` }]),
      );
  });

const negateIf: Operator = (file, fn) =>
  rowsOf(file, fn, 'if_statement').map((row) => {
    const condition = file.tree.childByField(row, 'condition');
    return changed('negate an if', file, fn, row, `if (!${flat(file.tree, condition)})`, [
      { ...file.tree.span(condition), text: `(!${file.tree.textOf(condition)})` },
    ]);
  });

const dropMember: Operator = (file, fn) =>
  rowsOf(file, fn, 'while_statement').flatMap((row) => {
    const { tree } = file;
    const head = /^for_each_group_device\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)/.exec(tree.textOf(row));
    const body = tree.childByField(row, 'body');
    if (!head || body < 0) return [];
    const [, group = '', cursor = ''] = head;
    return ['list_is_first', 'list_is_last'].map((test) => {
      const skip = `if (${test}(&${cursor}->list, &${group}->devices)) continue;`;
      const which = test === 'list_is_first' ? 'first' : 'last';
      const block = tree.kind(body) === 'compound_statement';
      const edits: Edit[] = block
        ? [{ start: tree.start(body) + 1, end: tree.start(body) + 1, text: ` ${skip}` }]
        : [
            { start: tree.start(body), end: tree.start(body), text: `{ ${skip} ` },
            { start: tree.end(body), end: tree.end(body), text: ' }' },
          ];
      return changed('drop a loop member', file, fn, row, `the loop leaves out the ${which} member`, edits);
    });
  });

/** A count of users or owners is a reference too: `owner_cnt++` takes one, `owner_cnt--` and `owner_cnt = 0` give back. */
const deleteReference: Operator = (file, fn) => {
  const { tree } = file;
  const calls = [...callsMatching('delete a get or put', gets)(file, fn), ...callsMatching('delete a get or put', puts)(file, fn)];
  const counts = rowsOf(file, fn, 'update_expression')
    .filter((row) => tree.kind(tree.parent(row)) === 'expression_statement')
    .filter((row) => counters.test(tree.textOf(tree.childByField(row, 'argument'))))
    .map((row) =>
      changed('delete a get or put', file, fn, row, `without ${flat(tree, row)}`, [{ ...tree.span(tree.parent(row)), text: ';' }]),
    );
  const zeroed = rowsOf(file, fn, 'assignment_expression')
    .filter((row) => counters.test(tree.textOf(tree.childByField(row, 'left'))) && tree.textOf(tree.childByField(row, 'right')) === '0')
    .map((row) =>
      changed('delete a get or put', file, fn, row, `without ${flat(tree, row)}`, [{ ...tree.span(tree.parent(row)), text: ';' }]),
    );
  return [...calls, ...counts, ...zeroed];
};

/** Every mutant of a function, operator by operator. */
export function mutantsOf(file: CFile, fn: CFunction): Changed[] {
  return [deleteUnlock, deleteAttach, swapLocks, exchangeErrno, negateIf, dropMember, deleteReference].flatMap((operator) =>
    operator(file, fn),
  );
}
