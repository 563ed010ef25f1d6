// What a called function may return, and what that says about locks: error numbers, error pointers, counts.

struct mutex;
struct semaphore;
struct ww_mutex;
struct ww_acquire_ctx;
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
int mutex_trylock(struct mutex *lock);
int mutex_lock_killable(struct mutex *lock);
int mutex_lock_interruptible(struct mutex *lock);
int down_timeout(struct semaphore *sem, long timeout);
void up(struct semaphore *sem);
int ww_mutex_lock(struct ww_mutex *lock, struct ww_acquire_ctx *ctx);
void ww_mutex_unlock(struct ww_mutex *lock);

struct crane {
	struct mutex lock;
	struct semaphore hook;
	struct ww_mutex winch;
	struct ww_acquire_ctx *ctx;
	int busy;
	int type;
	int moves;
	int rope, cabin, lamp, horn;
};

int crane_power(struct crane *c);
struct crane *crane_next(struct crane *c);

static int crane_check(struct crane *c, int how)
{
	if (how < 0)
		return -EINVAL;
	if (c->busy)
		return -EBUSY;
	return 0;
}

/* Only one of its errors comes without the lock to take. */
int crane_lift(struct crane *c, int how)
{
	int ret = crane_check(c, how);

	if (ret == -EINVAL)
		return ret;
	mutex_lock(&c->lock);
	if (ret < 0)
		goto out;
	c->type = how;
out:
	mutex_unlock(&c->lock);
	return ret;
}

/* It never returns a positive number. */
int crane_turn(struct crane *c, int how)
{
	int ret = crane_check(c, how);

	if (ret < 0)
		return ret;
	mutex_lock(&c->lock);
	c->type = how;
	if (!ret)
		mutex_unlock(&c->lock);
	return ret;
}

/* It does return another error. */
int crane_turn_busy(struct crane *c, int how)
{
	int ret = crane_check(c, how);

	if (ret == -EINVAL)
		return ret;
	mutex_lock(&c->lock);
	c->type = how;
	if (!ret)
		mutex_unlock(&c->lock);
	return ret; /* expect: lock-held-at-return */
}

/* Errors of errors. */
static int crane_all(struct crane *c)
{
	int ret;

	ret = crane_check(c, 1);
	if (ret)
		return ret;
	ret = crane_check(c, 2);
	if (ret)
		goto out;
	ret = crane_check(c, 3);
out:
	return ret;
}

int crane_swing(struct crane *c)
{
	int ret = crane_all(c);

	if (ret != -EBUSY && ret != -EINVAL)
		mutex_lock(&c->lock);
	c->moves++;
	if (!ret)
		mutex_unlock(&c->lock);
	return ret;
}

/* One of them is forgotten. */
int crane_swing_most(struct crane *c)
{
	int ret = crane_all(c);

	if (ret != -EBUSY)
		mutex_lock(&c->lock);
	c->moves++;
	if (!ret)
		mutex_unlock(&c->lock);
	return ret; /* expect: lock-held-at-return */
}

/* A count or an error. */
static int crane_count(struct crane *c)
{
	int n = crane_check(c, 0);

	if (n < 0)
		return n;
	return c->moves;
}

int crane_count_moves(struct crane *c)
{
	int n = crane_count(c);

	if (n < 0)
		return n;
	mutex_lock(&c->lock);
	c->moves += n;
	if (n >= 0)
		mutex_unlock(&c->lock);
	return 0;
}

/* An error pointer with one number. */
static struct crane *crane_pick(struct crane *c, int how)
{
	if (how < 0)
		return ERR_PTR(-EINVAL);
	if (how == 0)
		return NULL;
	return c + how;
}

int crane_mark(struct crane *c, int how)
{
	struct crane *one = crane_pick(c, how);

	if (PTR_ERR(one) == -EINVAL)
		return -EINVAL;
	if (!one)
		return 0;
	mutex_lock(&one->lock);
	one->type = how;
	if (!IS_ERR(one))
		mutex_unlock(&one->lock);
	return 0;
}

/* Acquisitions that fail with one number. */
int crane_hook(struct crane *c, int how)
{
	int ret;

	ret = down_timeout(&c->hook, HZ);
	if (ret == -ETIME)
		return ret;
	c->type = 1;
	up(&c->hook);
	return 0;
}

int crane_winch(struct crane *c)
{
	int ret = ww_mutex_lock(&c->winch, c->ctx);

	if (ret == -EALREADY)
		return 0;
	if (ret == -EDEADLK || ret == -EINTR)
		return ret;
	c->type = 1;
	ww_mutex_unlock(&c->winch);
	return 0;
}

int crane_park(struct crane *c)
{
	int ret = mutex_lock_killable(&c->lock);

	switch (ret) {
	case -EINTR:
		return ret;
	case 0:
		break;
	}
	c->type = 1;
	mutex_unlock(&c->lock);
	return 0;
}

int crane_drive(struct crane *c)
{
	int ret;

	ret = mutex_lock_interruptible(&c->lock);
	if (ret == -EINTR)
		return -ERESTARTSYS;
	c->type = 1;
	mutex_unlock(&c->lock);
	return 0;
}

/* It never fails with this one. */
int crane_drive_again(struct crane *c)
{
	int ret;

	ret = mutex_lock_interruptible(&c->lock);
	if (ret == -EAGAIN)
		return -ERESTARTSYS;
	c->type = 1;
	mutex_unlock(&c->lock); /* expect: unlock-without-lock */
	return 0;
}

/* A truth made of an error. */
static bool crane_may(struct crane *c)
{
	return !crane_check(c, 1);
}

int crane_move(struct crane *c)
{
	bool may = crane_may(c);

	if (may == true)
		mutex_lock(&c->lock);
	c->moves++;
	if (may != false)
		mutex_unlock(&c->lock);
	return 0;
}

/* A state that is one of three. */
static int crane_state(struct crane *c)
{
	switch (c->type) {
	case 1:
		return 1;
	case 2:
		return 2;
	default:
		return 0;
	}
}

int crane_follow(struct crane *c)
{
	int state = crane_state(c);

	if (state == 1 || state == 2)
		mutex_lock(&c->lock);
	c->moves++;
	if (state > 0)
		mutex_unlock(&c->lock);
	return 0;
}

/* The first error is kept. */
int crane_both(struct crane *c, int how)
{
	int err, ret = 0;

	mutex_lock(&c->lock);
	err = crane_check(c, how);
	if (err)
		ret = err;
	err = crane_check(c, how + 1);
	if (err && !ret)
		ret = err;
	if (!ret)
		c->type = how;
	mutex_unlock(&c->lock);
	return ret;
}

/* The lock comes with one result of three. */
static int crane_try(struct crane *c)
{
	if (!mutex_trylock(&c->lock))
		return -EBUSY;
	if (c->busy) {
		mutex_unlock(&c->lock);
		return -EINVAL;
	}
	return 0;
}

int crane_wait(struct crane *c)
{
	int ret;

	do {
		ret = crane_try(c);
	} while (ret == -EBUSY);
	if (ret == -EINVAL)
		return ret;
	c->type = 1;
	mutex_unlock(&c->lock);
	return 0;
}

static int crane_wrap(struct crane *c)
{
	int ret = crane_try(c);

	if (ret == -EBUSY)
		return -EAGAIN;
	return ret;
}

int crane_wait_again(struct crane *c)
{
	int ret = crane_wrap(c);

	if (ret == -EAGAIN || ret == -EINVAL)
		return ret;
	mutex_unlock(&c->lock);
	return 0;
}

/* The lock of what was asked comes with what was found. */
static struct crane *crane_find(struct crane *c)
{
	struct crane *one;

	mutex_lock(&c->lock);
	one = crane_next(c);
	if (!one) {
		mutex_unlock(&c->lock);
		return ERR_PTR(-ENOENT);
	}
	if (one->busy) {
		mutex_unlock(&c->lock);
		return ERR_PTR(-EBUSY);
	}
	return one;
}

int crane_rest(struct crane *c)
{
	struct crane *one = crane_find(c);

	if (IS_ERR(one) && PTR_ERR(one) == -ENOENT)
		return 0;
	if (IS_ERR(one))
		return PTR_ERR(one);
	one->type = 1;
	mutex_unlock(&c->lock);
	return 0;
}

int crane_rest_quietly(struct crane *c)
{
	struct crane *one = crane_find(c);
	int ret = PTR_ERR_OR_ZERO(one);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return ret;
	one->type = 1;
	mutex_unlock(&c->lock);
	return 0;
}

int crane_rest_soon(struct crane *c)
{
	struct crane *one = crane_find(c);

	if (one == ERR_PTR(-ENOENT))
		return 0;
	if (one == ERR_PTR(-EBUSY))
		return -EBUSY;
	one->type = 1;
	mutex_unlock(&c->lock);
	return 0;
}

/* All results but one take the lock. */
static int crane_choose(struct crane *c, int how)
{
	switch (how) {
	case 0:
		return -EINVAL;
	case 1:
		return -EBUSY;
	case 2:
		return -EAGAIN;
	}
	return 0;
}

int crane_choose(struct crane *c, int how)
{
	int ret = crane_choose(c, how);

	if (ret != -EBUSY)
		mutex_lock(&c->lock);
	c->type = 3;
	if (ret == 0 || ret == -EINVAL || ret == -EAGAIN)
		mutex_unlock(&c->lock);
	return ret;
}

int crane_choose_badly(struct crane *c, int how)
{
	int ret = crane_choose(c, how);

	if (ret != -EBUSY)
		mutex_lock(&c->lock);
	c->type = 3;
	if (ret == 0 || ret == -EINVAL)
		mutex_unlock(&c->lock);
	return ret; /* expect: lock-held-at-return */
}

/* More ways than a walk keeps apart: what is going to be returned stays known. */
int crane_all(struct crane *c, int p, int q, int r, int s)
{
	int ret = 0;
	bool failed = false;

	if (p)
		crane_power(c);
	if (q)
		crane_power(c);
	if (r)
		crane_power(c);
	if (s)
		crane_power(c);
	ret = crane_power(c);
	if (ret)
		failed = true;
	if (p)
		c->rope = 1;
	if (q)
		c->cabin = 1;
	if (r)
		c->lamp = 1;
	if (s)
		c->horn = 1;
	if (!failed)
		mutex_lock(&c->lock);
	if (p)
		c->rope = 2;
	if (q)
		c->cabin = 2;
	if (r)
		c->lamp = 2;
	if (s)
		c->horn = 2;
	if (!ret)
		mutex_unlock(&c->lock);
	return ret;
}

/* Many ways out: what the last test asks for is not lost, though the results differ. */
int crane_serve(struct crane *c, int wanted, int *left)
{
	int ret = 0, moving = 0;

	if (wanted > c->cabin) {
		ret = -ERANGE;
		goto out;
	}
	if (c->type != wanted)
		mutex_lock(&c->lock);
	moving = crane_power(c);
	if (!moving && c->type != wanted)
		mutex_unlock(&c->lock);
	if (wanted == c->rope) {
		ret = -EINVAL;
		goto out;
	}
	if (c->horn) {
		ret = crane_count_moves(c);
		if (left)
			*left = wanted;
		goto out;
	}
	if (c->lamp) {
		ret = -ENODEV;
		goto out;
	}
	c->moves++;
out:
	if (moving && c->type != wanted)
		mutex_unlock(&c->lock);
	return ret;
}
