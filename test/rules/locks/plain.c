// Mutexes and spinlocks on plain paths: returns, labels, loops, switches.

struct mutex;
typedef struct { int raw; } spinlock_t;
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
void spin_lock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);
int read_sensor(int channel);
void log_value(int value);

struct tank {
	struct mutex level_lock;
	spinlock_t flow_lock;
	int level;
	int flow;
	int nr_valves;
	int valve[8];
};

/* good */
int tank_level(struct tank *t)
{
	int level;

	mutex_lock(&t->level_lock);
	level = t->level;
	mutex_unlock(&t->level_lock);
	return level;
}

int tank_fill_early(struct tank *t, int amount)
{
	mutex_lock(&t->level_lock);
	if (amount < 0)
		return -22; /* expect: lock-held-at-return */
	t->level += amount;
	mutex_unlock(&t->level_lock);
	return 0;
}

int tank_fill(struct tank *t, int amount)
{
	mutex_lock(&t->level_lock);
	if (amount < 0) {
		mutex_unlock(&t->level_lock);
		return -22;
	}
	t->level += amount;
	mutex_unlock(&t->level_lock);
	return 0;
}

int tank_fill_goto(struct tank *t, int amount)
{
	int ret = 0;

	mutex_lock(&t->level_lock);
	if (amount < 0) {
		ret = -22;
		goto out;
	}
	t->level += amount;
out:
	mutex_unlock(&t->level_lock);
	return ret;
}

int tank_fill_wrong_label(struct tank *t, int amount)
{
	int ret = 0;

	mutex_lock(&t->level_lock);
	if (amount < 0) {
		ret = -22;
		goto out; /* expect: lock-held-at-return */
	}
	t->level += amount;
	mutex_unlock(&t->level_lock);
out:
	return ret;
}

int tank_jump_past_lock(struct tank *t, int amount)
{
	int ret = 0;

	if (amount < 0) {
		ret = -22;
		goto out; /* expect: unlock-without-lock */
	}
	mutex_lock(&t->level_lock);
	t->level += amount;
out:
	mutex_unlock(&t->level_lock);
	return ret;
}

int tank_two_labels(struct tank *t, int amount)
{
	int ret = -22;

	if (amount < 0)
		goto out;
	mutex_lock(&t->level_lock);
	if (t->level > 100)
		goto out_unlock;
	t->level += amount;
	ret = 0;
out_unlock:
	mutex_unlock(&t->level_lock);
out:
	return ret;
}

void tank_reset(struct tank *t)
{
	mutex_lock(&t->level_lock);
	t->level = 0;
	mutex_unlock(&t->level_lock);
	mutex_lock(&t->level_lock);
	t->flow = 0;
	mutex_unlock(&t->level_lock);
}

void tank_reset_twice(struct tank *t)
{
	mutex_lock(&t->level_lock);
	t->level = 0;
	mutex_lock(&t->level_lock); /* expect: double-lock */
	t->flow = 0;
	mutex_unlock(&t->level_lock);
}

void tank_drain_twice(struct tank *t)
{
	mutex_lock(&t->level_lock);
	t->level = 0;
	mutex_unlock(&t->level_lock);
	t->flow = 0;
	mutex_unlock(&t->level_lock); /* expect: unlock-without-lock */
}

void tank_maybe_drain_twice(struct tank *t, int hard)
{
	mutex_lock(&t->level_lock);
	if (hard) {
		t->level = 0;
		mutex_unlock(&t->level_lock);
	}
	t->flow = 0;
	mutex_unlock(&t->level_lock); /* expect: unlock-without-lock */
}

void tank_wrong_order(struct tank *t)
{
	mutex_unlock(&t->level_lock); /* expect: unlock-without-lock */
	t->level = 0;
	mutex_lock(&t->level_lock);
}

int tank_switch(struct tank *t, int what)
{
	int ret = 0;

	spin_lock(&t->flow_lock);
	switch (what) {
	case 0:
		t->flow = 0;
		break;
	case 1:
		t->flow++;
		break;
	default:
		ret = -22;
		break;
	}
	spin_unlock(&t->flow_lock);
	return ret;
}

int tank_switch_return(struct tank *t, int what)
{
	spin_lock(&t->flow_lock);
	switch (what) {
	case 0:
		t->flow = 0;
		break;
	case 1:
		t->flow++;
		break;
	default:
		return -22; /* expect: lock-held-at-return */
	}
	spin_unlock(&t->flow_lock);
	return 0;
}

int tank_switch_each(struct tank *t, int what)
{
	spin_lock(&t->flow_lock);
	switch (what) {
	case 0:
		t->flow = 0;
		spin_unlock(&t->flow_lock);
		return 0;
	case 1:
		t->flow++;
		spin_unlock(&t->flow_lock);
		return 1;
	}
	spin_unlock(&t->flow_lock);
	return 2;
}

int tank_switch_falls(struct tank *t, int what)
{
	spin_lock(&t->flow_lock);
	switch (what) {
	case 0:
		t->flow = 0;
		spin_unlock(&t->flow_lock);
		/* fall through */
	case 1:
		t->flow++;
		spin_unlock(&t->flow_lock); /* expect: unlock-without-lock */
		break;
	default:
		spin_unlock(&t->flow_lock);
	}
	return 0;
}

int tank_loop(struct tank *t)
{
	int i, sum = 0;

	for (i = 0; i < t->nr_valves; i++) {
		spin_lock(&t->flow_lock);
		sum += t->valve[i];
		spin_unlock(&t->flow_lock);
	}
	return sum;
}

int tank_loop_return(struct tank *t)
{
	int i;

	for (i = 0; i < t->nr_valves; i++) {
		spin_lock(&t->flow_lock);
		if (t->valve[i] < 0)
			return i; /* expect: lock-held-at-return */
		spin_unlock(&t->flow_lock);
	}
	return -1;
}

int tank_loop_break(struct tank *t)
{
	int i;

	for (i = 0; i < t->nr_valves; i++) {
		spin_lock(&t->flow_lock);
		if (t->valve[i] < 0)
			break;
		spin_unlock(&t->flow_lock);
	}
	return i; /* expect: lock-held-at-return */
}

int tank_loop_continue(struct tank *t)
{
	int i, sum = 0;

	for (i = 0; i < t->nr_valves; i++) {
		spin_lock(&t->flow_lock); /* expect: double-lock */
		if (t->valve[i] < 0)
			continue;
		sum += t->valve[i];
		spin_unlock(&t->flow_lock);
	}
	return sum; /* expect: lock-held-at-return */
}

int tank_loop_break_right(struct tank *t)
{
	int i, found = -1;

	for (i = 0; i < t->nr_valves; i++) {
		spin_lock(&t->flow_lock);
		if (t->valve[i] < 0) {
			found = i;
			spin_unlock(&t->flow_lock);
			break;
		}
		spin_unlock(&t->flow_lock);
	}
	return found;
}

int tank_while_outside(struct tank *t)
{
	int n = 0;

	mutex_lock(&t->level_lock);
	while (t->level > 0) {
		t->level--;
		n++;
		if (n > 100)
			break;
	}
	mutex_unlock(&t->level_lock);
	return n;
}

int tank_while_release_inside(struct tank *t)
{
	int n = 0;

	mutex_lock(&t->level_lock);
	while (t->level > 0) {
		t->level--;
		n++;
		mutex_unlock(&t->level_lock); /* expect: unlock-without-lock */
	}
	return n; /* expect: lock-held-at-return */
}

void tank_wait_relock(struct tank *t)
{
	mutex_lock(&t->level_lock);
	while (t->level > 0) {
		mutex_unlock(&t->level_lock);
		read_sensor(1);
		mutex_lock(&t->level_lock);
	}
	mutex_unlock(&t->level_lock);
}

int tank_retry(struct tank *t)
{
	int level;

again:
	spin_lock(&t->flow_lock);
	level = t->level;
	if (level < 0) {
		spin_unlock(&t->flow_lock);
		read_sensor(level);
		goto again;
	}
	spin_unlock(&t->flow_lock);
	return level;
}

int tank_retry_held(struct tank *t)
{
	int level;

again:
	spin_lock(&t->flow_lock); /* expect: double-lock */
	level = t->level;
	if (level < 0)
		goto again;
	spin_unlock(&t->flow_lock);
	return level;
}

int tank_retry_inside(struct tank *t)
{
	int level;

	spin_lock(&t->flow_lock);
again:
	level = t->level;
	if (level < 0) {
		t->level = read_sensor(0);
		goto again;
	}
	spin_unlock(&t->flow_lock);
	return level;
}

void tank_do_while(struct tank *t)
{
	do {
		mutex_lock(&t->level_lock);
		t->level--;
		mutex_unlock(&t->level_lock);
	} while (t->level > 0);
}

int tank_do_while_return(struct tank *t)
{
	do {
		mutex_lock(&t->level_lock);
		if (t->flow)
			return 1; /* expect: lock-held-at-return */
		mutex_unlock(&t->level_lock);
	} while (t->level > 0);
	return 0;
}

int tank_forever(struct tank *t)
{
	for (;;) {
		mutex_lock(&t->level_lock);
		if (t->level == 0) {
			mutex_unlock(&t->level_lock);
			return 0;
		}
		t->level--;
		mutex_unlock(&t->level_lock);
	}
}

int tank_forever_return(struct tank *t)
{
	while (1) {
		mutex_lock(&t->level_lock);
		if (t->level == 0)
			return 0; /* expect: lock-held-at-return */
		t->level--;
		mutex_unlock(&t->level_lock);
	}
}

int tank_nested(struct tank *t)
{
	mutex_lock(&t->level_lock);
	spin_lock(&t->flow_lock);
	t->level += t->flow;
	spin_unlock(&t->flow_lock);
	mutex_unlock(&t->level_lock);
	return 0;
}

int tank_nested_crossed(struct tank *t)
{
	mutex_lock(&t->level_lock);
	spin_lock(&t->flow_lock);
	t->level += t->flow;
	mutex_unlock(&t->level_lock);
	t->flow = 0;
	spin_unlock(&t->flow_lock);
	return 0;
}

int tank_nested_half(struct tank *t)
{
	mutex_lock(&t->level_lock);
	spin_lock(&t->flow_lock);
	if (t->flow == 0) {
		mutex_unlock(&t->level_lock);
		return -11; /* expect: lock-held-at-return */
	}
	t->level += t->flow;
	spin_unlock(&t->flow_lock);
	mutex_unlock(&t->level_lock);
	return 0;
}

int tank_nested_wrong_lock(struct tank *t) /* expect: helper-releases-caller-lock */
{
	mutex_lock(&t->level_lock);
	t->level += t->flow;
	spin_unlock(&t->flow_lock);
	return 0; /* expect: lock-held-at-return */
}

int tank_ladder(struct tank *t)
{
	int ret;

	mutex_lock(&t->level_lock);
	ret = read_sensor(1);
	if (ret)
		goto out_level;
	spin_lock(&t->flow_lock);
	ret = t->flow;
	if (ret)
		goto out_flow;
	t->level = 0;
out_flow:
	spin_unlock(&t->flow_lock);
out_level:
	mutex_unlock(&t->level_lock);
	return ret;
}

int tank_ladder_swapped(struct tank *t)
{
	int ret;

	mutex_lock(&t->level_lock);
	ret = read_sensor(1);
	if (ret)
		goto out_flow; /* expect: unlock-without-lock */
	spin_lock(&t->flow_lock);
	ret = t->flow;
	if (ret)
		goto out_flow;
	t->level = 0;
out_flow:
	spin_unlock(&t->flow_lock);
	mutex_unlock(&t->level_lock);
	return ret;
}

void tank_if_else(struct tank *t, int up)
{
	if (up) {
		mutex_lock(&t->level_lock);
		t->level++;
		mutex_unlock(&t->level_lock);
	} else {
		mutex_lock(&t->level_lock);
		t->level--;
		mutex_unlock(&t->level_lock);
	}
}

void tank_if_only(struct tank *t, int up)
{
	mutex_lock(&t->level_lock);
	if (up) {
		t->level++;
		mutex_unlock(&t->level_lock);
	} else {
		t->level--;
	}
} /* expect: lock-held-at-return */

void tank_lock_in_branch(struct tank *t, int up)
{
	if (up)
		mutex_lock(&t->level_lock);
	t->level--;
} /* expect: lock-held-at-return */

void tank_unlock_in_branch(struct tank *t, int up)
{
	mutex_lock(&t->level_lock);
	t->level--;
	if (up)
		mutex_unlock(&t->level_lock);
} /* expect: lock-held-at-return */

void tank_unlock_unless(struct tank *t, int up)
{
	if (up)
		mutex_lock(&t->level_lock);
	t->level--;
	mutex_unlock(&t->level_lock); /* expect: unlock-without-lock */
}

void tank_both_branches(struct tank *t, int up)
{
	if (up) {
		mutex_lock(&t->level_lock);
		t->level++;
	} else {
		mutex_lock(&t->level_lock);
		t->level--;
	}
	mutex_unlock(&t->level_lock);
}

void tank_both_release(struct tank *t, int up)
{
	mutex_lock(&t->level_lock);
	if (up) {
		t->level++;
		mutex_unlock(&t->level_lock);
		return;
	} else {
		t->level--;
		mutex_unlock(&t->level_lock);
	}
	log_value(up);
}

static void never_given_back(struct tank *t)
{
	mutex_lock(&t->level_lock);
	t->level = 0;
} /* expect: lock-held-at-return */

static int returns_inside(struct tank *t)
{
	int level;

	spin_lock(&t->flow_lock);
	level = t->level;
	return level; /* expect: lock-held-at-return */
}

static int unlock_behind_return(struct tank *t)
{
	spin_lock(&t->flow_lock);
	return t->level; /* expect: lock-held-at-return */
	spin_unlock(&t->flow_lock);
}

static int return_in_nested_loops(struct tank *t)
{
	int i, j;

	for (i = 0; i < 4; i++) {
		mutex_lock(&t->level_lock);
		for (j = 0; j < 4; j++) {
			if (t->valve[j] == i)
				goto found;
		}
		mutex_unlock(&t->level_lock);
	}
	return -2;
found:
	mutex_unlock(&t->level_lock);
	return i;
}

static int return_in_nested_loops_bad(struct tank *t)
{
	int i, j;

	for (i = 0; i < 4; i++) {
		mutex_lock(&t->level_lock);
		for (j = 0; j < 4; j++) {
			if (t->valve[j] == i)
				goto found;
		}
		mutex_unlock(&t->level_lock);
	}
	return -2;
found:
	return i; /* expect: lock-held-at-return */
}
