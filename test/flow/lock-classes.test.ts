// Classes of locks, what a call may take, and the order in which a function takes locks.

import { describe, expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { lockEdges } from '../../server/src/core/flow/lock-edges.ts';
import { describeSummary } from '../../server/src/core/flow/print-summary.ts';
import { analyseFiles, type FlowFile } from '../../server/src/core/flow/program.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { functionOf, parser } from './source.ts';

const types = `struct demo_ops {
	int (*attach)(struct demo *demo);
	void (*stop)(struct demo *demo);
};

struct demo {
	struct mutex lock;
	spinlock_t slock;
	struct demo_group *group;
	const struct demo_ops *ops;
	struct device *dev;
};

struct demo_group {
	struct rw_semaphore sem;
	struct xarray members;
};

static DEFINE_MUTEX(demo_list_lock);
`;

function flowsOf(...texts: readonly string[]): readonly FlowFile[] {
  const inputs = texts.map((text, index) => ({ c: parseC(text, `drivers/iommu/demo${String(index)}.c`, parser), gaps: [] }));
  return analyseFiles(inputs, { cancel: neverCancelled });
}

function flowOf(text: string): FlowFile {
  const [flow] = flowsOf(`${types}\n${text}`);
  if (!flow) throw new Error('no flow');
  return flow;
}

/** `outer -> inner` of a function, with the functions on the way, and `?` where the way is a guess. */
function orders(flow: FlowFile, name: string): string[] {
  return lockEdges(flow, functionOf(flow, name), true).map(
    ({ outer, inner, chain, isGuess }) =>
      `${outer} -> ${inner}${chain.length > 0 ? ` by ${chain.map((link) => link.function).join(', ')}` : ''}${isGuess ? '?' : ''}`,
  );
}

const classes = (flow: FlowFile, name: string): readonly string[] => describeSummary(flow, functionOf(flow, name)).classes;

describe('the class of a lock', () => {
  it('is the structure and the field, however the instance is reached', () => {
    const flow = flowOf(`static void f(struct demo *demo, struct device *dev)
{
	struct demo_group *group = demo->group;
	spinlock_t *slock = &demo->slock;

	down_read(&group->sem);
	mutex_lock(&container_of(dev, struct demo, dev)->lock);
	spin_lock_irqsave(slock, flags);
	device_lock(demo->dev);
	xa_lock(&demo->group->members);
	mutex_lock(&demo_list_lock);
}
`);
    expect(classes(flow, 'f')).toEqual([
      'demo_group.sem (shared)',
      'demo.lock',
      'demo.slock (irqsave)',
      'device.mutex',
      'demo_group.members.xa_lock',
      'demo_list_lock',
    ]);
  });

  it('is known through what a function returns, and not guessed where a type is not known', () => {
    const flow = flowOf(`static struct demo_group *demo_group_of(int id)
{
	return groups[id];
}

static void f(int id, struct hidden *hidden)
{
	down_write(&demo_group_of(id)->sem);
	mutex_lock(&hidden->inner->lock);
	up_write(&demo_group_of(id)->sem);
}
`);
    expect(classes(flow, 'f')).toEqual(['demo_group.sem']);
  });

  it('of a lock behind a parameter is that of the argument', () => {
    const flow = flowOf(`static void take(struct mutex *lock)
{
	mutex_lock(lock);
}

static void f(struct demo *demo)
{
	take(&demo->lock);
}
`);
    expect(classes(flow, 'take')).toEqual(['*lock']);
    expect(classes(flow, 'f')).toEqual(['demo.lock']);
  });

  it('of a lock at file level is not that of another file', () => {
    const text = `${types}
static void f(struct demo *demo)
{
	mutex_lock(&demo->lock);
	mutex_lock(&demo_list_lock);
	mutex_unlock(&demo_list_lock);
	mutex_unlock(&demo->lock);
}
`;
    const [first, second] = flowsOf(text, text).map((flow) => lockEdges(flow, functionOf(flow, 'f'), true).map((edge) => edge.inner));
    expect(first).toEqual(['drivers/iommu/demo0.c:demo_list_lock']);
    expect(second).toEqual(['drivers/iommu/demo1.c:demo_list_lock']);
  });
});

describe('the order of locks', () => {
  it('is that of acquisitions in the function, in wrappers, and in called functions', () => {
    const flow = flowOf(`static void demo_lock(struct demo *demo)
{
	mutex_lock(&demo->lock);
}

static void count(struct demo *demo)
{
	down_read(&demo->group->sem);
	up_read(&demo->group->sem);
}

static void deeper(struct demo *demo)
{
	count(demo);
}

static void f(struct demo *demo)
{
	demo_lock(demo);
	spin_lock(&demo->slock);
	spin_unlock(&demo->slock);
	deeper(demo);
	mutex_unlock(&demo->lock);
	count(demo);
}
`);
    expect(orders(flow, 'f')).toEqual(['demo.lock -> demo.slock', 'demo.lock -> demo_group.sem by deeper, count']);
  });

  it('counts what an assertion says to be held, and not what a called function gives back before', () => {
    const flow = flowOf(`static void wait_for(struct demo *demo)
{
	lockdep_assert_held(&demo->lock);
	mutex_unlock(&demo->lock);
	down_read(&demo->group->sem);
	up_read(&demo->group->sem);
	mutex_lock(&demo->lock);
}

static void f(struct demo *demo)
{
	mutex_lock(&demo->lock);
	wait_for(demo);
	mutex_unlock(&demo->lock);
}

static void g(struct demo *demo)
{
	lockdep_assert_held(&demo->lock);
	spin_lock(&demo->slock);
	spin_unlock(&demo->slock);
}
`);
    expect(orders(flow, 'f')).toEqual([]);
    expect(orders(flow, 'g')).toEqual(['demo.lock -> demo.slock']);
  });

  it('leaves out a lock that is only tried', () => {
    const flow = flowOf(`static void f(struct demo *demo)
{
	mutex_lock(&demo->lock);
	if (spin_trylock(&demo->slock))
		spin_unlock(&demo->slock);
	mutex_unlock(&demo->lock);
}
`);
    expect(orders(flow, 'f')).toEqual([]);
  });

  it('goes through tables of functions, to all that fill the field, as a guess', () => {
    const caller = `${types}
static int f(struct demo *demo)
{
	mutex_lock(&demo->lock);
	demo->ops->attach(demo);
	mutex_unlock(&demo->lock);
	return 0;
}
`;
    const driver = `static int soft_attach(struct demo *demo)
{
	down_write(&demo->group->sem);
	up_write(&demo->group->sem);
	return 0;
}

static const struct demo_ops soft_ops = {
	.attach = soft_attach,
	.stop = soft_stop,
};
`;
    const [flow] = flowsOf(caller, driver);
    if (!flow) throw new Error('no flow');
    expect(orders(flow, 'f')).toEqual(['demo.lock -> demo_group.sem by soft_attach?']);
  });

  it('goes through a function that is handed to one which calls it, and not through one that is only kept', () => {
    const flow = flowOf(`static int for_each_demo(struct demo_group *group, int (*fn)(struct demo *demo))
{
	return fn(group->first);
}

static void keep(int (*fn)(struct demo *demo))
{
	kept = fn;
}

static int visit(struct demo *demo)
{
	spin_lock(&demo->slock);
	spin_unlock(&demo->slock);
	return 0;
}

static void f(struct demo *demo)
{
	mutex_lock(&demo->lock);
	for_each_demo(demo->group, visit);
	mutex_unlock(&demo->lock);
}

static void g(struct demo *demo)
{
	mutex_lock(&demo->lock);
	keep(visit);
	mutex_unlock(&demo->lock);
}
`);
    expect(orders(flow, 'f')).toEqual(['demo.lock -> demo.slock by for_each_demo, visit?']);
    expect(orders(flow, 'g')).toEqual([]);
  });

  it('is found in functions that call each other in a circle', () => {
    const flow = flowOf(`static void odd(struct demo *demo, int n)
{
	if (n)
		even(demo, n - 1);
	spin_lock(&demo->slock);
	spin_unlock(&demo->slock);
}

static void even(struct demo *demo, int n)
{
	if (n)
		odd(demo, n - 1);
}

static void f(struct demo *demo)
{
	mutex_lock(&demo->lock);
	even(demo, 3);
	mutex_unlock(&demo->lock);
}
`);
    expect(orders(flow, 'f')).toEqual(['demo.lock -> demo.slock by even, odd']);
  });
});
