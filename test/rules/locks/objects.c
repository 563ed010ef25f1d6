// Which lock it is: two objects, arrays, pointers that change, list walks, locks that are handed on, guards.

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/cleanup.h>
#include <linux/list.h>

struct shop {
	struct list_head node;
	struct mutex m;
	spinlock_t s;
	spinlock_t rows[4];
	struct shop *next;
	struct shop *parent;
	struct list_head shops;
	int stock;
	spinlock_t *lockp;
	struct kref ref;
};

static DEFINE_MUTEX(shops_mutex);
static LIST_HEAD(all_shops);
static struct mutex many[8];

int shop_two(struct shop *a, struct shop *b)
{
	mutex_lock(&a->m);
	mutex_lock(&b->m);
	a->stock += b->stock;
	mutex_unlock(&b->m);
	mutex_unlock(&a->m);
	return 0;
}

int shop_two_bad(struct shop *a, struct shop *b)
{
	mutex_lock(&a->m);
	mutex_lock(&b->m);
	a->stock += b->stock;
	mutex_unlock(&b->m);
	return 0; /* expect: lock-held-at-return */
}

int shop_two_same(struct shop *a, struct shop *b)
{
	mutex_lock(&a->m);
	mutex_lock(&b->m);
	a->stock += b->stock;
	mutex_unlock(&a->m);
	mutex_unlock(&a->m); /* expect: unlock-without-lock */
	return 0; /* expect: lock-held-at-return */
}

int shop_array(struct shop *a, int i)
{
	spin_lock(&a->rows[i]);
	a->stock++;
	spin_unlock(&a->rows[i]);
	return 0;
}

int shop_array_bad(struct shop *a, int i)
{
	spin_lock(&a->rows[i]);
	if (!a->stock)
		return -1; /* expect: lock-held-at-return */
	spin_unlock(&a->rows[i]);
	return 0;
}

int shop_array_two(struct shop *a)
{
	spin_lock(&a->rows[0]);
	spin_lock(&a->rows[1]);
	a->stock++;
	spin_unlock(&a->rows[1]);
	spin_unlock(&a->rows[0]);
	return 0;
}

int shop_array_global(int i, int how)
{
	mutex_lock(&many[i]);
	if (how)
		return how; /* expect: lock-held-at-return */
	mutex_unlock(&many[i]);
	return 0;
}

void shop_array_loop(struct shop *a)
{
	int i;

	for (i = 0; i < 4; i++) {
		spin_lock(&a->rows[i]);
		a->stock++;
		spin_unlock(&a->rows[i]);
	}
}

/* All rows are taken, and then all are given back. */
void shop_all_rows(struct shop *a)
{
	int i;

	for (i = 0; i < 4; i++)
		spin_lock(&a->rows[i]);
	a->stock = 0;
	for (i = 3; i >= 0; i--)
		spin_unlock(&a->rows[i]);
}

int shop_alias(struct shop *a)
{
	struct mutex *m = &a->m;

	mutex_lock(m);
	a->stock++;
	mutex_unlock(&a->m);
	return 0;
}

int shop_alias_bad(struct shop *a)
{
	struct mutex *m = &a->m;

	mutex_lock(m);
	if (!a->stock)
		return -1; /* expect: lock-held-at-return */
	mutex_unlock(m);
	return 0;
}

int shop_alias_double(struct shop *a)
{
	struct mutex *m = &a->m;

	mutex_lock(m);
	mutex_lock(&a->m); /* expect: double-lock */
	a->stock++;
	mutex_unlock(m);
	return 0;
}

int shop_pointer_field(struct shop *a)
{
	spin_lock(a->lockp);
	if (!a->stock) {
		spin_unlock(a->lockp);
		return -1;
	}
	spin_unlock(a->lockp);
	return 0;
}

int shop_pointer_field_bad(struct shop *a)
{
	spin_lock(a->lockp);
	if (!a->stock)
		return -1; /* expect: lock-held-at-return */
	spin_unlock(a->lockp);
	return 0;
}

int shop_parameter(spinlock_t *lock, int *count)
{
	spin_lock(lock);
	(*count)++;
	spin_unlock(lock);
	return *count;
}

int shop_parameter_bad(spinlock_t *lock, int *count)
{
	spin_lock(lock);
	if (*count)
		return 1; /* expect: lock-held-at-return */
	spin_unlock(lock);
	return 0;
}

int shop_walk(struct shop *a)
{
	struct shop *one;
	int sum = 0;

	mutex_lock(&a->m);
	list_for_each_entry(one, &a->shops, node) {
		spin_lock(&one->s);
		sum += one->stock;
		spin_unlock(&one->s);
	}
	mutex_unlock(&a->m);
	return sum;
}

int shop_walk_bad(struct shop *a)
{
	struct shop *one;

	mutex_lock(&a->m);
	list_for_each_entry(one, &a->shops, node) {
		if (one->stock)
			return one->stock; /* expect: lock-held-at-return */
	}
	mutex_unlock(&a->m);
	return 0;
}

int shop_walk_inner_bad(struct shop *a)
{
	struct shop *one;
	int ret = 0;

	mutex_lock(&a->m);
	list_for_each_entry(one, &a->shops, node) {
		spin_lock(&one->s);
		if (one->stock) {
			ret = one->stock;
			goto out; /* expect: lock-held-at-return */
		}
		spin_unlock(&one->s);
	}
out:
	mutex_unlock(&a->m);
	return ret;
}

struct shop *shop_find(int stock)
{
	struct shop *one;

	mutex_lock(&shops_mutex);
	list_for_each_entry(one, &all_shops, node) {
		if (one->stock == stock) {
			kref_get(&one->ref);
			mutex_unlock(&shops_mutex);
			return one;
		}
	}
	mutex_unlock(&shops_mutex);
	return NULL;
}

struct shop *shop_find_bad(int stock)
{
	struct shop *one;

	mutex_lock(&shops_mutex);
	list_for_each_entry(one, &all_shops, node) {
		if (one->stock == stock) {
			kref_get(&one->ref);
			return one; /* expect: lock-held-at-return */
		}
	}
	mutex_unlock(&shops_mutex);
	return NULL;
}

struct shop *shop_find_break(int stock)
{
	struct shop *one, *found = NULL;

	mutex_lock(&shops_mutex);
	list_for_each_entry(one, &all_shops, node) {
		if (one->stock == stock) {
			found = one;
			break;
		}
	}
	mutex_unlock(&shops_mutex);
	return found;
}

/* Up the tree, one lock at a time. */
void shop_climb(struct shop *a)
{
	while (a) {
		struct shop *parent;

		spin_lock(&a->s);
		parent = a->parent;
		spin_unlock(&a->s);
		a = parent;
	}
}

/* Up the tree, hand over hand. */
void shop_climb_hand_over_hand(struct shop *a)
{
	spin_lock(&a->s);
	while (a->parent) {
		struct shop *parent = a->parent;

		spin_lock(&parent->s);
		spin_unlock(&a->s);
		a = parent;
	}
	spin_unlock(&a->s);
}

int shop_guard(struct shop *a)
{
	guard(mutex)(&a->m);

	if (!a->stock)
		return -1;
	a->stock++;
	return 0;
}

int shop_guard_and_unlock(struct shop *a)
{
	guard(mutex)(&a->m); /* expect: unlock-without-lock */

	if (!a->stock) {
		mutex_unlock(&a->m);
		return -1;
	}
	a->stock++;
	return 0;
}

int shop_guard_twice(struct shop *a)
{
	guard(mutex)(&a->m);

	a->stock++;
	mutex_lock(&a->m); /* expect: double-lock */
	a->stock++;
	mutex_unlock(&a->m);
	return 0;
}

int shop_scoped(struct shop *a)
{
	scoped_guard(spinlock, &a->s) {
		if (a->stock)
			return 1;
	}
	mutex_lock(&a->m);
	a->stock++;
	mutex_unlock(&a->m);
	return 0;
}

int shop_scoped_bad(struct shop *a)
{
	mutex_lock(&a->m);
	scoped_guard(spinlock, &a->s) {
		if (a->stock)
			return 1; /* expect: lock-held-at-return */
	}
	mutex_unlock(&a->m);
	return 0;
}

int shop_guard_block(struct shop *a, int how)
{
	if (how) {
		guard(spinlock_irqsave)(&a->s);
		a->stock++;
	}
	spin_lock(&a->s);
	a->stock--;
	spin_unlock(&a->s);
	return 0;
}

int shop_cond_guard(struct shop *a)
{
	scoped_cond_guard(mutex_intr, return -EINTR, &a->m) {
		a->stock++;
	}
	return 0;
}

int shop_callback(struct shop *a, int (*fn)(struct shop *))
{
	int ret;

	mutex_lock(&a->m);
	ret = fn(a);
	mutex_unlock(&a->m);
	return ret;
}

int shop_callback_bad(struct shop *a, int (*fn)(struct shop *))
{
	mutex_lock(&a->m);
	if (fn(a))
		return -EIO; /* expect: lock-held-at-return */
	mutex_unlock(&a->m);
	return 0;
}

int shop_replaced(struct shop *a) /* expect: helper-releases-caller-lock */
{
	spin_lock(&a->s);
	a = a->next;
	spin_unlock(&a->s);
	return 0; /* expect: lock-held-at-return */
}

int shop_allocated(struct shop *parent)
{
	struct shop *a = kzalloc(sizeof(*a), GFP_KERNEL);

	if (!a)
		return -ENOMEM;
	mutex_init(&a->m);
	mutex_lock(&a->m);
	a->stock = 1;
	mutex_unlock(&a->m);
	kfree(a);
	return 0;
}

int shop_allocated_bad(struct shop *parent)
{
	struct shop *a;

	mutex_lock(&parent->m);
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM; /* expect: lock-held-at-return */
	list_add(&a->node, &parent->shops);
	mutex_unlock(&parent->m);
	return 0;
}

int shop_err_ptr(struct shop *parent)
{
	struct shop *a;

	mutex_lock(&parent->m);
	a = shop_create(parent);
	if (IS_ERR(a)) {
		mutex_unlock(&parent->m);
		return PTR_ERR(a);
	}
	list_add(&a->node, &parent->shops);
	mutex_unlock(&parent->m);
	return 0;
}

int shop_err_ptr_bad(struct shop *parent)
{
	struct shop *a;

	mutex_lock(&parent->m);
	a = shop_create(parent);
	if (IS_ERR(a))
		return PTR_ERR(a); /* expect: lock-held-at-return */
	list_add(&a->node, &parent->shops);
	mutex_unlock(&parent->m);
	return 0;
}

static void shop_work(struct work_struct *work)
{
	struct shop *a = container_of(work, struct shop, work);

	mutex_lock(&a->m);
	a->stock = 0;
	mutex_unlock(&a->m);
}

static irqreturn_t shop_irq(int irq, void *data)
{
	struct shop *a = data;

	spin_lock(&a->s);
	if (!a->stock)
		return IRQ_NONE; /* expect: lock-held-at-return */
	a->stock--;
	spin_unlock(&a->s);
	return IRQ_HANDLED;
}

static const struct shop_ops shop_ops = {
	.work = shop_work,
	.irq = shop_irq,
};

/* A function whose code is not here and that gets the lock itself may give it back. */
void drawer_wait(struct mutex *lock);

int drawer_wait_for(struct mutex *lock, int n)
{
	mutex_lock(lock);
	while (n--) {
		drawer_wait(lock);
		mutex_lock(lock);
	}
	mutex_unlock(lock);
	return 0;
}
