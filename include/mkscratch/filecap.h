/* File capabilities (capabilities(7)) as sets of bits, their names, and the value of the extended attribute
 * security.capability that holds them: VFS_CAP_REVISION_2, permitted and effective. */
#ifndef MKSCRATCH_FILECAP_H
#define MKSCRATCH_FILECAP_H

#include <stdbool.h>
#include <stdint.h>
#include "mkscratch/str.h"

#define MSK_FILECAP_XATTR "security.capability"
#define MSK_FILECAP_BYTES 20
#define MSK_FILECAP_MOST  24            /* of the longest revision */

/* Add what a list says to *caps: "cap_chown,CAP_NET_BIND_SERVICE,net_raw". When a name is none, false, and *bad is
 * where it begins. */
bool msk_filecap_parse(const char *list, uint64_t *caps, const char **bad);
/* "cap_chown,cap_net_bind_service", in the order of their numbers. */
void msk_filecap_add(struct msk_str *out, uint64_t caps);
/* The capability of that number, NULL where there is none. */
const char *msk_filecap_name(unsigned number);
/* The number of one, for instance 10 of cap_net_bind_service; -1 when there is none of that name. */
int msk_filecap_number(const char *name);

void msk_filecap_encode(uint64_t caps, unsigned char out[MSK_FILECAP_BYTES]);
/* Of any revision the kernel takes. False: it would refuse the value. */
bool msk_filecap_decode(const void *value, size_t n, uint64_t *caps);
/* All that such a value says, as getcap(8) writes it: "cap_net_raw=ep", "cap_chown=ei cap_kill=p [rootid=1000]", "=" for
 * none. False: the kernel would refuse it, and nothing is added. */
bool msk_filecap_add_value(struct msk_str *out, const void *value, size_t n);

#endif
