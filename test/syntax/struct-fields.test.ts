import { expect, it } from 'vitest';
import { parseType, structMembers } from '../../server/src/core/syntax/struct-fields.ts';

const text = `/* struct demo { int not_this; }; */
struct demo {
	struct mutex lock;	/* guards list; and state */
	const struct demo_ops *ops, *old_ops;
#ifdef CONFIG_DEMO
	struct list_head list __aligned(8);
#endif
	spinlock_t slock;
	unsigned int ready : 1, : 3;
	int (*callback)(struct demo *demo, struct other *other);
	DECLARE_BITMAP(ids, 8);
	struct {
		struct rw_semaphore sem;
		struct inner {
			u64 iova;
		} deep;
	} area;
	union {
		struct device *dev;
		struct demo *parent[4];
	};
} __packed;

struct demo_other {
	int x;
};
`;

const membersOf = (tag: string): ReadonlyMap<string, unknown> => structMembers(text, tag) ?? new Map<string, unknown>();

it('reads members with their types, and those of unnamed structures among them', () => {
  const plain = (tag: string, pointers: number): unknown => ({ tag, pointers, members: null });
  const members = membersOf('demo');
  expect(members.get('lock')).toEqual(plain('mutex', 0));
  expect(members.get('ops')).toEqual(plain('demo_ops', 1));
  expect(members.get('old_ops')).toEqual(plain('demo_ops', 1));
  expect(members.get('list')).toEqual(plain('list_head', 0));
  expect(members.get('slock')).toEqual(plain('spinlock_t', 0));
  expect(members.get('dev')).toEqual(plain('device', 1));
  expect(members.get('parent')).toEqual(plain('demo', 2));
});

it('leaves out what is no plain member', () => {
  const members = membersOf('demo');
  expect([...members.keys()].filter((name) => ['callback', 'ids', 'other', 'not_this', 'iova', 'x'].includes(name))).toEqual([]);
});

it('keeps the members of a structure that is defined in place', () => {
  const area = structMembers(text, 'demo')?.get('area');
  expect(area?.tag).toBeNull();
  expect(area?.members?.get('sem')).toEqual({ tag: 'rw_semaphore', pointers: 0, members: null });
  expect(area?.members?.get('deep')?.members?.get('iova')).toEqual({ tag: 'u64', pointers: 0, members: null });
});

it('knows nothing of a structure that the text only names', () => {
  expect(structMembers('struct demo;\nstruct demo *demo_get(void);\n', 'demo')).toBeNull();
  expect(structMembers(text, 'de mo')).toBeNull();
});

it('ends on a definition that does not', () => {
  expect(structMembers(`struct demo {\n${'struct a { '.repeat(5000)}`, 'demo')?.size).toBe(0);
});

it('reads types as they are written', () => {
  expect(parseType('const struct iommu_ops *')).toEqual({ tag: 'iommu_ops', pointers: 1, members: null });
  expect(parseType('struct device *[4]')).toEqual({ tag: 'device', pointers: 2, members: null });
  expect(parseType('spinlock_t')).toEqual({ tag: 'spinlock_t', pointers: 0, members: null });
  expect(parseType('')).toBeNull();
});
