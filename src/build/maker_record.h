/* What the maker of an image tells about it in the manifest (oci-layout-spec, section 5.8): why each path is there, and the
 * recipe that makes it again. */
#ifndef BUILD_MAKER_RECORD_H
#define BUILD_MAKER_RECORD_H

#include "mkscratch/build.h"

/* Of an edition whose layers are written, so that the digests of its files are known. What is NULL was not asked for, or has
 * no room in a document. Depends on the entries, the options and the plan alone. */
struct msk_maker_record msk_maker_record_make(const struct msk_build *b, const struct msk_edition *e);
void msk_maker_record_release(struct msk_maker_record *r);
/* Warn of what an image that was to have a record goes without. */
void msk_maker_record_tell_lacking(const struct msk_build *b, const struct msk_maker_record *r);

#endif
