/* The order in which a loader lists what it has mapped, while it grows: breadth first, with insertions in front of the
 * object at hand. */
#ifndef ELF_LOAD_LIST_H
#define ELF_LOAD_LIST_H

#include "loader.h"

#define MSK_LIST_END SIZE_MAX

/* An object's place in the list. Nodes are known by their indices, which stay. */
struct msk_load_node {
	size_t object, next;           /* next: a node, or MSK_LIST_END */
	bool done;                     /* for the walk: all that the object needs was asked for */
};

struct msk_load_list {
	struct msk_load_node *v;       /* the first one is where the list begins, once it is not empty */
	size_t n, cap, tail;
	bool *listed;                  /* by object; those beyond n_listed are not */
	size_t n_listed, cap_listed;
};

void msk_load_list_release(struct msk_load_list *list);
bool msk_load_list_has(const struct msk_load_list *list, size_t object);
/* Put an object at the end; one that is listed stays where it is. */
void msk_load_list_append(struct msk_load_list *list, size_t object);

/* Put an object in front of the one in node *at, which moves to a node of its own behind it: *at is that node afterwards.
 * An object that is listed further down moves up; one further up stays. The node keeps its place in the list, so that the
 * walk that stands on it comes to the new object next. The sonames of `l` are answered as the new order has it.
 * Fails: MSK_E_INPUT when filters go round in a circle, or the work has no end. */
int msk_load_list_insert(struct msk_load_list *list, struct msk_loader *l, size_t *at, size_t object,
			 struct msk_err *err);

#endif
