// Calls that may sleep where nobody may: under spinning locks, in RCU read sides, with interrupts, bottom halves or preemption off.

#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct kiln {
	struct mutex m;
	spinlock_t s;
	raw_spinlock_t raw;
	rwlock_t rw;
	seqlock_t seq;
	struct completion done;
	struct work_struct work;
	wait_queue_head_t wait;
	void *buffer;
	int heat;
};

int kiln_kmalloc(struct kiln *k)
{
	spin_lock(&k->s);
	k->buffer = kmalloc(64, GFP_KERNEL); /* expect: sleep-in-atomic */
	spin_unlock(&k->s);
	return 0;
}

int kiln_kmalloc_atomic(struct kiln *k)
{
	spin_lock(&k->s);
	k->buffer = kmalloc(64, GFP_ATOMIC);
	spin_unlock(&k->s);
	return 0;
}

int kiln_kmalloc_before(struct kiln *k)
{
	void *buffer = kmalloc(64, GFP_KERNEL);

	spin_lock(&k->s);
	k->buffer = buffer;
	spin_unlock(&k->s);
	return 0;
}

int kiln_kmalloc_under_mutex(struct kiln *k)
{
	mutex_lock(&k->m);
	k->buffer = kmalloc(64, GFP_KERNEL);
	mutex_unlock(&k->m);
	return 0;
}

int kiln_flags_variable(struct kiln *k)
{
	gfp_t gfp = GFP_KERNEL;

	spin_lock(&k->s);
	k->buffer = kmalloc(64, gfp); /* expect: sleep-in-atomic */
	spin_unlock(&k->s);
	return 0;
}

int kiln_flags_chosen(struct kiln *k, bool atomic)
{
	gfp_t gfp = atomic ? GFP_ATOMIC : GFP_KERNEL;

	if (atomic)
		spin_lock(&k->s);
	k->buffer = kmalloc(64, gfp);
	if (atomic)
		spin_unlock(&k->s);
	return 0;
}

int kiln_flags_parameter(struct kiln *k, gfp_t gfp)
{
	spin_lock(&k->s);
	k->buffer = kmalloc(64, gfp);
	spin_unlock(&k->s);
	return 0;
}

static void *kiln_buffer(struct kiln *k, gfp_t gfp)
{
	return kzalloc(k->heat, gfp | __GFP_NOWARN);
}

static void *kiln_buffer_outer(struct kiln *k, gfp_t gfp)
{
	k->heat++;
	return kiln_buffer(k, gfp);
}

int kiln_flags_handed_on(struct kiln *k)
{
	spin_lock(&k->s);
	k->buffer = kiln_buffer_outer(k, GFP_KERNEL); /* expect: sleep-in-atomic */
	spin_unlock(&k->s);
	return 0;
}

int kiln_flags_handed_on_atomic(struct kiln *k)
{
	spin_lock(&k->s);
	k->buffer = kiln_buffer_outer(k, GFP_ATOMIC);
	spin_unlock(&k->s);
	return 0;
}

int kiln_irqs_off(struct kiln *k)
{
	unsigned long flags;

	local_irq_save(flags);
	k->buffer = kmalloc(64, GFP_KERNEL); /* expect: sleep-in-atomic */
	local_irq_restore(flags);
	return 0;
}

int kiln_irqs_on_again(struct kiln *k)
{
	unsigned long flags;

	local_irq_save(flags);
	k->heat = 0;
	local_irq_restore(flags);
	k->buffer = kmalloc(64, GFP_KERNEL);
	return 0;
}

int kiln_preempt_off(struct kiln *k)
{
	preempt_disable();
	mutex_lock(&k->m); /* expect: sleep-in-atomic */
	k->heat = 0;
	mutex_unlock(&k->m);
	preempt_enable();
	return 0;
}

int kiln_get_cpu(struct kiln *k)
{
	int cpu = get_cpu();

	msleep(cpu); /* expect: sleep-in-atomic */
	put_cpu();
	return 0;
}

int kiln_bh_off(struct kiln *k)
{
	local_bh_disable();
	wait_for_completion(&k->done); /* expect: sleep-in-atomic */
	local_bh_enable();
	return 0;
}

int kiln_rcu(struct kiln *k)
{
	rcu_read_lock();
	synchronize_rcu(); /* expect: sleep-in-atomic */
	rcu_read_unlock();
	return 0;
}

int kiln_srcu(struct kiln *k, struct srcu_struct *srcu)
{
	int idx = srcu_read_lock(srcu);

	mutex_lock(&k->m);
	k->heat = 0;
	mutex_unlock(&k->m);
	srcu_read_unlock(srcu, idx);
	return 0;
}

int kiln_rcu_trace(struct kiln *k)
{
	rcu_read_lock_trace();
	mutex_lock(&k->m);
	k->heat = 0;
	mutex_unlock(&k->m);
	rcu_read_unlock_trace();
	return 0;
}

int kiln_raw(struct kiln *k)
{
	raw_spin_lock(&k->raw);
	flush_work(&k->work); /* expect: sleep-in-atomic */
	raw_spin_unlock(&k->raw);
	return 0;
}

int kiln_read_side(struct kiln *k, void __user *to)
{
	int ret;

	read_lock(&k->rw);
	ret = copy_to_user(to, &k->heat, sizeof(k->heat)); /* expect: sleep-in-atomic */
	read_unlock(&k->rw);
	return ret;
}

int kiln_seq(struct kiln *k)
{
	write_seqlock(&k->seq);
	might_sleep(); /* expect: sleep-in-atomic */
	write_sequnlock(&k->seq);
	return 0;
}

int kiln_wait_event(struct kiln *k)
{
	spin_lock_irq(&k->s);
	wait_event_lock_irq(k->wait, k->heat == 0, k->s);
	spin_unlock_irq(&k->s);
	return 0;
}

int kiln_wait_event_bad(struct kiln *k)
{
	spin_lock_irq(&k->s);
	wait_event(k->wait, k->heat == 0); /* expect: sleep-in-atomic */
	spin_unlock_irq(&k->s);
	return 0;
}

int kiln_cond_resched_lock(struct kiln *k)
{
	spin_lock(&k->s);
	while (k->heat > 0) {
		k->heat--;
		cond_resched_lock(&k->s);
	}
	spin_unlock(&k->s);
	return 0;
}

static void kiln_take(struct kiln *k)
{
	spin_lock(&k->s);
}

static void kiln_give(struct kiln *k)
{
	spin_unlock(&k->s);
}

int kiln_wrapper(struct kiln *k)
{
	kiln_take(k);
	k->buffer = kmalloc(64, GFP_KERNEL); /* expect: sleep-in-atomic */
	kiln_give(k);
	return 0;
}

static int kiln_cool(struct kiln *k)
{
	msleep(10);
	return k->heat;
}

int kiln_callee_sleeps(struct kiln *k)
{
	int heat;

	spin_lock(&k->s);
	heat = kiln_cool(k); /* expect: sleep-in-atomic */
	spin_unlock(&k->s);
	return heat;
}

static int kiln_cool_if(struct kiln *k, bool can_sleep)
{
	if (can_sleep)
		msleep(10);
	return k->heat;
}

int kiln_callee_is_told(struct kiln *k)
{
	int heat;

	spin_lock(&k->s);
	heat = kiln_cool_if(k, false);
	spin_unlock(&k->s);
	return heat;
}

/* The callee gives the lock back while it sleeps. */
static void kiln_sleep_unlocked(struct kiln *k)
{
	spin_unlock(&k->s);
	msleep(1);
	spin_lock(&k->s);
}

int kiln_callee_drops(struct kiln *k)
{
	spin_lock(&k->s);
	kiln_sleep_unlocked(k);
	k->heat = 0;
	spin_unlock(&k->s);
	return 0;
}

int kiln_pagefault_disabled(struct kiln *k, void __user *to)
{
	int ret;

	spin_lock(&k->s);
	pagefault_disable();
	ret = copy_to_user(to, &k->heat, sizeof(k->heat));
	pagefault_enable();
	spin_unlock(&k->s);
	return ret;
}

int kiln_asks(struct kiln *k)
{
	spin_lock(&k->s);
	if (!in_atomic())
		msleep(1);
	spin_unlock(&k->s);
	return 0;
}

int kiln_after_unlock(struct kiln *k)
{
	spin_lock(&k->s);
	k->heat = 0;
	spin_unlock(&k->s);
	msleep(1);
	return 0;
}

int kiln_virtual(struct kiln *k)
{
	k->buffer = kvcalloc(64, sizeof(int), GFP_ATOMIC); /* expect: sleep-in-atomic */
	return k->buffer ? 0 : -ENOMEM;
}

int kiln_virtual_right(struct kiln *k)
{
	k->buffer = kvcalloc(64, sizeof(int), GFP_KERNEL);
	return k->buffer ? 0 : -ENOMEM;
}

static void kiln_cool_down(struct kiln *k)
{
	if (!k->heat) {
		flush_work(&k->work);
		return;
	}
	k->heat = 0;
}

int kiln_waits_only_when_cold(struct kiln *k)
{
	spin_lock(&k->s);
	kiln_cool_down(k);
	spin_unlock(&k->s);
	return 0;
}

static void kiln_cool_all(struct kiln *k)
{
	int i;

	for (i = 0; i < k->heat; i++)
		flush_work(&k->work);
	k->heat = 0;
}

int kiln_waits_in_each_round(struct kiln *k)
{
	spin_lock(&k->s);
	kiln_cool_all(k); /* expect: sleep-in-atomic */
	spin_unlock(&k->s);
	return 0;
}
