// What headings, prototypes and sparse's own marks say of locks; wrappers of the file, with and without annotations.

#define __acquires(x) __attribute__((context(x, 0, 1)))
#define __releases(x) __attribute__((context(x, 1, 0)))
#define __must_hold(x) __attribute__((context(x, 1, 1)))
#define __acquire(x) __context__(x, 1)
#define __release(x) __context__(x, -1)
#define __cond_lock(x, c) ((c) ? ({ __acquire(x); 1; }) : 0)

struct shelf {
	spinlock_t lock;
	struct mutex big;
	int books;
	int locked;
};

void shelf_grab(struct shelf *s) __acquires(&s->lock);
void shelf_drop(struct shelf *s) __releases(&s->lock);
extern int shelf_try(struct shelf *s) __cond_acquires(true, &s->lock);
extern int shelf_get_killable(struct shelf *s) __cond_acquires(0, &s->lock);
void shelf_sort(struct shelf *s) __must_hold(&s->lock);
void catalogue_open(void) __acquires(catalogue);
void catalogue_close(void) __releases(catalogue);

void shelf_annotated(struct shelf *s)
{
	shelf_grab(s);
	s->books++;
	shelf_drop(s);
}

int shelf_annotated_leak(struct shelf *s)
{
	shelf_grab(s);
	if (!s->books)
		return -1; /* expect: lock-held-at-return */
	shelf_drop(s);
	return 0;
}

int shelf_annotated_twice(struct shelf *s)
{
	shelf_grab(s);
	s->books++;
	shelf_drop(s);
	shelf_drop(s); /* expect: unlock-without-lock */
	return 0;
}

int shelf_annotated_double(struct shelf *s)
{
	shelf_grab(s);
	s->books++;
	shelf_grab(s); /* expect: double-lock */
	shelf_drop(s);
	return 0;
}

int shelf_try_annotated(struct shelf *s)
{
	if (!shelf_try(s))
		return -1;
	s->books++;
	shelf_drop(s);
	return 0;
}

int shelf_try_annotated_leak(struct shelf *s)
{
	if (!shelf_try(s))
		return -1;
	s->books++;
	return 0; /* expect: lock-held-at-return */
}

int shelf_try_annotated_without(struct shelf *s)
{
	if (!shelf_try(s))
		s->books++;
	shelf_drop(s); /* expect: unlock-without-lock */
	return 0;
}

int shelf_killable_annotated(struct shelf *s)
{
	int ret = shelf_get_killable(s);

	if (ret)
		return ret;
	s->books++;
	shelf_drop(s);
	return 0;
}

int shelf_killable_annotated_leak(struct shelf *s)
{
	int ret = shelf_get_killable(s);

	if (ret)
		return ret;
	if (s->books > 3)
		return -2; /* expect: lock-held-at-return */
	shelf_drop(s);
	return 0;
}

void catalogue_use(void)
{
	catalogue_open();
	shelf_count();
	catalogue_close();
}

int catalogue_use_leak(int n)
{
	catalogue_open();
	if (n)
		return n; /* expect: lock-held-at-return */
	catalogue_close();
	return 0;
}

static void shelf_take(struct shelf *s)
{
	spin_lock(&s->lock);
}

static void shelf_give(struct shelf *s)
{
	spin_unlock(&s->lock);
}

void shelf_wrapped(struct shelf *s)
{
	shelf_take(s);
	s->books++;
	shelf_give(s);
}

int shelf_wrapped_leak(struct shelf *s)
{
	shelf_take(s);
	if (!s->books)
		return -1; /* expect: lock-held-at-return */
	shelf_give(s);
	return 0;
}

int shelf_wrapped_mixed(struct shelf *s)
{
	shelf_take(s);
	s->books++;
	spin_unlock(&s->lock);
	return 0;
}

int shelf_wrapped_twice(struct shelf *s)
{
	shelf_take(s);
	shelf_give(s);
	shelf_give(s); /* expect: unlock-without-lock */
	return 0;
}

int shelf_wrapped_double(struct shelf *s)
{
	spin_lock(&s->lock);
	shelf_take(s); /* expect: double-lock */
	shelf_give(s);
	return 0;
}

static int shelf_take_if_full(struct shelf *s)
{
	spin_lock(&s->lock);
	if (s->books < 10) {
		spin_unlock(&s->lock);
		return 0;
	}
	return 1;
}

void shelf_conditional_wrapper(struct shelf *s)
{
	if (shelf_take_if_full(s)) {
		s->books = 0;
		spin_unlock(&s->lock);
	}
}

void shelf_conditional_wrapper_bad(struct shelf *s)
{
	if (shelf_take_if_full(s))
		s->books = 0;
	spin_unlock(&s->lock); /* expect: unlock-without-lock */
}

int shelf_conditional_wrapper_leak(struct shelf *s)
{
	if (!shelf_take_if_full(s))
		return 0;
	s->books = 0;
	return 1; /* expect: lock-held-at-return */
}

static struct shelf *shelf_find_locked(int id)
{
	struct shelf *s = shelf_lookup(id);

	if (s)
		spin_lock(&s->lock);
	return s;
}

int shelf_found(int id)
{
	struct shelf *s = shelf_find_locked(id);

	if (!s)
		return -2;
	s->books++;
	spin_unlock(&s->lock);
	return 0;
}

int shelf_found_leak(int id)
{
	struct shelf *s = shelf_find_locked(id);

	if (!s)
		return -2;
	s->books++;
	return 0; /* expect: lock-held-at-return */
}

/* The callee gives back what it is handed. */
static void shelf_finish_and_unlock(struct shelf *s)
{
	s->books = 0;
	spin_unlock(&s->lock);
}

int shelf_callee_unlocks(struct shelf *s)
{
	spin_lock(&s->lock);
	if (s->books) {
		shelf_finish_and_unlock(s);
		return 1;
	}
	spin_unlock(&s->lock);
	return 0;
}

int shelf_callee_unlocks_twice(struct shelf *s)
{
	spin_lock(&s->lock);
	shelf_finish_and_unlock(s);
	spin_unlock(&s->lock); /* expect: unlock-without-lock */
	return 0;
}

static inline void spin_lock_shelf(struct shelf *s)
{
	spin_lock(&s->lock);
}

static inline void spin_unlock_shelf(struct shelf *s)
{
	spin_unlock(&s->lock);
}

int shelf_inline_wrappers(struct shelf *s, int how)
{
	spin_lock_shelf(s);
	switch (how) {
	case 0:
		spin_unlock_shelf(s);
		return 0;
	case 1:
		break;
	default:
		return 1; /* expect: lock-held-at-return */
	}
	spin_unlock_shelf(s);
	return 2;
}

void shelf_must_hold(struct shelf *s) __must_hold(&s->lock)
{
	spin_unlock(&s->lock);
	shelf_count();
	spin_lock(&s->lock);
}

void shelf_declared_acquire(struct shelf *s) __acquires(&s->lock)
{
	spin_lock(&s->lock);
	s->locked = 1;
}

void shelf_declared_release(struct shelf *s) __releases(&s->lock)
{
	s->locked = 0;
	spin_unlock(&s->lock);
}

void shelf_call_must_hold(struct shelf *s)
{
	spin_lock(&s->lock);
	shelf_sort(s);
	spin_unlock(&s->lock);
}

void shelf_call_must_hold_bad(struct shelf *s)
{
	spin_lock(&s->lock);
	s->books++;
	spin_unlock(&s->lock);
	shelf_sort(s); /* expect: callee-requires-lock */
}

/* Counted by marks alone. */
void shelf_marks(void)
{
	__acquire(shelves);
	shelf_count();
	__release(shelves);
}

int shelf_marks_leak(int n)
{
	__acquire(shelves);
	if (n)
		return n; /* expect: lock-held-at-return */
	__release(shelves);
	return 0;
}

int shelf_context_builtin(int n)
{
	__context__(shelves, 1);
	if (n)
		return n; /* expect: lock-held-at-return */
	__context__(shelves, -1);
	return 0;
}

int shelf_cond_lock_macro(struct shelf *s)
{
	if (__cond_lock(&s->lock, raw_try(s))) {
		s->books++;
		__release(&s->lock);
		return 1;
	}
	return 0;
}

static void a(void) __attribute__((context(0, 1)))
{
	__context__(1);
}

static void r(void) __attribute__((context(1, 0)))
{
	__context__(-1);
}

static void paired(void)
{
	a();
	r();
}

static void a_twice_r_once(void)
{
	a();
	shelf_count();
	a();
	r();
} /* expect: lock-held-at-return */

/* What an annotation alone tells of is counted. */
static void a_twice_r_twice(int n)
{
	a();
	if (n) {
		a();
		r();
	}
	r();
}

static void r_of_the_caller(void) __attribute__((context(1, 0)))
{
	a();
	r();
	r();
}

static void r_too_often(void)
{
	a();
	r();
	r(); /* expect: unlock-without-lock */
}

static void a_in_rounds(int n)
{
	while (n--)
		a();
} /* expect: lock-held-at-return */

static int a_and_return(int n)
{
	a();
	if (n)
		return 1; /* expect: lock-held-at-return */
	r();
	return 0;
}

static void r_alone(void)
{
	r(); /* expect: unlock-without-lock */
}

static void a_alone(void)
{
	a();
} /* expect: lock-held-at-return */

void calls_them(void)
{
	paired();
	a_and_return(1);
}
