// Functions that ask whether a lock is held before they give it back.

#include <linux/mutex.h>
#include <linux/rtnetlink.h>
#include <linux/spinlock.h>

struct pad {
	struct mutex lock;
	spinlock_t slock;
	int keys;
};

static DEFINE_MUTEX(pad_mutex);

extern void pad_scan(struct pad *pad);

int pad_reset(struct pad *pad)
{
	if (mutex_is_locked(&pad_mutex)) {
		mutex_unlock(&pad_mutex);
	} else {
		mutex_lock(&pad_mutex);
		pad->keys = 0;
		mutex_unlock(&pad_mutex);
	}
	return 0;
}

int pad_flip(struct pad *pad)
{
	bool held = spin_is_locked(&pad->slock);

	if (held)
		spin_unlock(&pad->slock);
	else
		spin_lock(&pad->slock);
	pad_scan(pad);
	if (held)
		spin_lock(&pad->slock);
	else
		spin_unlock(&pad->slock);
	return 0;
}

int pad_maybe(struct pad *pad, int keys)
{
	if (keys)
		mutex_lock(&pad->lock);
	pad_scan(pad);
	if (mutex_is_locked(&pad->lock))
		mutex_unlock(&pad->lock);
	return 0;
}

int pad_net(struct pad *pad)
{
	bool need = !rtnl_is_locked();

	if (!need)
		rtnl_unlock();
	pad_scan(pad);
	if (!need)
		rtnl_lock();
	return 0;
}

int pad_other_bad(struct pad *pad)
{
	mutex_lock(&pad->lock);
	if (mutex_is_locked(&pad_mutex))
		return -EBUSY; /* expect: lock-held-at-return */
	pad_scan(pad);
	mutex_unlock(&pad->lock);
	return 0;
}

int pad_wrong_bad(struct pad *pad)
{
	mutex_lock(&pad->lock);
	pad_scan(pad);
	mutex_unlock(&pad->lock);
	if (mutex_is_locked(&pad_mutex))
		mutex_unlock(&pad->lock); /* expect: unlock-without-lock */
	return 0;
}

int pad_open_up(struct pad *pad)
{
	WARN_ON(!mutex_is_locked(&pad->lock));
	mutex_unlock(&pad->lock);
	pad_scan(pad);
	mutex_lock(&pad->lock);
	return 0;
}
