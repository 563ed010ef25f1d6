// Loops in which each round takes the lock of its own element: what a round leaves held, the next one has no name for.

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/list.h>

struct pot {
	struct mutex m;
	spinlock_t s;
	struct list_head node;
	struct list_head wet;
	struct list_head seeds;
	struct pot *next;
	int *soil;
	int full;
};

struct bench {
	struct mutex m;
	struct pot pots[64];
	struct pot *by_size[64];
	int count;
};

int pot_continue(struct list_head *pots)
{
	struct pot *p, *next;
	int ret = 0;

	list_for_each_entry_safe(p, next, pots, node) {
		mutex_lock(&p->m);
		if (!p->soil)
			continue; /* expect: lock-held-at-return */
		ret = water(p->soil);
		mutex_unlock(&p->m);
		if (ret)
			break;
	}
	return ret;
}

int pot_continue_twice(struct list_head *pots)
{
	struct pot *p;

	list_for_each_entry(p, pots, node) {
		list_del_init(&p->wet);
		mutex_lock(&p->m);
		prepare(pots, p);
		if (!p->soil)
			continue; /* expect: lock-held-at-return */
		if (p->full) {
			pr_debug("%p is full\n", p);
			continue; /* expect: lock-held-at-return */
		}
		water(p->soil);
		mutex_unlock(&p->m);
	}
	return 0;
}

int pot_unless_full(struct list_head *pots)
{
	struct pot *p;

	list_for_each_entry(p, pots, node) {
		spin_lock(&p->s); /* expect: lock-held-at-return */
		if (!p->full) {
			p->full = 1;
			spin_unlock(&p->s);
		}
	}
	return 0;
}

int pot_array(struct pot *pots, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		mutex_lock(&pots[i].m);
		if (!pots[i].soil)
			continue; /* expect: lock-held-at-return */
		water(pots[i].soil);
		mutex_unlock(&pots[i].m);
	}
	return 0;
}

int pot_pointers(struct bench *b)
{
	struct pot *p;
	int i;

	for (i = 0; i < b->count; i++) {
		p = b->by_size[i];
		mutex_lock(&p->m);
		if (p->full || !p->soil)
			continue; /* expect: lock-held-at-return */
		water(p->soil);
		mutex_unlock(&p->m);
	}
	return 0;
}

int pot_nested(struct list_head *pots)
{
	struct pot *p, *seed;

	list_for_each_entry(p, pots, node) {
		mutex_lock(&p->m);
		list_for_each_entry(seed, &p->seeds, node) {
			spin_lock(&seed->s);
			if (seed->full)
				continue; /* expect: lock-held-at-return */
			seed->full = 1;
			spin_unlock(&seed->s);
		}
		mutex_unlock(&p->m);
	}
	return 0;
}

int pot_nested_right(struct list_head *pots)
{
	struct pot *p, *seed;

	list_for_each_entry(p, pots, node) {
		mutex_lock(&p->m);
		if (!p->soil) {
			mutex_unlock(&p->m);
			continue;
		}
		list_for_each_entry(seed, &p->seeds, node) {
			if (seed->full)
				continue;
			spin_lock(&seed->s);
			seed->full = 1;
			spin_unlock(&seed->s);
		}
		mutex_unlock(&p->m);
	}
	return 0;
}

/* Each round tries until it gets it. */
int pot_again(struct list_head *pots)
{
	struct pot *p;

	list_for_each_entry(p, pots, node) {
again:
		mutex_lock(&p->m);
		if (!p->soil) {
			mutex_unlock(&p->m);
			fill(p);
			goto again;
		}
		water(p->soil);
		mutex_unlock(&p->m);
	}
	return 0;
}

int pot_restart(struct list_head *pots)
{
	struct pot *p;

again:
	list_for_each_entry(p, pots, node) {
		mutex_lock(&p->m);
		if (p->full) {
			mutex_unlock(&p->m);
			goto again;
		}
		if (!p->soil)
			goto next;
		water(p->soil);
next:
		mutex_unlock(&p->m);
	}
	return 0;
}

/* One is taken before the one behind it is given back. */
int pot_hand_over_hand(struct list_head *pots)
{
	struct pot *p, *last = NULL;

	list_for_each_entry(p, pots, node) {
		mutex_lock(&p->m);
		if (last)
			mutex_unlock(&last->m);
		last = p;
	}
	if (last)
		mutex_unlock(&last->m);
	return 0;
}

int pot_every(struct pot *pots, int n)
{
	int i;

	for (i = 0; i < n; i++)
		mutex_lock(&pots[i].m);
	for (i = 0; i < n; i++)
		water(pots[i].soil);
	for (i = 0; i < n; i++)
		mutex_unlock(&pots[i].m);
	return 0;
}

/* Those with soil stay locked until all are watered. */
int pot_every_with_soil(struct list_head *pots, struct list_head *wet)
{
	struct pot *p;

	list_for_each_entry(p, pots, node) {
		mutex_lock(&p->m);
		if (!p->soil) {
			mutex_unlock(&p->m);
			continue;
		}
		list_add(&p->wet, wet);
	}
	list_for_each_entry(p, wet, wet) {
		water(p->soil);
		mutex_unlock(&p->m);
	}
	return 0;
}

int pot_unwind(struct bench *b)
{
	int i, ret;

	for (i = 0; i < b->count; i++) {
		mutex_lock(&b->pots[i].m);
		ret = water(b->pots[i].soil);
		if (ret) {
			mutex_unlock(&b->pots[i].m);
			goto undo;
		}
	}
	ret = 0;
undo:
	while (--i >= 0)
		mutex_unlock(&b->pots[i].m);
	return ret;
}

/* The caller goes through the list and gives them back. */
int pot_collect(struct list_head *pots, struct list_head *wet)
{
	struct pot *p;

	list_for_each_entry(p, pots, node) {
		spin_lock(&p->s);
		if (p->soil) {
			list_add(&p->wet, wet);
			continue;
		}
		spin_unlock(&p->s);
	}
	return 0;
}

int pot_try(struct list_head *pots)
{
	struct pot *p;

	list_for_each_entry(p, pots, node) {
		if (!mutex_trylock(&p->m))
			continue;
		water(p->soil);
		mutex_unlock(&p->m);
	}
	return 0;
}

int pot_try_bad(struct list_head *pots)
{
	struct pot *p;

	list_for_each_entry(p, pots, node) {
		if (!mutex_trylock(&p->m))
			continue;
		if (!p->soil)
			continue; /* expect: lock-held-at-return */
		mutex_unlock(&p->m);
	}
	return 0;
}

int pot_break(struct list_head *pots)
{
	struct pot *p, *found = NULL;

	list_for_each_entry(p, pots, node) {
		mutex_lock(&p->m);
		if (p->full) {
			found = p;
			break;
		}
		mutex_unlock(&p->m);
	}
	if (!found)
		return -ENOENT;
	water(found->soil);
	mutex_unlock(&found->m);
	return 0;
}

/* The first that is full stays locked, noted for what comes behind the loop. */
int pot_note(struct list_head *pots)
{
	struct pot *p, *found = NULL;

	list_for_each_entry(p, pots, node) {
		mutex_lock(&p->m);
		if (p->full && !found) {
			found = p;
			continue;
		}
		mutex_unlock(&p->m);
	}
	if (found)
		mutex_unlock(&found->m);
	return 0;
}

int pot_by_hand(struct pot *p)
{
	while (p) {
		mutex_lock(&p->m);
		water(p->soil);
		mutex_unlock(&p->m);
		p = p->next;
	}
	return 0;
}

/* The bench stays locked over all rounds, and is no element of them. */
int pot_under_bench(struct bench *b)
{
	int i;

	mutex_lock(&b->m);
	for (i = 0; i < b->count; i++) {
		if (!b->pots[i].soil)
			continue;
		spin_lock(&b->pots[i].s);
		b->pots[i].full = 1;
		spin_unlock(&b->pots[i].s);
	}
	mutex_unlock(&b->m);
	return 0;
}

int pot_flag(struct list_head *pots, int careful)
{
	struct pot *p;

	list_for_each_entry(p, pots, node) {
		if (careful)
			mutex_lock(&p->m);
		water(p->soil);
		if (careful)
			mutex_unlock(&p->m);
	}
	return 0;
}

/* The inner loop counts something else. */
void pot_inner_count(struct bench *b)
{
	int i, j;

	for (i = 0; i < b->count; i++) {
		struct pot *p = &b->pots[i];

		spin_lock(&p->s);
		for (j = 0; j < p->full; j++)
			p->soil[j] = 0;
		spin_unlock(&p->s);
	}
}

/* The rounds of the inner loop may take the lock of the outer one's element. */
void pot_inner_lock(struct bench *b)
{
	int i, j, locked;

	for (i = 0; i < b->count; i++) {
		locked = 0;
		for (j = 0; j < b->pots[i].full; j++) {
			if (!locked) {
				spin_lock(&b->pots[i].s);
				locked = 1;
			}
			b->pots[i].soil[j] = 0;
		}
		if (locked)
			spin_unlock(&b->pots[i].s);
	}
}

int pot_table(struct pot (*pots)[8], int n, int m)
{
	int i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < m; j++)
			mutex_lock(&pots[i][j].m);
	for (i = 0; i < n; i++)
		for (j = 0; j < m; j++)
			mutex_unlock(&pots[i][j].m);
	return 0;
}
