/* How a certificate bundle and a time zone are looked at. */
#ifndef CHECK_FILE_LOOK_H
#define CHECK_FILE_LOOK_H

#include "mkscratch/image_contents.h"

/* `path` is relative, for messages. `now`: what certificates are held against; 0: nothing is said of dates. Fails: MSK_E_BUG
 * where OpenSSL cannot be had. */
int msk_file_look_at_bundle(struct msk_file_look *l, const struct msk_str *text, const char *path, int64_t now,
			    struct msk_err *err);
/* What is no TZif file is passed over. */
void msk_file_look_at_zone(struct msk_file_look *l, const struct msk_str *data, const char *path);

/* As the value of a record; and what one says, added to what is known. */
void msk_file_look_pack(const struct msk_file_look *l, struct msk_str *out);
void msk_file_look_add(struct msk_file_look *l, const unsigned char *packed);

#endif
