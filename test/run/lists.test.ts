import { expect, test } from 'vitest';
import type { Binding } from '../../server/src/core/run/types.ts';
import { resultsOf, runThreads } from './code.ts';

const own = `
struct item {
	int id;
	struct list_head list;
};

static struct item *make(struct list_head *head, int id)
{
	struct item *item = kzalloc(sizeof(*item), GFP_KERNEL);

	item->id = id;
	list_add_tail(&item->list, head);
	return item;
}

static int print(struct list_head *head)
{
	struct item *item;
	int text = 0;

	list_for_each_entry(item, head, list)
		text = text * 10 + item->id;
	return text;
}
`;

test('a list keeps the order of its elements through adding, moving and deleting', () => {
  const text = `${own}
int work(void)
{
	LIST_HEAD(head);
	struct item *one = make(&head, 1), *two = make(&head, 2);
	int text = print(&head);

	list_move_tail(&one->list, &head);
	text = text * 100 + print(&head);
	list_del(&two->list);
	text = text * 10 + print(&head);
	list_add(&two->list, &head);
	return text * 100 + print(&head);
}
`;
  expect(resultsOf(text, 'work()')).toEqual(['1221121']);
});

test('a list is asked whether it is empty, has one element, and for its first and last', () => {
  const text = `${own}
int work(int count)
{
	LIST_HEAD(head);
	int i;

	for (i = 1; i <= count; i++)
		make(&head, i);
	if (list_empty(&head))
		return 0;
	if (list_is_singular(&head))
		return 100;
	return list_first_entry(&head, struct item, list)->id * 10 + list_last_entry(&head, struct item, list)->id;
}
`;
  expect([0, 1, 3].map((count) => resultsOf(text, `work(${count})`))).toEqual([['0'], ['100'], ['13']]);
});

test('the safe walk may free what it stands on; the plain one may not', () => {
  const body = (walk: string): string => `${own}
int work(void)
{
	LIST_HEAD(head);
	struct item *item, *next;
	int count = 0;

	make(&head, 1);
	make(&head, 2);
	${walk} {
		list_del(&item->list);
		kfree(item);
		count++;
	}
	return count;
}
`;
  expect(resultsOf(body('list_for_each_entry_safe(item, next, &head, list)'), 'work()')).toEqual(['2']);
  expect(runThreads(body('list_for_each_entry(item, &head, list)'), ['work()']).violations).toEqual([
    'use-after-free: a walk goes on from mem:item1@T1, which has left the list',
  ]);
});

test('a cursor holds no element after its walk', () => {
  const text = `${own}
int work(void)
{
	LIST_HEAD(head);
	struct item *item;

	list_for_each_entry(item, &head, list)
		break;
	return item->id;
}
`;
  expect(runThreads(text, ['work()']).violations).toEqual(['panic: use of a cursor after the end of its list: item->id']);
});

test('a walk that breaks leaves its cursor, and the rollback walk stops there', () => {
  const text = `${own}
int work(int stop)
{
	LIST_HEAD(head);
	struct item *item, *last;
	int text = 0;

	make(&head, 1);
	make(&head, 2);
	make(&head, 3);
	list_for_each_entry(item, &head, list)
		if (item->id == stop)
			break;
	last = item;
	list_for_each_entry(item, &head, list) {
		if (item == last)
			break;
		text = text * 10 + item->id;
	}
	list_for_each_entry_continue_reverse(last, &head, list)
		text = text * 10 + last->id;
	return text;
}
`;
  expect(resultsOf(text, 'work(3)')).toEqual(['1221']);
});

const bound: Partial<Binding> = {
  structOf: (_, object) => (object === 'G' ? 'iommu_group' : object.startsWith('gdev:') ? 'group_device' : null),
  lists: [
    {
      struct: 'iommu_group',
      field: 'devices',
      cell: 'devices',
      element: 'group_device',
      node: 'list',
      toObject: (name) => `gdev:${name}`,
      toName: (_, object) => object.slice(5),
      owners: () => ['G'],
    },
  ],
  fields: [{ struct: 'group_device', field: 'dev', object: (object) => object.slice(5), embedded: false }],
};
const count = `
int work(struct iommu_group *group, struct device *wanted)
{
	struct group_device *pos;
	int place = 0;

	list_for_each_entry(pos, &group->devices, list) {
		place++;
		if (pos->dev == wanted)
			return place;
	}
	return -ENODEV;
}
`;

test('a list of the model is walked by its names', () => {
  const world = { binding: bound, initial: [['G', 'devices', ['A', 'B']]] as const };
  expect(resultsOf(count, 'work(G, B)', world)).toEqual(['2']);
  expect(resultsOf(count, 'work(G, C)', world)).toEqual(['-ENODEV']);
});

test('a list of the model that changes during a walk ends the walk as the kernel would', () => {
  const text = `${count}
int leave(struct group_device *pos)
{
	list_del(&pos->list);
	return 0;
}
`;
  const outcome = runThreads(text, ['work(G, B)', 'leave(gdev:A)'], { binding: bound, initial: [['G', 'devices', ['A', 'B']]] });
  expect(outcome.violations).toEqual(['use-after-free: a walk goes on from gdev:A, which has left the list']);
  expect(outcome.results).toEqual(['1 0', '2 0']);
});

test('a node that the code made leaves a list of the model under the name that the model has for it', () => {
  const text = `
int join(struct iommu_group *group, struct device *dev)
{
	struct group_device *pos = kzalloc(sizeof(*pos), GFP_KERNEL);
	struct group_device *other;
	int left = 0;

	pos->dev = dev;
	list_add_tail(&pos->list, &group->devices);
	list_del(&pos->list);
	list_for_each_entry(other, &group->devices, list)
		left++;
	kfree(pos);
	return left;
}
`;
  const binding: Partial<Binding> = {
    structOf: (_, object) => (object === 'G' ? 'iommu_group' : /^(?:gdev:|mem:)/u.test(object) ? 'group_device' : null),
    lists: (bound.lists ?? []).map((row) => ({
      ...row,
      toName: (c, object) => (object.startsWith('gdev:') ? object.slice(5) : String(c.get(object, 'dev'))),
    })),
  };
  expect(resultsOf(text, 'join(G, B)', { binding, initial: [['G', 'devices', ['A']]] })).toEqual(['1']);
});

test('a member of a list of the model is asked for its place and its neighbours', () => {
  const text = `
int work(struct iommu_group *group)
{
	struct group_device *pos;
	int text = 0;

	list_for_each_entry(pos, &group->devices, list) {
		if (list_is_first(&pos->list, &group->devices)) {
			text = text * 10 + 1;
			if (list_next_entry(pos, list) == list_last_entry(&group->devices, struct group_device, list))
				text = text * 10 + 2;
		}
		if (list_is_last(&pos->list, &group->devices))
			text = text * 10 + 3;
		else if (list_is_head(&pos->list, &group->devices))
			text = text * 10 + 4;
	}
	pos = list_last_entry(&group->devices, struct group_device, list);
	if (list_prev_entry(pos, list) == list_first_entry(&group->devices, struct group_device, list))
		text = text * 10 + 5;
	return text;
}
`;
  const initial = [['G', 'devices', ['A', 'B']]] as const;
  expect(resultsOf(text, 'work(G)', { binding: bound, initial })).toEqual(['1235']);
});
