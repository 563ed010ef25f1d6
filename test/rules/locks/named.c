// Locks of other layers, known by their names alone: a file that calls both x_lock() and x_unlock().

struct bus;
void bus_lock(struct bus *bus);
void bus_unlock(struct bus *bus);
void lock(int *l);
void unlock(int *l);
void world_lock(void);
void world_unlock(void);
int bus_lock_wait(struct bus *bus);
int bus_work(struct bus *bus);

struct node {
	struct bus *bus;
	int l;
	int n;
};

int node_bus(struct node *n)
{
	bus_lock(n->bus);
	n->n++;
	bus_unlock(n->bus);
	return 0;
}

int node_bus_bad(struct node *n)
{
	bus_lock(n->bus);
	if (bus_work(n->bus))
		return -1; /* expect: lock-held-at-return */
	bus_unlock(n->bus);
	return 0;
}

int node_bus_twice(struct node *n)
{
	bus_lock(n->bus);
	n->n++;
	bus_unlock(n->bus);
	bus_unlock(n->bus); /* expect: unlock-without-lock */
	return 0;
}

int node_plain(struct node *n)
{
	lock(&n->l);
	n->n++;
	unlock(&n->l);
	return 0;
}

int node_plain_bad(struct node *n)
{
	lock(&n->l);
	if (n->n)
		return 1; /* expect: lock-held-at-return */
	unlock(&n->l);
	return 0;
}

int node_plain_flag(struct node *n, int need)
{
	if (need)
		lock(&n->l);
	n->n++;
	if (need)
		unlock(&n->l);
	return 0;
}

int node_world(struct node *n)
{
	world_lock();
	n->n++;
	world_unlock();
	return 0;
}

int node_world_bad(struct node *n)
{
	world_lock();
	if (n->n)
		return 1; /* expect: lock-held-at-return */
	world_unlock();
	return 0;
}

int node_try(struct node *n, int (*may_lock)(struct bus *))
{
	int ret = bus_lock(n->bus);

	if (ret)
		return ret;
	n->n++;
	bus_unlock(n->bus);
	return 0;
}
