// Tests that belong together: a flag, a parameter or a field says on which paths the lock is held.

#include <linux/mutex.h>
#include <linux/spinlock.h>

struct lane {
	struct mutex m;
	spinlock_t s;
	bool shared;
	int state;
	int cars;
	struct lane *other;
};

int lane_flag(struct lane *l, int busy)
{
	bool locked = false;

	if (busy) {
		mutex_lock(&l->m);
		locked = true;
	}
	l->cars++;
	if (locked)
		mutex_unlock(&l->m);
	return 0;
}

int lane_flag_bad(struct lane *l, int busy)
{
	bool locked = false;

	if (busy) {
		mutex_lock(&l->m);
		locked = true;
	}
	l->cars++;
	if (!locked)
		mutex_unlock(&l->m); /* expect: unlock-without-lock */
	return 0; /* expect: lock-held-at-return */
}

int lane_flag_forgotten(struct lane *l, int busy)
{
	bool locked = false;

	if (busy) {
		mutex_lock(&l->m);
		if (l->state > 3)
			locked = true;
	}
	l->cars++;
	if (locked)
		mutex_unlock(&l->m);
	return 0; /* expect: lock-held-at-return */
}

int lane_parameter(struct lane *l, int need)
{
	if (need)
		mutex_lock(&l->m);
	l->cars++;
	if (need)
		mutex_unlock(&l->m);
	return 0;
}

int lane_parameter_inverted(struct lane *l, int need)
{
	if (!need)
		mutex_lock(&l->m);
	l->cars++;
	if (need == 0)
		mutex_unlock(&l->m);
	return 0;
}

int lane_parameter_bad(struct lane *l, int need)
{
	if (need)
		mutex_lock(&l->m);
	l->cars++;
	if (need > 1)
		mutex_unlock(&l->m);
	return 0; /* expect: lock-held-at-return */
}

int lane_two_parameters(struct lane *l, int a, int b)
{
	if (a && b)
		mutex_lock(&l->m);
	l->cars++;
	if (a && b)
		mutex_unlock(&l->m);
	return 0;
}

int lane_two_parameters_bad(struct lane *l, int a, int b)
{
	if (a || b)
		mutex_lock(&l->m);
	l->cars++;
	if (a && b)
		mutex_unlock(&l->m);
	return 0; /* expect: lock-held-at-return */
}

int lane_field(struct lane *l)
{
	if (l->shared)
		mutex_lock(&l->m);
	l->cars++;
	if (l->shared)
		mutex_unlock(&l->m);
	return 0;
}

int lane_enumeration(struct lane *l, int kind)
{
	switch (kind) {
	case 1:
	case 2:
		mutex_lock(&l->m);
		break;
	default:
		break;
	}
	l->cars++;
	switch (kind) {
	case 1:
	case 2:
		mutex_unlock(&l->m);
		break;
	}
	return 0;
}

int lane_enumeration_bad(struct lane *l, int kind)
{
	switch (kind) {
	case 1:
	case 2:
		mutex_lock(&l->m);
		break;
	default:
		break;
	}
	l->cars++;
	switch (kind) {
	case 1:
		mutex_unlock(&l->m);
		break;
	}
	return 0; /* expect: lock-held-at-return */
}

int lane_bits(struct lane *l, unsigned int flags)
{
	if (flags & 1)
		mutex_lock(&l->m);
	l->cars++;
	if (flags & 1)
		mutex_unlock(&l->m);
	return 0;
}

int lane_bits_bad(struct lane *l, unsigned int flags)
{
	if (flags & 1)
		mutex_lock(&l->m);
	l->cars++;
	if (flags & 2)
		mutex_unlock(&l->m); /* expect: unlock-without-lock */
	return 0; /* expect: lock-held-at-return */
}

int lane_error_code(struct lane *l)
{
	int err = -EBUSY;

	if (l->state == 0) {
		mutex_lock(&l->m);
		err = 0;
	}
	if (err)
		return err;
	l->cars++;
	mutex_unlock(&l->m);
	return 0;
}

int lane_error_code_bad(struct lane *l)
{
	int err = 0;

	if (l->state == 0) {
		mutex_lock(&l->m);
		err = lane_check(l);
	}
	if (err)
		return err; /* expect: lock-held-at-return */
	l->cars++;
	mutex_unlock(&l->m); /* expect: unlock-without-lock */
	return 0;
}

int lane_error_of_callee(struct lane *l)
{
	int err;

	mutex_lock(&l->m);
	err = lane_check(l);
	if (!err)
		l->cars++;
	mutex_unlock(&l->m);
	if (err)
		return err;
	return l->cars;
}

int lane_error_of_callee_bad(struct lane *l)
{
	int err;

	mutex_lock(&l->m);
	err = lane_check(l);
	if (err)
		return err; /* expect: lock-held-at-return */
	mutex_unlock(&l->m);
	return 0;
}

int lane_pointer(struct lane *l)
{
	struct lane *held = NULL;

	if (l->other) {
		held = l->other;
		mutex_lock(&held->m);
	}
	l->cars++;
	if (held)
		mutex_unlock(&held->m);
	return 0;
}

int lane_pointer_bad(struct lane *l)
{
	struct lane *held = NULL;

	if (l->other) {
		held = l->other;
		mutex_lock(&held->m);
		if (held->cars > 5)
			held = NULL;
	}
	l->cars++;
	if (held)
		mutex_unlock(&held->m);
	return 0; /* expect: lock-held-at-return */
}

int lane_counter(struct lane *l, int n)
{
	int depth = 0;

	if (n > 2) {
		spin_lock(&l->s);
		depth++;
	}
	l->cars += n;
	if (depth > 0)
		spin_unlock(&l->s);
	return depth;
}

int lane_early_and_late(struct lane *l, int n)
{
	if (n < 0)
		return -EINVAL;
	if (n == 0)
		goto done;
	spin_lock(&l->s);
	l->cars += n;
	if (l->cars > 100) {
		l->cars = 100;
		goto unlock;
	}
	l->state = 1;
unlock:
	spin_unlock(&l->s);
done:
	return 0;
}

int lane_early_and_late_bad(struct lane *l, int n)
{
	if (n < 0)
		return -EINVAL;
	if (n == 0)
		goto unlock; /* expect: unlock-without-lock */
	spin_lock(&l->s);
	l->cars += n;
	if (l->cars > 100)
		goto done; /* expect: lock-held-at-return */
	l->state = 1;
unlock:
	spin_unlock(&l->s);
done:
	return 0;
}

int lane_bug(struct lane *l)
{
	spin_lock(&l->s);
	if (l->cars < 0)
		BUG();
	spin_unlock(&l->s);
	return 0;
}

int lane_bug_on(struct lane *l)
{
	spin_lock(&l->s);
	BUG_ON(l->cars < 0);
	l->cars = 0;
	spin_unlock(&l->s);
	return 0;
}

int lane_panic(struct lane *l)
{
	spin_lock(&l->s);
	if (l->cars < 0)
		panic("cars %d\n", l->cars);
	spin_unlock(&l->s);
	return 0;
}

int lane_warn(struct lane *l)
{
	spin_lock(&l->s);
	if (WARN_ON(l->cars < 0)) {
		spin_unlock(&l->s);
		return -EIO;
	}
	spin_unlock(&l->s);
	return 0;
}

int lane_warn_bad(struct lane *l)
{
	spin_lock(&l->s);
	if (WARN_ON(l->cars < 0))
		return -EIO; /* expect: lock-held-at-return */
	spin_unlock(&l->s);
	return 0;
}

void lane_die(struct lane *l) __attribute__((noreturn));

int lane_noreturn(struct lane *l)
{
	spin_lock(&l->s);
	if (l->cars < 0)
		lane_die(l);
	spin_unlock(&l->s);
	return 0;
}

void lane_exit_thread(struct lane *l)
{
	spin_lock(&l->s);
	if (l->cars < 0) {
		spin_unlock(&l->s);
		do_exit(0);
	}
	spin_unlock(&l->s);
}

int lane_never(struct lane *l)
{
	mutex_lock(&l->m);
	l->cars++;
	mutex_unlock(&l->m);
	return 0;
	l->cars--;
	mutex_unlock(&l->m);
}

int lane_if_zero(struct lane *l)
{
	mutex_lock(&l->m);
	if (0)
		return 1;
	mutex_unlock(&l->m);
	return 0;
}

int lane_if_one(struct lane *l)
{
	if (1)
		mutex_lock(&l->m);
	l->cars++;
	if (1)
		mutex_unlock(&l->m);
	return 0;
}

int lane_short_circuit(struct lane *l, struct lane *k)
{
	if (!l || !k)
		return -EINVAL;
	mutex_lock(&l->m);
	if (k->cars && lane_check(k) && l->cars) {
		mutex_unlock(&l->m);
		return 1;
	}
	mutex_unlock(&l->m);
	return 0;
}

int lane_ternary(struct lane *l, int up)
{
	up ? mutex_lock(&l->m) : spin_lock(&l->s);
	l->cars++;
	up ? mutex_unlock(&l->m) : spin_unlock(&l->s);
	return 0;
}

int lane_computed(struct lane *l, int up)
{
	void *where = up ? &&one : &&two;

	mutex_lock(&l->m);
	goto *where;
one:
	l->cars++;
two:
	mutex_unlock(&l->m);
	return 0;
}

int lane_jump_into_block(struct lane *l, int up)
{
	mutex_lock(&l->m);
	if (up)
		goto inside;
	if (l->cars) {
inside:
		l->cars--;
	}
	mutex_unlock(&l->m);
	return 0;
}
