// Locks that are taken once more below: by a function two calls down, and by the function itself.

#include <linux/mutex.h>
#include <linux/spinlock.h>

struct node {
	struct mutex lock;
	spinlock_t slock;
	struct node *child;
	int depth;
	bool busy;
};

static DEFINE_MUTEX(tree_lock);

extern int node_visit(struct node *node);

static int node_count(struct node *node)
{
	mutex_lock(&node->lock);
	node->depth++;
	mutex_unlock(&node->lock);
	return 0;
}

static int node_count_twice(struct node *node)
{
	int ret = node_visit(node);

	if (ret < 0)
		node_visit(node);
	return node_count(node);
}

static int node_count_idle(struct node *node)
{
	if (node->busy)
		return 0;
	return node_count(node);
}

int node_add_bad(struct node *node)
{
	mutex_lock(&node->lock);
	node_count_twice(node); /* expect: double-lock */
	mutex_unlock(&node->lock);
	return 0;
}

int node_add_idle(struct node *node)
{
	mutex_lock(&node->lock);
	node->busy = true;
	node_count_idle(node);
	mutex_unlock(&node->lock);
	return 0;
}

int node_add_child(struct node *node)
{
	mutex_lock(&node->lock);
	node_count_twice(node->child);
	mutex_unlock(&node->lock);
	return 0;
}

int tree_walk_bad(struct node *node)
{
	int ret = 0;

	mutex_lock(&tree_lock);
	if (node->child)
		ret = tree_walk_bad(node->child); /* expect: double-lock */
	mutex_unlock(&tree_lock);
	return ret;
}

int tree_walk_open(struct node *node)
{
	int ret = 0;

	mutex_lock(&tree_lock);
	if (node->child) {
		mutex_unlock(&tree_lock);
		ret = tree_walk_open(node->child);
		mutex_lock(&tree_lock);
	}
	mutex_unlock(&tree_lock);
	return ret;
}

int tree_walk_told(struct node *node, bool locked)
{
	int ret = 0;

	if (!locked)
		mutex_lock(&tree_lock);
	if (node->child)
		ret = tree_walk_told(node->child, true);
	if (!locked)
		mutex_unlock(&tree_lock);
	return ret;
}

int node_walk(struct node *node)
{
	int ret = 0;

	spin_lock_nested(&node->slock, node->depth);
	if (node->child)
		ret = node_walk(node->child);
	spin_unlock(&node->slock);
	return ret;
}

int node_walk_bad(struct node *node, int rounds)
{
	int ret = 0;

	spin_lock(&node->slock);
	if (rounds > 0)
		ret = node_walk_bad(node, rounds - 1); /* expect: double-lock */
	spin_unlock(&node->slock);
	return ret;
}
