// Locks behind macros of the file, preprocessor branches, and old tests that name locks by numbers.

#include <linux/spinlock.h>
#include <linux/mutex.h>

struct meter {
	struct mutex m;
	spinlock_t s;
	int value;
	unsigned int count;
};

#define METER_LOCK(x) mutex_lock(&(x)->m)
#define METER_UNLOCK(x) mutex_unlock(&(x)->m)
#define meter_enter(x) do { mutex_lock(&(x)->m); (x)->count++; } while (0)
#define meter_leave(x) do { (x)->count--; mutex_unlock(&(x)->m); } while (0)
#define meter_try(x) (mutex_trylock(&(x)->m))
#define GIVE_AND_RETURN(x, v) do { mutex_unlock(&(x)->m); return (v); } while (0)
#define RETURN_IF(cond, v) do { if (cond) return (v); } while (0)
#define LOCKS_S(x, flags) spin_lock_irqsave(&(x)->s, flags)
#define UNLOCKS_S(x, flags) spin_unlock_irqrestore(&(x)->s, flags)
#define critical(x) for (int done = (mutex_lock(&(x)->m), 0); !done; done = (mutex_unlock(&(x)->m), 1))

int meter_macro(struct meter *x)
{
	METER_LOCK(x);
	x->value++;
	METER_UNLOCK(x);
	return 0;
}

int meter_macro_leak(struct meter *x)
{
	METER_LOCK(x);
	if (x->value < 0)
		return -1; /* expect: lock-held-at-return */
	METER_UNLOCK(x);
	return 0;
}

int meter_macro_twice(struct meter *x)
{
	METER_LOCK(x);
	METER_UNLOCK(x);
	METER_UNLOCK(x); /* expect: unlock-without-lock */
	return 0;
}

int meter_do_while(struct meter *x)
{
	meter_enter(x);
	x->value++;
	meter_leave(x);
	return 0;
}

int meter_do_while_leak(struct meter *x)
{
	meter_enter(x);
	if (x->value < 0)
		return -1; /* expect: lock-held-at-return */
	meter_leave(x);
	return 0;
}

int meter_try_macro(struct meter *x)
{
	if (!meter_try(x))
		return -1;
	x->value++;
	METER_UNLOCK(x);
	return 0;
}

int meter_try_macro_leak(struct meter *x)
{
	if (!meter_try(x))
		return -1;
	x->value++;
	return 0; /* expect: lock-held-at-return */
}

int meter_return_macro(struct meter *x)
{
	METER_LOCK(x);
	if (x->value < 0)
		GIVE_AND_RETURN(x, -1);
	METER_UNLOCK(x);
	return 0;
}

int meter_return_macro_leak(struct meter *x)
{
	METER_LOCK(x);
	RETURN_IF(x->value < 0, -1); /* expect: lock-held-at-return */
	METER_UNLOCK(x);
	return 0;
}

int meter_irqsave_macro(struct meter *x)
{
	unsigned long flags;

	LOCKS_S(x, flags);
	x->value++;
	UNLOCKS_S(x, flags);
	return 0;
}

int meter_irqsave_macro_leak(struct meter *x)
{
	unsigned long flags;

	LOCKS_S(x, flags);
	if (x->value)
		return 1; /* expect: lock-held-at-return */
	UNLOCKS_S(x, flags);
	return 0;
}

int meter_mixed_macro(struct meter *x)
{
	METER_LOCK(x);
	x->value++;
	mutex_unlock(&x->m);
	return 0;
}

int meter_ifdef(struct meter *x)
{
#ifdef CONFIG_METER_FAST
	spin_lock(&x->s);
#else
	mutex_lock(&x->m);
#endif
	x->value++;
#ifdef CONFIG_METER_FAST
	spin_unlock(&x->s);
#else
	mutex_unlock(&x->m);
#endif
	return 0;
}

int meter_ifdef_leak(struct meter *x)
{
#ifdef CONFIG_METER_FAST
	spin_lock(&x->s);
#else
	mutex_lock(&x->m);
#endif
	x->value++;
#ifdef CONFIG_METER_FAST
	spin_unlock(&x->s);
#endif
	return 0; /* expect: lock-held-at-return */
}

int meter_ifdef_same(struct meter *x)
{
	mutex_lock(&x->m);
#ifdef CONFIG_METER_FAST
	x->value += 2;
	mutex_unlock(&x->m);
	return 2;
#else
	x->value++;
	mutex_unlock(&x->m);
	return 1;
#endif
}

int meter_ifdef_return(struct meter *x)
{
	mutex_lock(&x->m);
#ifdef CONFIG_METER_CHECK
	if (x->value < 0)
		return -1; /* expect: lock-held-at-return */
#endif
	mutex_unlock(&x->m);
	return 0;
}

int meter_is_enabled(struct meter *x)
{
	if (IS_ENABLED(CONFIG_METER_SAFE))
		mutex_lock(&x->m);
	x->value++;
	if (IS_ENABLED(CONFIG_METER_SAFE))
		mutex_unlock(&x->m);
	return 0;
}

int meter_statement_expression(struct meter *x)
{
	int v = ({ mutex_lock(&x->m); x->value; });

	mutex_unlock(&x->m);
	return v;
}

int meter_statement_expression_whole(struct meter *x)
{
	return ({ int v; mutex_lock(&x->m); v = x->value; mutex_unlock(&x->m); v; });
}

int meter_comma(struct meter *x)
{
	return mutex_lock(&x->m), x->value++, mutex_unlock(&x->m), 0;
}

int meter_for_section(struct meter *x)
{
	critical(x) {
		x->value++;
	}
	return 0;
}

/* Old tests name locks by numbers, and call what lies below the macros. */
void frob(void);
int _spin_trylock(int name);
void _spin_lock(int name);
void _spin_unlock(int name);

void number_trylock(void)
{
	int mylock = 1;
	int other = 1;

	if (!_spin_trylock(mylock))
		return;
	_spin_lock(other);
	frob();
	_spin_unlock(other);
	_spin_unlock(mylock);
}

void number_wrong(void)
{
	int mylock = 1;
	int other = 1;

	_spin_lock(mylock);
	frob();
	_spin_unlock(mylock);
	_spin_unlock(other); /* expect: unlock-without-lock */
}

int number_leak(int x)
{
	int mylock = 1;

	_spin_lock(mylock);
	if (x)
		return 1; /* expect: lock-held-at-return */
	_spin_unlock(mylock);
	return 0;
}

int number_value(struct meter x, int how)
{
	spin_lock(x.s);
	if (how)
		return 1; /* expect: lock-held-at-return */
	spin_unlock(x.s);
	return 0;
}

static void lock_by_value(void)
{
	struct meter x;

	spin_lock_init(&x.s);
	spin_lock(&x.s);
	x.value = 1;
	spin_unlock(&x.s);
}

static int local_lock_leak(int how)
{
	struct meter x;

	mutex_init(&x.m);
	mutex_lock(&x.m);
	if (how)
		return 1; /* expect: lock-held-at-return */
	mutex_unlock(&x.m);
	return 0;
}

void uses_them(void)
{
	lock_by_value();
	local_lock_leak(2);
}
