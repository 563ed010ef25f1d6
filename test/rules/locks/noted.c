// Objects that say whether their lock is held.

#include <linux/mutex.h>

struct disk {
	struct mutex lock;
	int blocks;
	bool dead;
};

struct request {
	struct disk *disk;
	bool locked;
	int error;
};

int request_lock_disk(struct request *request)
{
	if (!request->locked) {
		mutex_lock(&request->disk->lock);
		request->locked = true;
	}
	request->disk->blocks++;
	if (request->disk->dead)
		request->error = -EIO;
	return 0;
}

int request_finish(struct request *request)
{
	if (request->locked)
		mutex_unlock(&request->disk->lock);
	request->locked = false;
	return request->error;
}

int request_check_bad(struct request *request)
{
	mutex_lock(&request->disk->lock);
	if (request->disk->dead)
		return -EIO; /* expect: lock-held-at-return */
	request->locked = true;
	return 0;
}

int request_blocks_bad(struct request *request)
{
	request->locked = false;
	mutex_lock(&request->disk->lock);
	if (request->disk->dead)
		return -EIO; /* expect: lock-held-at-return */
	request->disk->blocks = 0;
	mutex_unlock(&request->disk->lock);
	return 0;
}
