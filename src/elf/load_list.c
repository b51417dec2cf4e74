#include "load_list.h"

#include <string.h>

#define MAX_NODES (8 * MSK_CLOSURE_MAX_OBJECTS)

void msk_load_list_release(struct msk_load_list *list)
{
	free(list->v);
	free(list->listed);
}

static size_t add_node(struct msk_load_list *list, struct msk_load_node n)
{
	MSK_GROW(list->v, list->n, list->cap);
	list->v[list->n] = n;
	return list->n++;
}

bool msk_load_list_has(const struct msk_load_list *list, size_t object)
{
	return object < list->n_listed && list->listed[object];
}

static void mark_listed(struct msk_load_list *list, size_t object)
{
	while (list->n_listed <= object) {
		MSK_GROW(list->listed, list->n_listed, list->cap_listed);
		list->listed[list->n_listed++] = false;
	}
	list->listed[object] = true;
}

void msk_load_list_append(struct msk_load_list *list, size_t object)
{
	size_t i;

	if (msk_load_list_has(list, object))
		return;
	mark_listed(list, object);
	i = add_node(list, (struct msk_load_node){ object, MSK_LIST_END, false });
	if (i > 0)
		list->v[list->tail].next = i;
	list->tail = i;
}

/* ld.so asks the objects for their names in the order of its list. An object that has come before the one that answered
 * to its soname so far answers from now on. `behind` is the node behind it. */
static int claim_soname(struct msk_loader *l, const struct msk_load_list *list, size_t behind, size_t object,
			struct msk_err *err)
{
	const char *soname = l->c->objects[object].elf.soname;
	size_t owner;

	if (!soname || !msk_names_find(&l->names, soname, &owner) || owner == object)
		return 0;
	for (; behind != MSK_LIST_END; behind = list->v[behind].next) {
		if (msk_loader_charge(l, 1, err) < 0)
			return -1;
		if (list->v[behind].object == owner)
			msk_names_move(&l->names, soname, object);
	}
	return 0;
}

int msk_load_list_insert(struct msk_load_list *list, struct msk_loader *l, size_t *at, size_t object,
			 struct msk_err *err)
{
	size_t before = *at, moved;

	/* Two that filter for each other would be put in front of one another for ever, and ld.so does so. */
	if (list->n == MAX_NODES)
		return msk_fail(err, MSK_E_INPUT, "%s: its filters (DT_FILTER, DT_AUXILIARY) go round in a circle",
				l->c->objects[list->v[*at].object].name);

	if (msk_load_list_has(list, object)) {
		while (list->v[before].next != MSK_LIST_END && list->v[list->v[before].next].object != object) {
			before = list->v[before].next;
			if (msk_loader_charge(l, 1, err) < 0)
				return -1;
		}
		if (list->v[before].next == MSK_LIST_END)
			return 0;
		if (list->v[before].next == list->tail)
			list->tail = before;
		list->v[before].next = list->v[list->v[before].next].next;
	}
	mark_listed(list, object);
	moved = add_node(list, list->v[*at]);
	list->v[*at] = (struct msk_load_node){ object, moved, false };
	if (list->tail == *at)
		list->tail = moved;
	*at = moved;
	return claim_soname(l, list, moved, object, err);
}
