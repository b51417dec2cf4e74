/* Accounts or groups by their names and by their numbers, of which there may be very many; of several of one name or number the
 * first counts.
 *
 * All zero is an empty one, which has nothing to be released. */
#ifndef MKSCRATCH_ROLL_H
#define MKSCRATCH_ROLL_H

#include <stdbool.h>
#include <stdint.h>
#include "mkscratch/names.h"

struct msk_roll {
	struct msk_names names, ids;
};
#define MSK_AUTO_ROLL MSK_CLEANUP(msk_roll_release) struct msk_roll

/* The name is borrowed. `place` is whatever the caller wants to know of it. */
void msk_roll_add(struct msk_roll *r, const char *name, uint32_t id, size_t place);
/* All lines of a text of passwd(5) or group(5), each with its number for a place. What is no such line is passed over. */
void msk_roll_read(struct msk_roll *r, const char *text);
bool msk_roll_name(const struct msk_roll *r, const char *name, size_t *place);
bool msk_roll_id(const struct msk_roll *r, uint32_t id, size_t *place);
void msk_roll_release(struct msk_roll *r);

/* The line for a name or number (NULL for any) in such a text: true with both numbers, the second of which is 0 in group(5). */
bool msk_account_lookup(const char *text, const char *name, const uint32_t *id, char **out_name, uint32_t *uid, uint32_t *gid);

#endif
