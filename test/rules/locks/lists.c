// Flags in objects that are set by a list, and tests that are asked twice of the same.

#include <linux/mutex.h>
#include <linux/string.h>

struct track {
	struct mutex lock;
	int users;
	bool open;
};

struct walk {
	struct track *track;
	bool locked;
	struct {
		int depth;
		int width;
	} size;
};

extern void track_step(struct track *track);
extern void walk_step(struct walk *walk);

int track_walk(struct track *track)
{
	struct walk walk = { .track = track };

	if (track->open) {
		mutex_lock(&track->lock);
		walk.locked = true;
	}
	track_step(track);
	if (walk.locked)
		mutex_unlock(&track->lock);
	return 0;
}

int track_walk_zero(struct track *track)
{
	struct walk walk = {};

	if (walk.locked)
		mutex_unlock(&track->lock);
	walk.locked = false;
	return walk.size.depth;
}

int track_walk_size_bad(struct track *track)
{
	struct walk walk = { .size = { 1, 2 } };

	mutex_lock(&track->lock);
	if (walk.size.width)
		return -EINVAL; /* expect: lock-held-at-return */
	mutex_unlock(&track->lock);
	return 0;
}

int track_walk_handed_bad(struct track *track)
{
	struct walk walk = { .track = track };

	mutex_lock(&track->lock);
	walk_step(&walk);
	if (walk.locked)
		return -EBUSY; /* expect: lock-held-at-return */
	mutex_unlock(&track->lock);
	return 0;
}

int track_pair(struct track *track)
{
	bool taken[2] = { false, false };

	if (track->open) {
		mutex_lock(&track->lock);
		taken[1] = true;
	}
	track_step(track);
	if (taken[1])
		mutex_unlock(&track->lock);
	return 0;
}

int track_count(struct track *track, unsigned int count)
{
	if (count > 0)
		mutex_lock(&track->lock);
	track_step(track);
	if (count)
		mutex_unlock(&track->lock);
	return 0;
}

int track_count_bad(struct track *track, int count)
{
	if (count > 0)
		mutex_lock(&track->lock);
	track_step(track);
	if (count)
		mutex_unlock(&track->lock); /* expect: unlock-without-lock */
	return 0;
}

int track_least(struct track *track, int a, int b)
{
	int least = min(a, b);

	if (least > 2)
		mutex_lock(&track->lock);
	track_step(track);
	if (least > 2)
		mutex_unlock(&track->lock);
	return 0;
}

int track_named(struct track *track, const char *name)
{
	if (!strcmp(name, "main"))
		mutex_lock(&track->lock);
	track_step(track);
	if (!strcmp(name, "main"))
		mutex_unlock(&track->lock);
	return 0;
}
