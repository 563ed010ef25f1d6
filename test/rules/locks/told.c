// Functions whose arguments say whether they take a lock.

#include <linux/mutex.h>

struct gate {
	struct mutex lock;
	int cars;
	bool broken;
};

static int gate_enter(struct gate *gate, bool need)
{
	if (!need)
		return 0;
	return mutex_lock_interruptible(&gate->lock);
}

static void gate_leave(struct gate *gate, bool need)
{
	if (need)
		mutex_unlock(&gate->lock);
}

int gate_pass(struct gate *gate, bool need)
{
	int ret = gate_enter(gate, need);

	if (ret)
		return ret;
	gate->cars++;
	gate_leave(gate, need);
	return 0;
}

int gate_pass_bad(struct gate *gate, bool need)
{
	int ret = gate_enter(gate, need);

	if (ret)
		return ret;
	if (gate->broken)
		return -EIO; /* expect: lock-held-at-return */
	gate->cars++;
	gate_leave(gate, need);
	return 0;
}

int gate_force_bad(struct gate *gate)
{
	int ret = gate_enter(gate, true);

	if (ret)
		return ret;
	gate->cars++;
	gate_leave(gate, false);
	return 0; /* expect: lock-held-at-return */
}

int gate_skip(struct gate *gate)
{
	gate_enter(gate, false);
	gate->cars++;
	gate_leave(gate, false);
	return 0;
}

int gate_when_broken(struct gate *gate)
{
	bool need = gate->broken;
	int ret = gate_enter(gate, need);

	if (!ret) {
		gate->cars++;
		gate_leave(gate, need);
	}
	return ret;
}

int gate_when_whole(struct gate *gate)
{
	int ret = gate_enter(gate, !gate->broken);

	if (!ret) {
		gate->cars++;
		gate_leave(gate, !gate->broken);
	}
	return ret;
}

long pages_pin(struct mm_struct *mm, unsigned long addr, struct page **page)
{
	int locked = 1;
	long got;

	mmap_read_lock(mm);
	got = pin_user_pages_remote(mm, addr, 1, 0, page, &locked);
	if (locked)
		mmap_read_unlock(mm);
	return got;
}

long pages_pin_kept_bad(struct mm_struct *mm, unsigned long addr, struct page **page)
{
	long got;

	mmap_read_lock(mm);
	got = pin_user_pages_remote(mm, addr, 1, 0, page, NULL);
	if (got == 1)
		return got; /* expect: lock-held-at-return */
	mmap_read_unlock(mm);
	return -EFAULT;
}

/* The same where the code of the callee is at hand. */
long get_user_pages_remote(struct mm_struct *mm, unsigned long addr, struct page **page, int *locked)
{
	long got = page_of(mm, addr, page);

	if (locked && page_moved(*page)) {
		mmap_read_unlock(mm);
		*locked = 0;
	}
	return got;
}

long pages_get_kept_bad(struct mm_struct *mm, unsigned long addr, struct page **page)
{
	long got;

	mmap_read_lock(mm);
	got = get_user_pages_remote(mm, addr, page, NULL);
	if (got == 1)
		return got; /* expect: lock-held-at-return */
	mmap_read_unlock(mm);
	return -EFAULT;
}

long pages_get(struct mm_struct *mm, unsigned long addr, struct page **page)
{
	int locked = 1;
	long got;

	mmap_read_lock(mm);
	got = get_user_pages_remote(mm, addr, page, &locked);
	if (locked)
		mmap_read_unlock(mm);
	return got;
}
