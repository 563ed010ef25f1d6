// Locks that may or may not be taken: tries, interruptible and killable forms, conditions in every spelling.

#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/spinlock.h>

struct gate {
	struct mutex m;
	struct rw_semaphore sem;
	struct semaphore slots;
	spinlock_t s;
	rwlock_t rw;
	struct device *dev;
	int open;
};

int gate_try_if(struct gate *g)
{
	if (mutex_trylock(&g->m)) {
		g->open = 1;
		mutex_unlock(&g->m);
		return 1;
	}
	return 0;
}

int gate_try_not(struct gate *g)
{
	if (!mutex_trylock(&g->m))
		return -EBUSY;
	g->open = 1;
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_not_bad(struct gate *g)
{
	if (!mutex_trylock(&g->m))
		return -EBUSY;
	if (g->open)
		return -EEXIST; /* expect: lock-held-at-return */
	g->open = 1;
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_inverted(struct gate *g)
{
	if (mutex_trylock(&g->m))
		return -EBUSY; /* expect: lock-held-at-return */
	g->open = 1;
	mutex_unlock(&g->m); /* expect: unlock-without-lock */
	return 0;
}

int gate_try_ignored(struct gate *g)
{
	mutex_trylock(&g->m);
	g->open = 1;
	mutex_unlock(&g->m); /* expect: unlock-without-lock */
	return 0;
}

int gate_try_variable(struct gate *g)
{
	int got;

	got = mutex_trylock(&g->m);
	if (!got)
		return -EBUSY;
	g->open = 1;
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_variable_late(struct gate *g)
{
	int got = mutex_trylock(&g->m);

	g->open++;
	if (got)
		mutex_unlock(&g->m);
	return got;
}

int gate_try_variable_bad(struct gate *g)
{
	int got = mutex_trylock(&g->m);

	g->open++;
	if (!got)
		mutex_unlock(&g->m); /* expect: unlock-without-lock */
	return g->open; /* expect: lock-held-at-return */
}

int gate_try_compare(struct gate *g)
{
	if (mutex_trylock(&g->m) == 0)
		return -EBUSY;
	g->open = 1;
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_compare_one(struct gate *g)
{
	if (mutex_trylock(&g->m) != 1)
		return -EBUSY;
	g->open = 1;
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_not_zero(struct gate *g)
{
	if (mutex_trylock(&g->m) != 0) {
		g->open = 1;
		mutex_unlock(&g->m);
	}
	return 0;
}

int gate_try_not_zero_bad(struct gate *g)
{
	if (mutex_trylock(&g->m) != 0) {
		g->open = 1;
	}
	return 0; /* expect: lock-held-at-return */
}

int gate_try_or(struct gate *g, int force)
{
	if (force || !mutex_trylock(&g->m))
		return -EBUSY;
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_and(struct gate *g)
{
	if (g->open && mutex_trylock(&g->m)) {
		g->open = 0;
		mutex_unlock(&g->m);
	}
	return 0;
}

int gate_try_and_bad(struct gate *g)
{
	if (mutex_trylock(&g->m) && g->open) {
		g->open = 0;
		mutex_unlock(&g->m);
	}
	return 0; /* expect: lock-held-at-return */
}

int gate_try_assign_in_test(struct gate *g)
{
	int got;

	if ((got = mutex_trylock(&g->m)) == 0)
		return -EBUSY;
	g->open = got;
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_double_not(struct gate *g)
{
	int got = !!mutex_trylock(&g->m);

	if (!got)
		return 0;
	mutex_unlock(&g->m);
	return 1;
}

int gate_try_likely(struct gate *g)
{
	if (unlikely(!mutex_trylock(&g->m)))
		return -EBUSY;
	g->open = 1;
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_likely_bad(struct gate *g)
{
	if (likely(mutex_trylock(&g->m))) {
		g->open = 1;
		return 0; /* expect: lock-held-at-return */
	}
	return -EBUSY;
}

int gate_try_ternary(struct gate *g)
{
	int ret = mutex_trylock(&g->m) ? 0 : -EBUSY;

	if (ret)
		return ret;
	g->open = 1;
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_ternary_test(struct gate *g)
{
	if (spin_trylock(&g->s) ? 0 : 1)
		return -EBUSY;
	g->open = 1;
	spin_unlock(&g->s);
	return 0;
}

int gate_try_while(struct gate *g)
{
	while (!spin_trylock(&g->s))
		cpu_relax();
	g->open = 1;
	spin_unlock(&g->s);
	return 0;
}

int gate_try_while_bad(struct gate *g)
{
	while (!spin_trylock(&g->s))
		cpu_relax();
	g->open = 1;
	return 0; /* expect: lock-held-at-return */
}

int gate_try_for_limit(struct gate *g)
{
	int i;

	for (i = 0; i < 10; i++) {
		if (spin_trylock(&g->s))
			goto got;
		udelay(1);
	}
	return -ETIMEDOUT;
got:
	g->open = i;
	spin_unlock(&g->s);
	return 0;
}

int gate_try_do_while(struct gate *g)
{
	int tries = 0;

	do {
		if (tries++ > 5)
			return -EAGAIN;
	} while (!mutex_trylock(&g->m));
	g->open = 1;
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_statement_expression(struct gate *g)
{
	if (!({ g->open++; mutex_trylock(&g->m); }))
		return -EBUSY;
	g->open = 1;
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_statement_expression_bad(struct gate *g)
{
	if (!({ g->open++; mutex_trylock(&g->m); }))
		return -EBUSY;
	g->open = 1;
	return 0; /* expect: lock-held-at-return */
}

int gate_try_then_lock(struct gate *g)
{
	if (!mutex_trylock(&g->m)) {
		g->open++;
		mutex_lock(&g->m);
	}
	g->open = 1;
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_two(struct gate *g, struct gate *h)
{
	if (!mutex_trylock(&g->m))
		return -EBUSY;
	if (!mutex_trylock(&h->m)) {
		mutex_unlock(&g->m);
		return -EBUSY;
	}
	g->open = h->open;
	mutex_unlock(&h->m);
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_two_bad(struct gate *g, struct gate *h)
{
	if (!mutex_trylock(&g->m))
		return -EBUSY;
	if (!mutex_trylock(&h->m))
		return -EBUSY; /* expect: lock-held-at-return */
	g->open = h->open;
	mutex_unlock(&h->m);
	mutex_unlock(&g->m);
	return 0;
}

int gate_try_switch(struct gate *g)
{
	switch (mutex_trylock(&g->m)) {
	case 0:
		return -EBUSY;
	default:
		break;
	}
	g->open = 1;
	mutex_unlock(&g->m);
	return 0;
}

int gate_interruptible(struct gate *g)
{
	if (mutex_lock_interruptible(&g->m))
		return -ERESTARTSYS;
	g->open = 1;
	mutex_unlock(&g->m);
	return 0;
}

int gate_interruptible_bad(struct gate *g)
{
	if (mutex_lock_interruptible(&g->m))
		return -ERESTARTSYS;
	if (g->open)
		return -EBUSY; /* expect: lock-held-at-return */
	mutex_unlock(&g->m);
	return 0;
}

int gate_interruptible_ret(struct gate *g)
{
	int ret = mutex_lock_interruptible(&g->m);

	if (ret < 0)
		return ret;
	g->open = 1;
	mutex_unlock(&g->m);
	return ret;
}

int gate_interruptible_goto(struct gate *g)
{
	int ret;

	ret = mutex_lock_interruptible(&g->m);
	if (ret)
		goto out;
	g->open = 1;
	mutex_unlock(&g->m);
out:
	return ret;
}

int gate_interruptible_goto_bad(struct gate *g)
{
	int ret;

	ret = mutex_lock_interruptible(&g->m);
	if (ret)
		goto out; /* expect: unlock-without-lock */
	g->open = 1;
out:
	mutex_unlock(&g->m);
	return ret;
}

int gate_interruptible_ignored(struct gate *g)
{
	mutex_lock_interruptible(&g->m);
	g->open = 1;
	mutex_unlock(&g->m); /* expect: unlock-without-lock */
	return 0;
}

int gate_interruptible_inverted(struct gate *g)
{
	if (!mutex_lock_interruptible(&g->m))
		return -EINTR; /* expect: lock-held-at-return */
	g->open = 1;
	mutex_unlock(&g->m); /* expect: unlock-without-lock */
	return 0;
}

int gate_killable(struct gate *g)
{
	int err;

	err = mutex_lock_killable(&g->m);
	if (unlikely(err))
		return err;
	err = g->open ? -EBUSY : 0;
	mutex_unlock(&g->m);
	return err;
}

int gate_rwsem_killable(struct gate *g)
{
	if (down_write_killable(&g->sem))
		return -EINTR;
	g->open = 1;
	up_write(&g->sem);
	return 0;
}

int gate_rwsem_killable_bad(struct gate *g)
{
	if (down_write_killable(&g->sem))
		return -EINTR;
	g->open = 1;
	return 0; /* expect: lock-held-at-return */
}

int gate_rwsem_try(struct gate *g)
{
	if (!down_read_trylock(&g->sem))
		return -EAGAIN;
	up_read(&g->sem);
	return 0;
}

int gate_rwsem_try_bad(struct gate *g)
{
	if (!down_read_trylock(&g->sem))
		return -EAGAIN;
	if (g->open)
		return 1; /* expect: lock-held-at-return */
	up_read(&g->sem);
	return 0;
}

int gate_rwlock_try(struct gate *g)
{
	if (!write_trylock(&g->rw))
		return -EAGAIN;
	g->open = 1;
	write_unlock(&g->rw);
	return 0;
}

int gate_device_try(struct gate *g)
{
	if (!device_trylock(g->dev))
		return -EAGAIN;
	g->open = 1;
	device_unlock(g->dev);
	return 0;
}

int gate_device_try_bad(struct gate *g)
{
	if (!device_trylock(g->dev))
		return -EAGAIN;
	if (!g->dev->driver)
		return -ENODEV; /* expect: lock-held-at-return */
	device_unlock(g->dev);
	return 0;
}

int gate_spin_try_irqsave(struct gate *g)
{
	unsigned long flags;

	if (!spin_trylock_irqsave(&g->s, flags))
		return -EBUSY;
	g->open = 1;
	spin_unlock_irqrestore(&g->s, flags);
	return 0;
}

int gate_spin_try_irqsave_bad(struct gate *g)
{
	unsigned long flags;

	if (!spin_trylock_irqsave(&g->s, flags))
		return -EBUSY;
	if (g->open)
		return -EEXIST; /* expect: lock-held-at-return */
	spin_unlock_irqrestore(&g->s, flags);
	return 0;
}

int gate_dec_and_lock(struct gate *g, atomic_t *count)
{
	if (!atomic_dec_and_lock(count, &g->s))
		return 0;
	g->open = 0;
	spin_unlock(&g->s);
	return 1;
}

int gate_dec_and_lock_bad(struct gate *g, atomic_t *count)
{
	if (!atomic_dec_and_lock(count, &g->s))
		return 0;
	g->open = 0;
	return 1; /* expect: lock-held-at-return */
}

int gate_dec_and_mutex(struct gate *g, refcount_t *count)
{
	if (refcount_dec_and_mutex_lock(count, &g->m)) {
		g->open = 0;
		mutex_unlock(&g->m);
	}
	return 0;
}

/* The semaphore's try returns 0 when it took it. */
int gate_sem_try(struct gate *g)
{
	if (down_trylock(&g->slots))
		return -EBUSY;
	g->open = 1;
	up(&g->slots);
	return 0;
}

int gate_if_locked(struct gate *g)
{
	int was = mutex_is_locked(&g->m);

	if (!was)
		mutex_lock(&g->m);
	g->open = 1;
	if (!was)
		mutex_unlock(&g->m);
	return 0;
}
