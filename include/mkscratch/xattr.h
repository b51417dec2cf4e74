/* The extended attributes of an entry as one text, the same for the same attributes whatever order a tar has them in:
 * "user.a=2:6869 user.b=70:sha256:..." sorted; the bytes of a value in hexadecimal, of a long one the digest. In
 * names a blank, '=', '\' and control bytes are \ooo, so that no text stands for two lists. */
#ifndef MKSCRATCH_XATTR_H
#define MKSCRATCH_XATTR_H

#include "mkscratch/digest.h"
#include "mkscratch/str.h"

#define MSK_XATTR_SHORT 64

/* One of them; of a name that a tar has twice there are two. */
struct msk_xattr {
	struct msk_str name;
	uint64_t size;
	unsigned char value[MSK_XATTR_SHORT];  /* unless it is longer */
	struct msk_digest digest;              /* then; "" of a short one */
	const char *at;                        /* in the text, where it begins */
};

/* Add one to a list, which msk_xattrs_text() makes the text of. */
void msk_xattrs_add(struct msk_strv *list, const char *name, const void *value, size_t n);
/* Sorts it. *out is overwritten. */
void msk_xattrs_text(struct msk_strv *list, struct msk_str *out);

/* The next at *text, which is moved behind it; false: there is none. What *x held before is used again. */
bool msk_xattr_next(const char **text, struct msk_xattr *x);
/* Their names, in the order in which a text has them. Both texts must still be there. */
int msk_xattr_compare(const struct msk_xattr *a, const struct msk_xattr *b);
void msk_xattr_release(struct msk_xattr *x);
#define MSK_AUTO_XATTR MSK_CLEANUP(msk_xattr_release) struct msk_xattr
/* As getfattr(1) would: "cap_net_raw=ep" of security.capability, "hi" in quotes where all of it is printable ASCII, or but
 * for a NUL at the end ("etc_t\0"), else 0x6869; of a long one its size and digest. */
void msk_xattr_add_value(struct msk_str *out, const struct msk_xattr *x);

#endif
