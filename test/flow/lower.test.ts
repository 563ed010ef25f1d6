import { expect, it } from 'vitest';
import { printIr } from '../../server/src/core/flow/print.ts';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { analyseFiles } from '../../server/src/core/flow/program.ts';
import { TreeClasses } from '../../server/src/core/flow/tree-classes.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { graphOf, parser, procedureOf } from './source.ts';

it('makes edges of short-circuit conditions and of both forms of the conditional', () => {
  expect(
    graphOf(`int f(struct demo *d)
{
	if (d->a && (d->b || !check(d)))
		return 1;
	return d->c ? d->c : later(d) ?: -EINVAL;
}
`),
  ).toEqual([
    'b0:',
    '  if d->a -> b1 else b4',
    'b1:',
    '  if d->b -> b3 else b2',
    'b2:',
    '  %0 = call check(d)',
    '  if %0 -> b4 else b3',
    'b3:',
    '  return 1',
    'b4:',
    '  if d->c -> b5 else b6',
    'b5:',
    '  %1 = d->c',
    '  -> b9',
    'b6:',
    '  %3 = call later(d)',
    '  %2 = %3',
    '  if %2 -> b8 else b7',
    'b7:',
    '  %2 = -EINVAL',
    '  -> b8',
    'b8:',
    '  %1 = %2',
    '  -> b9',
    'b9:',
    '  return %1',
  ]);
});

it('leads continue to the step of a for loop, break behind a while loop, and do to its test', () => {
  expect(
    graphOf(`void f(struct demo *d)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (skip(i))
			continue;
		while (busy(d))
			if (gone(d))
				break;
	}
	do {
		poll(d);
	} while (--i);
}
`),
  ).toEqual([
    'b0:',
    '  declare i: int',
    '  i = 0',
    '  -> b1',
    'b1: ; loop for',
    '  if i < 4 -> b2 else b6',
    'b2:',
    '  %0 = call skip(i)',
    '  if %0 -> b5 else b3',
    'b3: ; loop while',
    '  %1 = call busy(d)',
    '  if %1 -> b4 else b5',
    'b4:',
    '  %2 = call gone(d)',
    '  if %2 -> b5 else b3',
    'b5:',
    '  i = i + 1',
    '  -> b1 (back)',
    'b6: ; loop do',
    '  call poll(d)',
    '  -> b7',
    'b7:',
    '  i = i - 1',
    '  if i -> b6 else b8',
    'b8:',
    '  return',
  ]);
});

it('falls through cases, keeps case ranges, and sends an unmatched value to the default', () => {
  expect(
    graphOf(`int f(int cmd)
{
	switch (cmd) {
	case 1:
		one();
		fallthrough;
	case 2 ... 5:
		many();
		break;
	case LAST:
		return 7;
	default:
		none();
	}
	return 0;
}
`),
  ).toEqual([
    'b0:',
    '  switch cmd: 1 -> b1, 2 ... 5 -> b2, LAST -> b3, default -> b4',
    'b1:',
    '  call one()',
    '  -> b2',
    'b2:',
    '  call many()',
    '  -> b5',
    'b3:',
    '  return 7',
    'b4:',
    '  call none()',
    '  -> b5',
    'b5:',
    '  return 0',
  ]);
});

it('follows goto backwards, out of a loop, and into one', () => {
  expect(
    graphOf(`int f(struct demo *d)
{
	int ret;

again:
	ret = try(d);
	if (ret == -EAGAIN)
		goto again;
	if (ret)
		goto inside;
	for (;;) {
		if (step(d))
			goto out;
inside:
		undo(d);
	}
out:
	return ret;
}
`),
  ).toEqual([
    'b0:',
    '  declare ret: int',
    '  -> b1',
    'b1: ; label again',
    '  %0 = call try(d)',
    '  ret = %0',
    '  if ret == (-EAGAIN) -> b2 else b3',
    'b2:',
    '  -> b1 (back)',
    'b3:',
    '  if ret -> b4 else b5',
    'b4:',
    '  -> b8',
    'b5: ; loop for',
    '  -> b6',
    'b6:',
    '  %1 = call step(d)',
    '  if %1 -> b7 else b8',
    'b7:',
    '  -> b9',
    'b8: ; label inside',
    '  call undo(d)',
    '  -> b5 (back)',
    'b9: ; label out',
    '  return ret',
  ]);
});

it('lets a walk have no element, and leaves no element in the cursor behind it', () => {
  expect(
    graphOf(`int f(struct demo *d)
{
	struct entry *e, *n;
	struct thing *thing;
	unsigned long index;

	list_for_each_entry_safe(e, n, &d->list, node)
		free_entry(e);
	xa_for_each(&d->xa, index, thing) {
		if (bad(thing))
			return -EIO;
	}
	return 0;
}
`).slice(5),
  ).toEqual([
    '  -> b1',
    'b1: ; loop list_for_each_entry_safe',
    '  if more list_for_each_entry_safe(&d->list, node) -> b2 else b3    ; list_for_each_entry_safe',
    'b2:',
    '  e = element list_for_each_entry_safe(&d->list, node)    ; list_for_each_entry_safe',
    '  n = element list_for_each_entry_safe(&d->list, node)    ; list_for_each_entry_safe',
    '  call free_entry(e)',
    '  -> b1 (back)',
    'b3:',
    '  e = past-end list_for_each_entry_safe    ; list_for_each_entry_safe',
    '  n = past-end list_for_each_entry_safe    ; list_for_each_entry_safe',
    '  -> b4',
    'b4: ; loop xa_for_each',
    '  if more xa_for_each(&d->xa) -> b5 else b7    ; xa_for_each',
    'b5:',
    '  index = element xa_for_each(&d->xa)    ; xa_for_each',
    '  thing = element xa_for_each(&d->xa)    ; xa_for_each',
    '  %0 = call bad(thing)',
    '  if %0 -> b6 else b4',
    'b6:',
    '  return -EIO',
    'b7:',
    '  index = past-end xa_for_each    ; xa_for_each',
    '  thing = NULL    ; xa_for_each',
    '  -> b8',
    'b8:',
    '  return 0',
  ]);
});

it('takes the unassigned argument of an unknown loop macro for its cursor, and the others for what it walks', () => {
  const graph = graphOf(`void f(struct demo *d)
{
	struct demo_group *group = demo_group(d);
	struct entry *e;

	for_each_demo_entry(group, e)
		use(e);
	put(group);
}
`);
  expect(graph).toContain('  e = element for_each_demo_entry(group)    ; for_each_demo_entry');
  expect(graph.filter((line) => line.startsWith('  group = '))).toEqual(['  group = %0']);
});

it('releases guards, __free variables and scoped guards at every exit, last first', () => {
  expect(
    graphOf(`int f(struct demo *d)
{
	char *buf __free(kfree) = make();

	guard(mutex)(&d->lock);
	if (!buf)
		return -ENOMEM;
	scoped_guard(spinlock, &d->slock) {
		if (d->x)
			break;
		d->y = no_free_ptr(buf);
	}
	return size(d);
}
`),
  ).toEqual([
    'b0:',
    '  declare buf: char *',
    '  %0 = call make()',
    '  buf = %0',
    '  %1 = &d->lock    ; guard(mutex)',
    '  call mutex_lock(%1)    ; guard(mutex)',
    '  if buf -> b2 else b1',
    'b1:',
    '  call mutex_unlock(%1)    ; guard(mutex)',
    '  call kfree(buf)    ; __free(kfree)',
    '  return -ENOMEM',
    'b2:',
    '  %2 = &d->slock    ; scoped_guard(spinlock)',
    '  call spin_lock(%2)    ; scoped_guard(spinlock)',
    '  -> b3',
    'b3:',
    '  if d->x -> b4 else b5',
    'b4:',
    '  call spin_unlock(%2)    ; scoped_guard(spinlock)',
    '  -> b6',
    'b5:',
    '  %3 = buf    ; no_free_ptr',
    '  buf = NULL    ; no_free_ptr',
    '  d->y = %3',
    '  call spin_unlock(%2)    ; scoped_guard(spinlock)',
    '  -> b6',
    'b6:',
    '  %4 = call size(d)',
    '  %5 = %4',
    '  call mutex_unlock(%1)    ; guard(mutex)',
    '  call kfree(buf)    ; __free(kfree)',
    '  return %5',
  ]);
});

it('runs the statement of scoped_cond_guard where the lock was not taken', () => {
  expect(
    graphOf(`int f(struct demo *d)
{
	scoped_cond_guard(mutex_intr, return -EINTR, &d->lock)
		d->z++;
	return 0;
}
`),
  ).toEqual([
    'b0:',
    '  %0 = &d->lock    ; scoped_cond_guard(mutex_intr)',
    '  %1 = call mutex_lock_interruptible(%0)    ; scoped_cond_guard(mutex_intr)',
    '  if %1 -> b2 else b1    ; scoped_cond_guard(mutex_intr)',
    'b1:',
    '  d->z = d->z + 1',
    '  call mutex_unlock(%0)    ; scoped_cond_guard(mutex_intr)',
    '  -> b3',
    'b2:',
    '  return -EINTR',
    'b3:',
    '  return 0',
  ]);
});

it('releases a conditional guard only where it was taken', () => {
  expect(
    graphOf(`int f(struct demo *d)
{
	guard(mutex_try)(&d->lock);
	return 0;
}
`),
  ).toEqual([
    'b0:',
    '  %0 = &d->lock    ; guard(mutex_try)',
    '  %1 = call mutex_trylock(%0)    ; guard(mutex_try)',
    '  if %1 -> b1 else b2    ; guard(mutex_try)',
    'b1:',
    '  call mutex_unlock(%0)    ; guard(mutex_try)',
    '  -> b2',
    'b2:',
    '  return 0',
  ]);
});

it('ends the lifetimes that a goto leaves, also backwards in one scope', () => {
  const graph = graphOf(`int f(struct demo *d)
{
	int tries = 0;
again:
	tries++;
	if (tries > 2) {
		guard(rcu)();
		goto out;
	}
	guard(mutex)(&d->lock);
	if (d->busy)
		goto again;
out:
	return 0;
}
`);
  const after = (line: string): string | undefined => graph[graph.indexOf(line) + 1];
  expect(after('  call rcu_read_lock()    ; guard(rcu)')).toBe('  call rcu_read_unlock()    ; guard(rcu)');
  expect(graph.join('\n')).toContain('  call mutex_unlock(%0)    ; guard(mutex)\n  -> b1 (back)');
});

it('reads cleanup classes that the file defines itself', () => {
  const graph = graphOf(`DEFINE_FREE(demo_put, struct demo *, if (!IS_ERR_OR_NULL(_T)) demo_drop(_T))
DEFINE_GUARD(demo, struct demo *, demo_lock(_T), demo_unlock(_T))
DEFINE_GUARD_COND(demo, _try, demo_trylock(_T))

int f(int id)
{
	struct demo *d __free(demo_put) = demo_find(id);

	guard(demo)(d);
	scoped_guard(demo_try, d)
		use(d);
	return 0;
}
`);
  expect(graph.filter((line) => line.includes('call ')).map((line) => line.trim().replace(/ {4};.*$/, ''))).toEqual([
    '%0 = call demo_find(id)',
    'call demo_lock(%1)',
    '%3 = call demo_trylock(%2)',
    'call use(d)',
    'call demo_unlock(%2)',
    'call demo_unlock(%1)',
    'call demo_drop(d)',
  ]);
});

it('runs every statement of the argument of scoped_cond_guard', () => {
  const several = graphOf(`int f(struct demo *d)
{
	int ret = 0;

	scoped_cond_guard(mutex_try, { ret = -EBUSY; goto out; }, &d->lock)
		d->z++;
out:
	return ret;
}
`);
  expect(several.slice(several.indexOf('b2:'))).toEqual(['b2:', '  ret = -EBUSY', '  -> b3', 'b3: ; label out', '  return ret']);
});

it('takes cleanup classes from the other files under review, then from the tree', () => {
  const header = `DEFINE_FREE(demo_put, struct demo *, if (_T) demo_drop(_T))
DEFINE_GUARD(demo, struct demo *, demo_lock(_T), demo_unlock(_T))
`;
  const tree = `/* what the tree has */
DEFINE_FREE(demo_put, struct demo *, if (_T) demo_old_drop(_T))
DEFINE_CLASS(demo_ref, struct demo *, demo_unref(_T), demo_ref(id), int id)
DEFINE_GUARD(grp, struct grp *, grp_lock(_T), grp_unlock(_T))
DEFINE_GUARD_COND(grp, _try, grp_trylock(_T))
DEFINE_FREE(kfree, void *, not_kfree(_T))
`;
  const text = `int f(struct grp *g, int id)
{
	struct demo *d __free(demo_put) = demo_find(id);
	void *page __free(kfree) = make_page();
	CLASS(demo_ref, r)(id);

	guard(demo)(d);
	scoped_guard(grp_try, g)
		use(r);
	return 0;
}
`;
  const world = {
    defines: (name: string) => (['demo_put', 'demo_ref', 'grp', 'kfree'].includes(name) ? ['include/linux/demo.h'] : []),
    readTree: (path: string) => (path === 'include/linux/demo.h' ? new TextEncoder().encode(tree) : null),
    decode: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
  };
  const [, file] = analyseFiles(
    [header, text].map((one, at) => ({ c: parseC(one, `drivers/iommu/demo.${at === 0 ? 'h' : 'c'}`, parser), gaps: [] })),
    { cancel: neverCancelled, classes: new TreeClasses(world) },
  );
  const [fn] = file?.functions ?? [];
  if (!fn) throw new Error('no function');
  const calls = fn.procedure.blocks.flatMap((block) => block.instructions.flatMap((one) => (one.op === 'call' ? [one.name] : [])));
  expect(calls).toEqual([
    ...['demo_find', 'make_page', 'demo_ref', 'demo_lock', 'grp_trylock', 'use', 'grp_unlock'],
    ...['demo_unlock', 'demo_unref', 'kfree', 'demo_drop'],
  ]);
});

it('walks on from an element, backwards, and over bits, each with its cursor', () => {
  const loops = graphOf(`int f(struct demo *d)
{
	struct entry *e = d->last;
	unsigned long bit;

	list_for_each_entry_continue(e, &d->list, node)
		use(e);
	list_for_each_entry_reverse(e, &d->list, node)
		if (e->last)
			break;
	for_each_set_bit(bit, d->map, 64)
		clear(bit);
	return 0;
}
`);
  expect(loops.slice(loops.indexOf('b1: ; loop list_for_each_entry_continue')).map((line) => line.replace(/ {4};.*/, ''))).toEqual([
    'b1: ; loop list_for_each_entry_continue',
    '  if more list_for_each_entry_continue(&d->list, node) -> b2 else b3',
    'b2:',
    '  e = element list_for_each_entry_continue(&d->list, node)',
    '  call use(e)',
    '  -> b1 (back)',
    'b3:',
    '  e = past-end list_for_each_entry_continue',
    '  -> b4',
    'b4: ; loop list_for_each_entry_reverse',
    '  if more list_for_each_entry_reverse(&d->list, node) -> b5 else b6',
    'b5:',
    '  e = element list_for_each_entry_reverse(&d->list, node)',
    '  if e->last -> b7 else b4',
    'b6:',
    '  e = past-end list_for_each_entry_reverse',
    '  -> b7',
    'b7: ; loop for_each_set_bit',
    '  if more for_each_set_bit(d->map, 64) -> b8 else b9',
    'b8:',
    '  bit = element for_each_set_bit(d->map, 64)',
    '  call clear(bit)',
    '  -> b7 (back)',
    'b9:',
    '  bit = past-end for_each_set_bit',
    '  -> b10',
    'b10:',
    '  return 0',
  ]);
});

it('asks the macro behind a do loop for the next element, and works out designated initialisers first', () => {
  expect(
    graphOf(`void f(struct demo *d, struct task *p)
{
	struct conf c = { .a = get(d), .list = { [0] = 1, [3 ... 5] = 2 } };

	do {
		use(p, &c);
	} while_each_thread(d, p);
}
`),
  ).toEqual([
    'b0:',
    '  declare c: struct conf',
    '  %0 = call get(d)',
    '  c = {.a = %0, .list = {[0] = 1, [3 ... 5] = 2}}',
    '  -> b1',
    'b1: ; loop do',
    '  call use(p, &c)',
    '  -> b2',
    'b2:',
    '  if more while_each_thread(d, p) -> b1 else b3    ; while_each_thread',
    'b3:',
    '  return',
  ]);
});

it('lets statements run or not that an unknown macro takes', () => {
  expect(graphOf('int f(struct demo *d)\n{\n\tGRP_CHECK(d, return -EBUSY);\n\treturn 0;\n}\n')).toEqual([
    'b0:',
    '  call GRP_CHECK(d, return -EBUSY)',
    '  if unknown(macro) -> b1 else b2    ; GRP_CHECK',
    'b1:',
    '  return -EBUSY',
    'b2:',
    '  return 0',
  ]);
});

it('hands over what is retained or returned, and ends a CLASS with its scope', () => {
  expect(
    graphOf(`struct demo *f(int id)
{
	struct demo *d __free(kfree) = make(id);
	struct demo *other __free(kfree) = make(id + 1);
	CLASS(fd, file)(id);

	if (keep(d))
		retain_and_null_ptr(other);
	return_ptr(d);
}
`).map((line) => line.replace(/ {4};.*/, '')),
  ).toEqual([
    ...['b0:', '  declare d: struct demo *', '  %0 = call make(id)', '  d = %0'],
    ...['  declare other: struct demo *', '  %1 = call make(id + 1)', '  other = %1'],
    ...['  declare file: class fd', '  file = call fdget(id)', '  %2 = call keep(d)', '  if %2 -> b1 else b2'],
    ...['b1:', '  %3 = other', '  other = NULL', '  -> b2'],
    ...['b2:', '  %4 = d', '  d = NULL', '  %5 = %4'],
    ...['  call fdput(file)', '  call kfree(other)', '  call kfree(d)', '  return %5'],
  ]);
});

it('computes with error pointers and members, and sees through hints and warnings', () => {
  expect(
    graphOf(`int f(struct list *l)
{
	struct demo *d = container_of(l, struct demo, list);
	struct page *p = get(d);

	if (unlikely(IS_ERR(p)))
		return PTR_ERR(p);
	if (IS_ERR_OR_NULL(d->q))
		return PTR_ERR_OR_ZERO(d->q);
	d->r = ERR_PTR(-ENOMEM);
	if (WARN_ON_ONCE(!d->r))
		return -EINVAL;
	return 0;
}
`),
  ).toEqual([
    ...['b0:', '  declare d: struct demo *', '  d = container_of(l, struct demo, list)'],
    ...['  declare p: struct page *', '  %0 = call get(d)', '  p = %0', '  if IS_ERR(p) -> b1 else b2'],
    ...['b1:', '  return PTR_ERR(p)', 'b2:', '  if IS_ERR_OR_NULL(d->q) -> b3 else b4'],
    ...['b3:', '  return PTR_ERR_OR_ZERO(d->q)', 'b4:', '  d->r = ERR_PTR(-ENOMEM)'],
    ...['  if d->r -> b6 else b5    ; WARN_ON_ONCE', 'b5:', '  return -EINVAL', 'b6:', '  return 0'],
  ]);
});

it('enters a loop by a case label, and falls out of a guarded case', () => {
  expect(
    graphOf(`void f(struct demo *d, int cmd)
{
	switch (cmd) {
	case 0: {
		guard(mutex)(&d->lock);
		fallthrough;
	}
	case 1:
		while (d->n) {
	case 2:
			step(d);
			if (d->y)
				continue;
			break;
		}
	}
}
`).map((line) => line.replace(/ {4};.*/, '')),
  ).toEqual([
    ...['b0:', '  switch cmd: 0 -> b1, 1 -> b2, 2 -> b3, default -> b4'],
    ...['b1:', '  %0 = &d->lock', '  call mutex_lock(%0)', '  call mutex_unlock(%0)', '  -> b2'],
    ...['b2: ; loop while', '  if d->n -> b3 else b4', 'b3:', '  call step(d)', '  if d->y -> b2 else b4', 'b4:', '  return'],
  ]);
});

it('makes a choice of #if, the same wherever the same condition stands', () => {
  expect(
    graphOf(`void f(struct demo *d)
{
#ifdef CONFIG_A
	a(d);
#else
	b(d);
#endif
	if (IS_ENABLED(CONFIG_A))
		c(d);
}
`),
  ).toEqual([
    'b0:',
    '  if CONFIG_A -> b1 else b2    ; #if',
    'b1:',
    '  call a(d)',
    '  -> b3',
    'b2:',
    '  call b(d)',
    '  -> b3',
    'b3:',
    '  if CONFIG_A -> b4 else b5',
    'b4:',
    '  call c(d)',
    '  -> b5',
    'b5:',
    '  return',
  ]);
});

it('does not come back from BUG_ON and panic, and keeps the macro of a WARN_ON condition', () => {
  expect(
    graphOf(`void f(struct demo *d)
{
	BUG_ON(!d);
	if (WARN_ON(d->x))
		panic("no");
}
`),
  ).toEqual([
    'b0:',
    '  if d -> b2 else b1    ; BUG_ON',
    'b1:',
    '  stop BUG_ON    ; BUG_ON',
    'b2:',
    '  if d->x -> b3 else b4    ; WARN_ON',
    'b3:',
    '  call panic("no")',
    '  stop panic',
    'b4:',
    '  return',
  ]);
});

it('counts behind before it negates or follows a pointer', () => {
  expect(graphOf('int f(int *p, int n)\n{\n\tif (!n++)\n\t\treturn *p++;\n\treturn -n;\n}\n')).toEqual([
    'b0:',
    '  %0 = n',
    '  n = %0 + 1',
    '  if !%0 -> b1 else b2',
    'b1:',
    '  %1 = p',
    '  p = %1 + 1',
    '  return *%1',
    'b2:',
    '  return -n',
  ]);
});

it('keeps assembly closed, and works out initialisers, comma, swap and statement expressions in order', () => {
  expect(
    graphOf(`int f(struct demo *d)
{
	asm volatile("nop");
	swap(d->a, d->b);
	d->conf = (struct conf) { .a = get(d), .b = 2 };
	one(d), two(d);
	return ({ int t = g(d); t + 1; });
}
`),
  ).toEqual([
    'b0:',
    '  opaque(asm)',
    '  %0 = d->a    ; swap',
    '  d->a = d->b    ; swap',
    '  d->b = %0    ; swap',
    '  %1 = call get(d)',
    '  d->conf = {.a = %1, .b = 2}',
    '  call one(d)',
    '  call two(d)',
    '  declare t: int',
    '  %2 = call g(d)',
    '  t = %2',
    '  %3 = t + 1',
    '  scope-end t',
    '  return %3',
  ]);
});

it('leaves what is visible at a goto to a label that is not there', () => {
  const procedure = procedureOf('int f(int x)\n{\n\tif (x)\n\t\tgoto gone;\n\treturn 0;\n}\n');
  expect(procedure.blocks.map((block) => block.terminator.op)).toEqual(['branch', 'leave', 'return']);
  expect(procedure.problems).toMatchObject([{ kind: 'label', message: 'label gone is not visible' }]);
});

it('tells variables of the same name in nested scopes apart', () => {
  expect(graphOf('int f(int x)\n{\n\tint y = x;\n\t{\n\t\tint x = 2;\n\n\t\ty += x;\n\t}\n\treturn x + y;\n}\n')).toEqual([
    'b0:',
    '  declare y: int',
    '  y = x',
    '  declare x@2: int',
    '  x@2 = 2',
    '  y = y + x@2',
    '  scope-end x@2',
    '  return x + y',
  ]);
});

it('stays closed where code is nested deeper than any code is, and does not overflow', () => {
  const deep = procedureOf(
    `int f(int x)\n{\n${'\tif (x) {\n'.repeat(3000)}${'\t}\n'.repeat(3000)}\treturn ${'('.repeat(3000)}x${')'.repeat(3000)};\n}\n`,
  );
  expect(deep.opaque.map((one) => one.reason)).toEqual(['depth']);
  expect(deep.problems[0]?.kind).toBe('depth');
});

it('prints JSON with the offsets of the text', () => {
  const text = 'int f(int x)\n{\n\treturn g(x);\n}\n';
  const printed = JSON.parse(printIr(procedureOf(text), 'json')) as {
    blocks: { instructions: { text: string; start: number; end: number }[] }[];
  };
  const call = printed.blocks[0]?.instructions[0];
  expect(call?.text).toBe('%0 = call g(x)');
  expect(text.slice(call?.start, call?.end)).toBe('g(x)');
});
