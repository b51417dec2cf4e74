#include "mkscratch/acl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#define OF_FILE "system.posix_acl_access"
#define OF_NEW  "system.posix_acl_default"
#define ACL_BYTES 4096

/* A file that may not be read tells it by its path (O_PATH). */
static ssize_t get(int fd, const char *which, char *buf, size_t n)
{
	char path[32];
	ssize_t got = fgetxattr(fd, which, buf, n);

	if (got >= 0 || errno != EBADF)
		return got;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return getxattr(path, which, buf, n);
}

static bool lacks(int fd, const char *which)
{
	return get(fd, which, NULL, 0) < 0 && (errno == ENODATA || errno == EOPNOTSUPP);
}

bool msk_acl_same(int a, int b)
{
	char of_a[ACL_BYTES], of_b[ACL_BYTES];
	ssize_t n = get(a, OF_FILE, of_a, sizeof of_a), m;

	if (n < 0)
		return lacks(a, OF_FILE) && lacks(b, OF_FILE);
	m = get(b, OF_FILE, of_b, sizeof of_b);
	return n == m && memcmp(of_a, of_b, (size_t)n) == 0;
}

bool msk_acl_none(int fd)
{
	return lacks(fd, OF_FILE) && lacks(fd, OF_NEW);
}
