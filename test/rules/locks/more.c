// More ways: old C, odd forms, long functions, callbacks, returns in odd places.

#include <linux/mutex.h>
#include <linux/spinlock.h>

#define EXPORT_SYMBOL(x)
#define __init
#define min(a, b) ((a) < (b) ? (a) : (b))

struct dev {
	struct mutex lock;
	struct mutex *plock;
	spinlock_t s;
	struct {
		struct mutex inner;
		int x;
	} sub;
	int state;
	int users;
	unsigned long flags;
	struct dev *peer;
	const struct ops *ops;
};

struct ops {
	int (*open)(struct dev *);
	void (*close)(struct dev *);
};

extern int do_io(struct dev *d);
extern int check(int);

int dev_embedded(struct dev *d)
{
	mutex_lock(&d->sub.inner);
	d->sub.x = 1;
	mutex_unlock(&d->sub.inner);
	return 0;
}

int dev_embedded_bad(struct dev *d)
{
	mutex_lock(&d->sub.inner);
	if (d->sub.x)
		return 1; /* expect: lock-held-at-return */
	mutex_unlock(&d->sub.inner);
	return 0;
}

int dev_array_index_expr(struct dev *d, int i)
{
	mutex_lock(&d[i + 1].lock);
	d[i + 1].state = 0;
	mutex_unlock(&d[i + 1].lock);
	return 0;
}

int dev_array_index_expr_bad(struct dev *d, int i)
{
	mutex_lock(&d[i + 1].lock);
	if (d[i + 1].state)
		return 1; /* expect: lock-held-at-return */
	mutex_unlock(&d[i + 1].lock);
	return 0;
}

int dev_cast(void *p)
{
	mutex_lock(&((struct dev *)p)->lock);
	((struct dev *)p)->state = 1;
	mutex_unlock(&((struct dev *)p)->lock);
	return 0;
}

int dev_cast_bad(void *p)
{
	struct dev *d = (struct dev *)p;

	mutex_lock(&((struct dev *)p)->lock);
	if (d->state)
		return 1; /* expect: lock-held-at-return */
	mutex_unlock(&d->lock);
	return 0;
}

int dev_return_call(struct dev *d)
{
	mutex_lock(&d->lock);
	return do_io(d); /* expect: lock-held-at-return */
}

int dev_return_ternary(struct dev *d)
{
	mutex_lock(&d->lock);
	d->state = 1;
	mutex_unlock(&d->lock);
	return d->users ? do_io(d) : -1;
}

int dev_return_value_under_lock(struct dev *d)
{
	int v;

	mutex_lock(&d->lock);
	v = d->users ? do_io(d) : -1;
	mutex_unlock(&d->lock);
	return v;
}

void dev_void_return(struct dev *d)
{
	mutex_lock(&d->lock);
	if (!d->users)
		return; /* expect: lock-held-at-return */
	d->users--;
	mutex_unlock(&d->lock);
}

void dev_void_fallthrough(struct dev *d)
{
	mutex_lock(&d->lock);
	if (d->users) {
		d->users--;
		mutex_unlock(&d->lock);
		return;
	}
	d->state = 0;
} /* expect: lock-held-at-return */

int dev_knr(d)
struct dev *d;
{
	mutex_lock(&d->lock);
	d->state = 0;
	mutex_unlock(&d->lock);
	return 0;
}

int dev_ops_call(struct dev *d)
{
	int ret;

	mutex_lock(&d->lock);
	ret = d->ops->open(d);
	if (ret)
		goto fail;
	mutex_unlock(&d->lock);
	return 0;
fail:
	d->ops->close(d);
	mutex_unlock(&d->lock);
	return ret;
}

int dev_ops_call_bad(struct dev *d)
{
	int ret;

	mutex_lock(&d->lock);
	ret = d->ops->open(d);
	if (ret)
		goto fail;
	mutex_unlock(&d->lock);
	return 0;
fail:
	d->ops->close(d);
	return ret; /* expect: lock-held-at-return */
}

int dev_three_labels(struct dev *d)
{
	int ret = 0;

	mutex_lock(&d->lock);
	if (d->state == 1)
		goto one;
	if (d->state == 2)
		goto two;
	if (d->state == 3)
		goto three;
	mutex_unlock(&d->lock);
	return 0;
one:
	ret = -1;
two:
	mutex_unlock(&d->lock);
	return ret;
three:
	ret = -3;
	goto two;
}

int dev_backward_goto(struct dev *d)
{
	int tries = 3;

	mutex_lock(&d->lock);
retry:
	if (do_io(d)) {
		if (--tries)
			goto retry;
		mutex_unlock(&d->lock);
		return -5;
	}
	mutex_unlock(&d->lock);
	return 0;
}

int dev_backward_goto_bad(struct dev *d)
{
	int tries = 3;

retry:
	mutex_lock(&d->lock); /* expect: double-lock */
	if (do_io(d)) {
		if (--tries)
			goto retry;
		mutex_unlock(&d->lock);
		return -5;
	}
	mutex_unlock(&d->lock);
	return 0;
}

int dev_while_true_break(struct dev *d)
{
	while (true) {
		mutex_lock(&d->lock);
		if (do_io(d))
			break;
		mutex_unlock(&d->lock);
	}
	d->state = 1;
	mutex_unlock(&d->lock);
	return 0;
}

int dev_while_true_break_bad(struct dev *d)
{
	while (true) {
		mutex_lock(&d->lock);
		if (do_io(d)) {
			mutex_unlock(&d->lock);
			break;
		}
		mutex_unlock(&d->lock);
	}
	d->state = 1;
	mutex_unlock(&d->lock); /* expect: unlock-without-lock */
	return 0;
}

int dev_loop_lock_once(struct dev *d, int n)
{
	int i, locked = 0;

	for (i = 0; i < n; i++) {
		if (!locked) {
			mutex_lock(&d->lock);
			locked = 1;
		}
		d->users++;
	}
	if (locked)
		mutex_unlock(&d->lock);
	return 0;
}

int dev_loop_unlock_each(struct dev *d, int n)
{
	int i;

	mutex_lock(&d->lock);
	for (i = 0; i < n; i++) {
		d->users++;
		if (d->users > 10) {
			mutex_unlock(&d->lock);
			do_io(d);
			mutex_lock(&d->lock);
		}
	}
	mutex_unlock(&d->lock);
	return 0;
}

int dev_loop_unlock_each_bad(struct dev *d, int n)
{
	int i;

	mutex_lock(&d->lock);
	for (i = 0; i < n; i++) {
		d->users++;
		if (d->users > 10) {
			mutex_unlock(&d->lock); /* expect: unlock-without-lock */
			if (do_io(d))
				continue;
			mutex_lock(&d->lock);
		}
	}
	mutex_unlock(&d->lock); /* expect: unlock-without-lock */
	return 0;
}

int dev_switch_goto(struct dev *d, int cmd)
{
	int ret = -22;

	switch (cmd) {
	case 1:
		mutex_lock(&d->lock);
		ret = do_io(d);
		goto unlock;
	case 2:
		mutex_lock(&d->lock);
		ret = 0;
		break;
	default:
		return ret;
	}
unlock:
	mutex_unlock(&d->lock);
	return ret;
}

int dev_switch_goto_bad(struct dev *d, int cmd)
{
	int ret = -22;

	switch (cmd) {
	case 1:
		mutex_lock(&d->lock);
		ret = do_io(d);
		goto out; /* expect: lock-held-at-return */
	case 2:
		mutex_lock(&d->lock);
		ret = 0;
		break;
	default:
		return ret;
	}
	mutex_unlock(&d->lock);
out:
	return ret;
}

int dev_nested_switch(struct dev *d, int a, int b)
{
	spin_lock(&d->s);
	switch (a) {
	case 0:
		switch (b) {
		case 0:
			spin_unlock(&d->s);
			return 0;
		case 1:
			break;
		default:
			return 2; /* expect: lock-held-at-return */
		}
		break;
	default:
		break;
	}
	spin_unlock(&d->s);
	return 1;
}

static int __init dev_init(void)
{
	static struct mutex once;

	mutex_lock(&once);
	if (check(1)) {
		mutex_unlock(&once);
		return -1;
	}
	mutex_unlock(&once);
	return 0;
}

static int __init dev_init_bad(void)
{
	static struct mutex once;

	mutex_lock(&once);
	if (check(1))
		return -1; /* expect: lock-held-at-return */
	mutex_unlock(&once);
	return 0;
}

int dev_assign_in_condition(struct dev *d)
{
	int err;

	mutex_lock(&d->lock);
	if ((err = do_io(d)) != 0) {
		mutex_unlock(&d->lock);
		return err;
	}
	mutex_unlock(&d->lock);
	return 0;
}

int dev_assign_in_condition_bad(struct dev *d)
{
	int err;

	mutex_lock(&d->lock);
	if ((err = do_io(d)) < 0)
		return err; /* expect: lock-held-at-return */
	mutex_unlock(&d->lock);
	return 0;
}

int dev_while_assign(struct dev *d)
{
	int n;

	mutex_lock(&d->lock);
	while ((n = do_io(d)) > 0) {
		if (n > 100) {
			mutex_unlock(&d->lock);
			return n;
		}
	}
	mutex_unlock(&d->lock);
	return n;
}

int dev_pointer_to_lock(struct dev *d)
{
	mutex_lock(d->plock);
	if (d->state) {
		mutex_unlock(d->plock);
		return 1;
	}
	do_io(d);
	mutex_unlock(d->plock);
	return 0;
}

int dev_pointer_to_lock_bad(struct dev *d)
{
	mutex_lock(d->plock);
	if (d->state)
		return 1; /* expect: lock-held-at-return */
	mutex_unlock(d->plock);
	return 0;
}

int dev_if_else_chain(struct dev *d, int k)
{
	mutex_lock(&d->lock);
	if (k == 1)
		d->state = 1;
	else if (k == 2)
		d->state = 2;
	else if (k == 3)
		return 3; /* expect: lock-held-at-return */
	else
		d->state = 4;
	mutex_unlock(&d->lock);
	return 0;
}

int dev_same_test_after_call(struct dev *d, int k)
{
	if (k)
		spin_lock(&d->s);
	do_io(d);
	check(k);
	if (k)
		spin_unlock(&d->s);
	return 0;
}

int dev_opposite_tests(struct dev *d, int k)
{
	if (k > 5)
		spin_lock(&d->s);
	do_io(d);
	if (!(k <= 5))
		spin_unlock(&d->s);
	return 0;
}

int dev_test_changed(struct dev *d, int k)
{
	if (k)
		spin_lock(&d->s);
	k = do_io(d);
	if (k)
		spin_unlock(&d->s); /* expect: unlock-without-lock */
	return 0; /* expect: lock-held-at-return */
}

int dev_and_or(struct dev *d, int a, int b)
{
	if (a)
		spin_lock(&d->s);
	if (a && b)
		d->users++;
	if (a || b)
		d->state++;
	if (a)
		spin_unlock(&d->s);
	return 0;
}

int dev_null_means_none(struct dev *d)
{
	if (d)
		mutex_lock(&d->lock);
	check(1);
	if (d)
		mutex_unlock(&d->lock);
	return 0;
}

int dev_peer(struct dev *d)
{
	struct dev *p = d->peer;

	mutex_lock(&d->lock);
	if (p && p != d)
		mutex_lock(&p->lock);
	do_io(d);
	if (p && p != d)
		mutex_unlock(&p->lock);
	mutex_unlock(&d->lock);
	return 0;
}

int dev_peer_bad(struct dev *d)
{
	struct dev *p = d->peer;

	mutex_lock(&d->lock);
	if (p)
		mutex_lock(&p->lock);
	do_io(d);
	if (p && p != d)
		mutex_unlock(&p->lock);
	mutex_unlock(&d->lock);
	return 0; /* expect: lock-held-at-return */
}

int dev_long(struct dev *d, int a, int b, int c, int e, int f, int g)
{
	mutex_lock(&d->lock);
	if (a)
		d->state |= 1;
	if (b)
		d->state |= 2;
	if (c)
		d->state |= 4;
	if (e)
		d->state |= 8;
	if (f)
		d->state |= 16;
	if (g)
		d->state |= 32;
	if (d->state == 63) {
		mutex_unlock(&d->lock);
		return 1;
	}
	if (a && b && c)
		do_io(d);
	mutex_unlock(&d->lock);
	return 0;
}

int dev_long_flag(struct dev *d, int a, int b, int c, int e, int f, int g)
{
	if (a)
		mutex_lock(&d->lock);
	if (b)
		do_io(d);
	if (c)
		do_io(d);
	if (e)
		do_io(d);
	if (f)
		do_io(d);
	if (g)
		do_io(d);
	while (d->users > 0) {
		d->users--;
		if (b && c)
			break;
	}
	if (a)
		mutex_unlock(&d->lock);
	return 0;
}

int dev_long_flag_bad(struct dev *d, int a, int b, int c, int e, int f, int g)
{
	if (a)
		mutex_lock(&d->lock);
	if (b)
		do_io(d);
	if (c)
		do_io(d);
	if (e)
		do_io(d);
	if (f)
		do_io(d);
	if (g)
		do_io(d);
	if (b)
		mutex_unlock(&d->lock); /* expect: unlock-without-lock */
	return 0; /* expect: lock-held-at-return */
}

int dev_local_variable_flag(struct dev *d)
{
	unsigned int took = 0;

	if (check(1)) {
		spin_lock(&d->s);
		took |= 1;
	}
	if (check(2)) {
		spin_lock(&d->peer->s);
		took |= 2;
	}
	do_io(d);
	if (took & 2)
		spin_unlock(&d->peer->s);
	if (took & 1)
		spin_unlock(&d->s);
	return 0;
}

void dev_thread(struct dev *d)
{
	for (;;) {
		spin_lock(&d->s);
		if (d->state) {
			spin_unlock(&d->s);
			break;
		}
		spin_unlock(&d->s);
		schedule();
	}
}

void dev_thread_bad(struct dev *d)
{
	for (;;) {
		spin_lock(&d->s);
		if (d->state)
			break;
		spin_unlock(&d->s);
		schedule();
	}
} /* expect: lock-held-at-return */
