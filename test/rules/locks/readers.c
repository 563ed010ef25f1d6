// Locks with readers and writers, RCU and SRCU read sides, sequence locks, semaphores, bit locks.

#include <linux/rwsem.h>
#include <linux/rcupdate.h>
#include <linux/srcu.h>
#include <linux/seqlock.h>

struct book {
	rwlock_t lock;
	struct rw_semaphore sem;
	struct semaphore slots;
	seqlock_t seq;
	seqcount_t count;
	struct percpu_rw_semaphore pcpu;
	struct srcu_struct srcu;
	unsigned long bits;
	struct page __rcu *first;
	struct mm_struct *mm;
	struct inode *inode;
	int pages;
};

static DEFINE_SRCU(books_srcu);
static DECLARE_RWSEM(books_sem);

int book_read(struct book *b)
{
	int pages;

	read_lock(&b->lock);
	pages = b->pages;
	read_unlock(&b->lock);
	return pages;
}

int book_read_leak(struct book *b)
{
	read_lock(&b->lock);
	if (!b->pages)
		return 0; /* expect: lock-held-at-return */
	read_unlock(&b->lock);
	return 1;
}

int book_write_leak(struct book *b)
{
	write_lock_irq(&b->lock);
	if (!b->pages)
		return 0; /* expect: lock-held-at-return */
	write_unlock_irq(&b->lock);
	return 1;
}

int book_write_twice(struct book *b)
{
	write_lock(&b->lock);
	b->pages++;
	write_lock(&b->lock); /* expect: double-lock */
	write_unlock(&b->lock);
	return 1;
}

int book_read_under_write(struct book *b)
{
	write_lock(&b->lock);
	b->pages++;
	read_lock(&b->lock); /* expect: double-lock */
	b->pages--;
	read_unlock(&b->lock);
	write_unlock(&b->lock);
	return 1;
}

int book_read_nested(struct book *b)
{
	read_lock(&b->lock);
	read_lock(&b->lock);
	b->pages++;
	read_unlock(&b->lock);
	read_unlock(&b->lock);
	return 1;
}

int book_read_nested_leak(struct book *b)
{
	read_lock(&b->lock);
	read_lock(&b->lock);
	b->pages++;
	read_unlock(&b->lock);
	return 1; /* expect: lock-held-at-return */
}

int book_sem(struct book *b, int n)
{
	down_write(&b->sem);
	b->pages = n;
	up_write(&b->sem);
	return 0;
}

int book_sem_leak(struct book *b, int n)
{
	down_write(&b->sem);
	if (n < 0)
		return -EINVAL; /* expect: lock-held-at-return */
	b->pages = n;
	up_write(&b->sem);
	return 0;
}

int book_sem_read_leak(int n)
{
	down_read(&books_sem);
	if (n < 0)
		return -EINVAL; /* expect: lock-held-at-return */
	up_read(&books_sem);
	return 0;
}

int book_downgrade(struct book *b, int n)
{
	down_write(&b->sem);
	b->pages = n;
	downgrade_write(&b->sem);
	n = b->pages;
	up_read(&b->sem);
	return n;
}

int book_downgrade_leak(struct book *b, int n)
{
	down_write(&b->sem);
	b->pages = n;
	downgrade_write(&b->sem);
	if (n == 0)
		return -EINVAL; /* expect: lock-held-at-return */
	up_read(&b->sem);
	return n;
}

int book_read_to_write(struct book *b)
{
	down_read(&b->sem);
	if (!b->pages) {
		up_read(&b->sem);
		down_write(&b->sem);
		if (!b->pages)
			b->pages = 1;
		up_write(&b->sem);
		return 1;
	}
	up_read(&b->sem);
	return 0;
}

int book_read_to_write_bad(struct book *b)
{
	down_read(&b->sem);
	if (!b->pages) {
		down_write(&b->sem); /* expect: double-lock */
		b->pages = 1;
		up_write(&b->sem);
	}
	up_read(&b->sem);
	return 0;
}

int book_pcpu_leak(struct book *b)
{
	percpu_down_read(&b->pcpu);
	if (!b->pages)
		return -ENOENT; /* expect: lock-held-at-return */
	percpu_up_read(&b->pcpu);
	return 0;
}

int book_mmap(struct book *b)
{
	mmap_read_lock(b->mm);
	b->pages = 0;
	mmap_read_unlock(b->mm);
	return 0;
}

int book_mmap_leak(struct book *b)
{
	if (mmap_write_lock_killable(b->mm))
		return -EINTR;
	if (!b->pages)
		return -ENOMEM; /* expect: lock-held-at-return */
	mmap_write_unlock(b->mm);
	return 0;
}

int book_inode_leak(struct book *b)
{
	inode_lock(b->inode);
	if (!b->pages)
		return -EIO; /* expect: lock-held-at-return */
	inode_unlock(b->inode);
	return 0;
}

int book_rcu(struct book *b)
{
	struct page *page;
	int n = 0;

	rcu_read_lock();
	page = rcu_dereference(b->first);
	if (page)
		n = 1;
	rcu_read_unlock();
	return n;
}

int book_rcu_leak(struct book *b)
{
	struct page *page;

	rcu_read_lock();
	page = rcu_dereference(b->first);
	if (!page)
		return -ENOENT; /* expect: lock-held-at-return */
	rcu_read_unlock();
	return 0;
}

int book_rcu_nested(struct book *b)
{
	rcu_read_lock();
	rcu_read_lock();
	b->pages++;
	rcu_read_unlock();
	rcu_read_unlock();
	return 0;
}

int book_rcu_extra_unlock(struct book *b)
{
	rcu_read_lock();
	b->pages++;
	rcu_read_unlock();
	rcu_read_unlock(); /* expect: unlock-without-lock */
	return 0;
}

int book_rcu_bh_leak(struct book *b)
{
	rcu_read_lock_bh();
	if (!b->pages)
		return -ENOENT; /* expect: lock-held-at-return */
	rcu_read_unlock_bh();
	return 0;
}

int book_srcu(struct book *b)
{
	int idx;

	idx = srcu_read_lock(&b->srcu);
	b->pages++;
	srcu_read_unlock(&b->srcu, idx);
	return 0;
}

int book_srcu_leak(struct book *b)
{
	int idx = srcu_read_lock(&books_srcu);

	if (!b->pages)
		return -ENOENT; /* expect: lock-held-at-return */
	srcu_read_unlock(&books_srcu, idx);
	return 0;
}

int book_seq_write(struct book *b)
{
	write_seqlock(&b->seq);
	b->pages++;
	write_sequnlock(&b->seq);
	return 0;
}

int book_seq_write_leak(struct book *b)
{
	write_seqlock(&b->seq);
	if (!b->pages)
		return -1; /* expect: lock-held-at-return */
	write_sequnlock(&b->seq);
	return 0;
}

int book_seq_read(struct book *b)
{
	unsigned int seq;
	int pages;

	do {
		seq = read_seqbegin(&b->seq);
		pages = b->pages;
	} while (read_seqretry(&b->seq, seq));
	return pages;
}

int book_seq_read_early(struct book *b)
{
	unsigned int seq;
	int pages;

	do {
		seq = read_seqbegin(&b->seq);
		pages = b->pages;
		if (!pages)
			return 0;
	} while (read_seqretry(&b->seq, seq));
	return pages;
}

int book_seqcount_leak(struct book *b)
{
	write_seqcount_begin(&b->count);
	if (!b->pages)
		return -1; /* expect: lock-held-at-return */
	write_seqcount_end(&b->count);
	return 0;
}

int book_semaphore(struct book *b)
{
	down(&b->slots);
	b->pages++;
	up(&b->slots);
	return 0;
}

int book_semaphore_leak(struct book *b)
{
	down(&b->slots);
	if (!b->pages)
		return -1; /* expect: lock-held-at-return */
	up(&b->slots);
	return 0;
}

int book_semaphore_interruptible_leak(struct book *b)
{
	if (down_interruptible(&b->slots))
		return -ERESTARTSYS;
	if (!b->pages)
		return -EIO; /* expect: lock-held-at-return */
	up(&b->slots);
	return 0;
}

/* A counting semaphore as a completion: others take or give. */
void book_semaphore_wait(struct book *b)
{
	down(&b->slots);
}

void book_semaphore_wake(struct book *b)
{
	up(&b->slots);
}

int book_bit(struct book *b)
{
	bit_spin_lock(0, &b->bits);
	b->pages++;
	bit_spin_unlock(0, &b->bits);
	return 0;
}

int book_bit_leak(struct book *b)
{
	bit_spin_lock(0, &b->bits);
	if (!b->pages)
		return -1; /* expect: lock-held-at-return */
	bit_spin_unlock(0, &b->bits);
	return 0;
}

int book_two_bits(struct book *b)
{
	bit_spin_lock(0, &b->bits);
	bit_spin_lock(1, &b->bits);
	b->pages++;
	bit_spin_unlock(1, &b->bits);
	bit_spin_unlock(0, &b->bits);
	return 0;
}

int book_sock(struct sock *sk)
{
	lock_sock(sk);
	sk->sk_err = 0;
	release_sock(sk);
	return 0;
}

int book_sock_leak(struct sock *sk, int how)
{
	lock_sock(sk);
	if (how)
		return -EINVAL; /* expect: lock-held-at-return */
	release_sock(sk);
	return 0;
}

int book_rtnl_leak(int how)
{
	rtnl_lock();
	if (how)
		return -EINVAL; /* expect: lock-held-at-return */
	rtnl_unlock();
	return 0;
}

int book_cpus_leak(int how)
{
	cpus_read_lock();
	if (how)
		return -EINVAL; /* expect: lock-held-at-return */
	cpus_read_unlock();
	return 0;
}

int book_rt_mutex_leak(struct rt_mutex *m, int how)
{
	rt_mutex_lock(m);
	if (how)
		return -EINVAL; /* expect: lock-held-at-return */
	rt_mutex_unlock(m);
	return 0;
}

int book_ww_leak(struct ww_mutex *m, struct ww_acquire_ctx *ctx, int how)
{
	int ret = ww_mutex_lock(m, ctx);

	if (ret)
		return ret;
	if (how)
		return -EINVAL; /* expect: lock-held-at-return */
	ww_mutex_unlock(m);
	return 0;
}

int book_wrong_mode(struct book *b)
{
	down_read(&b->sem);
	b->pages++;
	up_write(&b->sem); /* expect: unlock-without-lock */
	return 0;
}

int book_wrong_mode_rwlock(struct book *b)
{
	write_lock(&b->lock);
	b->pages++;
	read_unlock(&b->lock); /* expect: unlock-without-lock */
	return 0;
}

/* Two holds, each ended by the function of the other: behind the first one nobody knows. */
void swapped_ends(struct rw_semaphore *sem)
{
	down_read(sem);
	up_write(sem); /* expect: unlock-without-lock */
	down_write(sem);
	up_read(sem);
}
