// Spinlocks with interrupts, bottom halves and preemption off; raw locks; the old names that take an irq flag.

#include <linux/spinlock.h>
#include <linux/irqflags.h>

struct port {
	spinlock_t lock;
	raw_spinlock_t hw;
	spinlock_t list_lock;
	unsigned long flags;
	int open;
	int count;
	struct port *next;
};

static DEFINE_SPINLOCK(ports_lock);
static DEFINE_RAW_SPINLOCK(hw_lock);

int port_irqsave(struct port *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	p->count++;
	spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}

int port_irqsave_leak(struct port *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	if (!p->open)
		return -ENODEV; /* expect: lock-held-at-return */
	p->count++;
	spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}

int port_irqsave_goto(struct port *p)
{
	unsigned long flags;
	int ret = -ENODEV;

	spin_lock_irqsave(&p->lock, flags);
	if (!p->open)
		goto out;
	ret = p->count;
out:
	spin_unlock_irqrestore(&p->lock, flags);
	return ret;
}

int port_irq(struct port *p)
{
	spin_lock_irq(&p->lock);
	p->count++;
	spin_unlock_irq(&p->lock);
	return 0;
}

int port_irq_leak(struct port *p)
{
	struct port *q = p;

	spin_lock_irq(&p->lock);
	while (q->next) {
		if (q->next == p)
			return -ELOOP; /* expect: lock-held-at-return */
		q = q->next;
	}
	spin_unlock_irq(&p->lock);
	return 0;
}

int port_bh(struct port *p)
{
	spin_lock_bh(&p->lock);
	p->count++;
	spin_unlock_bh(&p->lock);
	return 0;
}

int port_bh_leak(struct port *p)
{
	spin_lock_bh(&p->lock);
	if (p->count > 10)
		return -ENOSPC; /* expect: lock-held-at-return */
	p->count++;
	spin_unlock_bh(&p->lock);
	return 0;
}

int port_bh_twice(struct port *p)
{
	spin_lock_bh(&p->lock);
	p->count++;
	spin_lock_bh(&p->lock); /* expect: double-lock */
	spin_unlock_bh(&p->lock);
	return 0;
}

int port_raw(struct port *p)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->hw, flags);
	p->count++;
	raw_spin_unlock_irqrestore(&p->hw, flags);
	return 0;
}

int port_raw_leak(struct port *p)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&p->hw, flags);
	if (p->count < 0)
		return -EIO; /* expect: lock-held-at-return */
	raw_spin_unlock_irqrestore(&p->hw, flags);
	return 0;
}

int port_raw_global(void)
{
	raw_spin_lock(&hw_lock);
	ports_poll();
	raw_spin_unlock(&hw_lock);
	return 0;
}

int port_raw_global_leak(int how)
{
	raw_spin_lock(&hw_lock);
	if (how)
		return how; /* expect: lock-held-at-return */
	raw_spin_unlock(&hw_lock);
	return 0;
}

int port_global_twice(int how)
{
	spin_lock(&ports_lock);
	if (how)
		ports_poll();
	spin_unlock(&ports_lock);
	spin_unlock(&ports_lock); /* expect: unlock-without-lock */
	return 0;
}

void port_nested_irqsave(struct port *p)
{
	unsigned long flags;

	spin_lock_irqsave(&ports_lock, flags);
	spin_lock(&p->lock);
	p->count++;
	spin_unlock(&p->lock);
	spin_unlock_irqrestore(&ports_lock, flags);
}

void port_nested_irqsave_leak(struct port *p)
{
	unsigned long flags;

	spin_lock_irqsave(&ports_lock, flags);
	spin_lock(&p->lock);
	p->count++;
	spin_unlock_irqrestore(&ports_lock, flags);
} /* expect: lock-held-at-return */

/* Interrupts and the lock are given back in two steps. */
void port_two_steps(struct port *p)
{
	spin_lock_irq(&p->lock);
	p->count++;
	spin_unlock(&p->lock);
	local_irq_enable();
}

void port_two_steps_back(struct port *p)
{
	unsigned long flags;

	local_irq_save(flags);
	spin_lock(&p->lock);
	p->count++;
	spin_unlock_irqrestore(&p->lock, flags);
}

/* The lock goes over from one to the next; interrupts stay off. */
void port_hand_over_hand(struct port *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	while (p->next) {
		struct port *next = p->next;

		spin_lock_nested(&next->lock, SINGLE_DEPTH_NESTING);
		spin_unlock(&p->lock);
		p = next;
	}
	spin_unlock_irqrestore(&p->lock, flags);
}

int port_flags_in_struct(struct port *p)
{
	spin_lock_irqsave(&p->lock, p->flags);
	p->count++;
	spin_unlock_irqrestore(&p->lock, p->flags);
	return 0;
}

int port_flags_in_struct_leak(struct port *p)
{
	spin_lock_irqsave(&p->lock, p->flags);
	if (p->count)
		return 1; /* expect: lock-held-at-return */
	spin_unlock_irqrestore(&p->lock, p->flags);
	return 0;
}

int port_drop_for_work(struct port *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	while (p->count > 0) {
		p->count--;
		spin_unlock_irqrestore(&p->lock, flags);
		ports_poll();
		spin_lock_irqsave(&p->lock, flags);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}

int port_drop_for_work_leak(struct port *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	while (p->count > 0) {
		p->count--;
		spin_unlock_irqrestore(&p->lock, flags);
		if (ports_poll())
			return -EINTR;
		spin_lock_irqsave(&p->lock, flags);
	}
	return 0; /* expect: lock-held-at-return */
}

int port_drop_break(struct port *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	while (p->count > 0) {
		p->count--;
		spin_unlock_irqrestore(&p->lock, flags);
		if (ports_poll())
			break;
		spin_lock_irqsave(&p->lock, flags);
	}
	spin_unlock_irqrestore(&p->lock, flags); /* expect: unlock-without-lock */
	return 0;
}

int port_local_irq(struct port *p)
{
	unsigned long flags;

	local_irq_save(flags);
	p->count++;
	local_irq_restore(flags);
	return 0;
}

int port_local_irq_leak(struct port *p)
{
	unsigned long flags;

	local_irq_save(flags);
	if (p->count)
		return -EBUSY; /* expect: lock-held-at-return */
	p->count++;
	local_irq_restore(flags);
	return 0;
}

int port_local_irq_disable_leak(struct port *p)
{
	local_irq_disable();
	if (p->count)
		return -EBUSY; /* expect: lock-held-at-return */
	p->count++;
	local_irq_enable();
	return 0;
}

int port_preempt_leak(struct port *p)
{
	preempt_disable();
	if (p->count)
		return -EBUSY; /* expect: lock-held-at-return */
	p->count++;
	preempt_enable();
	return 0;
}

int port_preempt_nested(struct port *p)
{
	preempt_disable();
	preempt_disable();
	p->count++;
	preempt_enable();
	preempt_enable();
	return 0;
}

int port_bh_off_leak(struct port *p)
{
	local_bh_disable();
	if (p->count)
		return -EBUSY; /* expect: lock-held-at-return */
	p->count++;
	local_bh_enable();
	return 0;
}

int port_get_cpu(struct port *p)
{
	int cpu = get_cpu();

	p->count = cpu;
	put_cpu();
	return 0;
}

/* Lock and unlock with names of the layer below. */
void port_low_level(struct port *p)
{
	_raw_spin_lock(&p->hw);
	p->count++;
	_raw_spin_unlock(&p->hw);
}

int port_low_level_leak(struct port *p)
{
	_raw_spin_lock(&p->hw);
	if (p->count)
		return -EBUSY; /* expect: lock-held-at-return */
	_raw_spin_unlock(&p->hw);
	return 0;
}

int port_arch(struct port *p)
{
	arch_spin_lock(&p->hw);
	if (p->count)
		return -EBUSY; /* expect: lock-held-at-return */
	arch_spin_unlock(&p->hw);
	return 0;
}

int port_plain_unlock(struct port *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	p->count++;
	spin_unlock(&p->lock);
	return 0; /* expect: lock-held-at-return */
}

int port_plain_unlock_once(struct port *p)
{
	spin_lock_irq(&p->lock);
	if (p->count) {
		spin_unlock(&p->lock);
		return -EBUSY; /* expect: lock-held-at-return */
	}
	p->count++;
	spin_unlock_irq(&p->lock);
	return 0;
}

void port_swap(struct port *a, struct port *b)
{
	if (a > b)
		swap(a, b);
	spin_lock(&a->lock);
	spin_lock_nested(&b->lock, SINGLE_DEPTH_NESTING);
	a->count = b->count;
	spin_unlock(&b->lock);
	spin_unlock(&a->lock);
}

void port_same_or_two(struct port *a, struct port *b)
{
	spin_lock(&a->lock);
	if (a != b)
		spin_lock_nested(&b->lock, SINGLE_DEPTH_NESTING);
	a->count = b->count;
	if (a != b)
		spin_unlock(&b->lock);
	spin_unlock(&a->lock);
}
