// Objects that a called function locks and leaves in its caller's memory.

#include <linux/mutex.h>

struct port {
	struct mutex lock;
	int speed;
	bool up;
};

struct change {
	struct port *port;
	struct mutex *gate;
	int speed;
};

struct hub {
	struct mutex gate;
	struct port *uplink;
};

extern int port_check(struct port *port);
extern void change_note(struct change *change);

static void change_begin(struct change *change, struct port *port)
{
	change->port = port;
	mutex_lock(&port->lock);
}

static void change_end(struct change *change)
{
	mutex_unlock(&change->port->lock);
}

static int change_begin_up(struct change *change, struct port *port)
{
	change->port = port;
	mutex_lock(&port->lock);
	if (!port->up) {
		mutex_unlock(&port->lock);
		return -ENETDOWN;
	}
	return 0;
}

static void change_gate(struct change *change, struct hub *hub)
{
	change->gate = &hub->gate;
	mutex_lock(change->gate);
}

static int hub_get_uplink(struct hub *hub, struct port **found)
{
	struct port *port = hub->uplink;

	mutex_lock(&port->lock);
	*found = port;
	return 0;
}

int port_set(struct port *port, int speed)
{
	struct change change;

	change_begin(&change, port);
	port->speed = speed;
	change_end(&change);
	return 0;
}

int port_set_noted(struct port *port, int speed)
{
	struct change change;

	change_begin(&change, port);
	change.speed = speed;
	change_note(&change);
	port->speed = speed;
	change_end(&change);
	return 0;
}

int port_set_bad(struct port *port, int speed)
{
	struct change change;

	change_begin(&change, port);
	if (port_check(port))
		return -EINVAL; /* expect: lock-held-at-return */
	port->speed = speed;
	change_end(&change);
	return 0;
}

int port_set_up(struct port *port, int speed)
{
	struct change change;

	if (change_begin_up(&change, port))
		return -ENETDOWN;
	port->speed = speed;
	mutex_unlock(&change.port->lock);
	return 0;
}

int hub_gated(struct hub *hub)
{
	struct change change;

	change_gate(&change, hub);
	mutex_unlock(change.gate);
	return 0;
}

int hub_uplink(struct hub *hub, int speed)
{
	struct port *port;

	hub_get_uplink(hub, &port);
	port->speed = speed;
	mutex_unlock(&port->lock);
	return 0;
}

int hub_uplink_bad(struct hub *hub, int speed)
{
	struct port *port;

	hub_get_uplink(hub, &port);
	if (port_check(port))
		return -EINVAL; /* expect: lock-held-at-return */
	port->speed = speed;
	mutex_unlock(&port->lock);
	return 0;
}

static void change_lock(struct change *change)
{
	mutex_lock(&change->port->lock);
}

int port_set_twice(struct port *port, int speed)
{
	struct change change = { .port = port };

	change_lock(&change);
	port->speed = speed;
	change_end(&change);
	change_lock(&change);
	port->speed++;
	change_end(&change);
	return 0;
}
