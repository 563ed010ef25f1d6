// Locks that the first user takes and the last one gives back, and locks that are told apart by their order.

#include <linux/mutex.h>
#include <linux/spinlock.h>

struct pool {
	struct mutex lock;
	spinlock_t *rows;
	int users;
	int total;
};

extern void pool_fill(struct pool *pool);

int pool_first(struct pool *pool)
{
	if (pool->users++ == 0)
		mutex_lock(&pool->lock);
	pool_fill(pool);
	if (--pool->users == 0)
		mutex_unlock(&pool->lock);
	return 0;
}

int pool_first_short(struct pool *pool)
{
	if (!pool->users++)
		mutex_lock(&pool->lock);
	pool_fill(pool);
	if (!--pool->users)
		mutex_unlock(&pool->lock);
	return 0;
}

int pool_first_bad(struct pool *pool)
{
	if (!pool->users++)
		mutex_lock(&pool->lock);
	pool_fill(pool);
	if (pool->total)
		return -EBUSY; /* expect: lock-held-at-return */
	if (!--pool->users)
		mutex_unlock(&pool->lock);
	return 0;
}

int pool_two_rows(struct pool *pool, int a, int b)
{
	int one = a & 15, other = b & 15;

	if (one < other) {
		spin_lock(&pool->rows[one]);
		spin_lock_nested(&pool->rows[other], 1);
	} else if (one > other) {
		spin_lock(&pool->rows[other]);
		spin_lock_nested(&pool->rows[one], 1);
	} else {
		spin_lock(&pool->rows[one]);
	}
	pool->total++;
	if (one != other)
		spin_unlock(&pool->rows[other]);
	spin_unlock(&pool->rows[one]);
	return 0;
}

int pool_two(struct pool *one, struct pool *other)
{
	if (one <= other)
		mutex_lock(&one->lock);
	if (other <= one) {
		if (one != other)
			mutex_lock(&one->lock);
	}
	one->total += other->total;
	mutex_unlock(&one->lock);
	return 0;
}

int pool_two_bad(struct pool *one, struct pool *other)
{
	if (one < other)
		mutex_lock(&one->lock);
	one->total += other->total;
	if (one != other)
		mutex_unlock(&one->lock); /* expect: unlock-without-lock */
	return 0;
}

int pool_above(struct pool *pool, int a, int b)
{
	if (a > b)
		mutex_lock(&pool->lock);
	pool_fill(pool);
	if (a <= b)
		return 0;
	mutex_unlock(&pool->lock);
	return 0;
}

int pool_at_least(struct pool *pool, int a, int b)
{
	if (a >= b)
		mutex_lock(&pool->lock);
	pool_fill(pool);
	if (!(a < b))
		mutex_unlock(&pool->lock);
	return 0;
}

int pool_at_least_bad(struct pool *pool, int a, int b)
{
	if (a >= b)
		mutex_lock(&pool->lock);
	pool_fill(pool);
	if (a > b)
		mutex_unlock(&pool->lock);
	return 0; /* expect: lock-held-at-return */
}
