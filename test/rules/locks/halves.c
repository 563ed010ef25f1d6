// Halves of pairs that nothing but their callers tells of.

#include <linux/mutex.h>

static DEFINE_MUTEX(table_lock);
static DEFINE_MUTEX(index_lock);

extern int table_fill(int slot);

static void table_enter(struct mutex *lock)
{
	mutex_lock(lock);
}

static void table_finish(struct mutex *lock)
{
	mutex_unlock(lock);
}

int table_set(struct mutex *lock, int slot)
{
	int ret;

	table_enter(lock);
	ret = table_fill(slot);
	table_finish(lock);
	return ret;
}

static void table_done(void)
{
	table_fill(0);
	mutex_unlock(&table_lock);
}

int table_clear(void)
{
	mutex_lock(&table_lock);
	table_done();
	return 0;
}

void index_done(void)
{
	table_fill(0);
	mutex_unlock(&index_lock); /* expect: unlock-without-lock */
}

static struct mutex *table_gate;
static struct mutex *index_gate;

static void gate_done(void)
{
	table_fill(1);
	mutex_unlock(table_gate);
}

int table_gated(void)
{
	mutex_lock(table_gate);
	gate_done();
	return 0;
}

void index_gated(void)
{
	table_fill(1);
	mutex_unlock(index_gate); /* expect: unlock-without-lock */
}
