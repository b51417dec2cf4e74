/* POSIX ACLs of files, compared as the kernel gives them: whom beside owner, group and others a file is for. */
#ifndef MKSCRATCH_ACL_H
#define MKSCRATCH_ACL_H

#include <stdbool.h>

/* By open descriptors, which may be of O_PATH. Two that have none are the same; one that cannot be read is not. */
bool msk_acl_same(int a, int b);
/* It has none, nor, being a directory, one for what is made in it. */
bool msk_acl_none(int fd);

#endif
