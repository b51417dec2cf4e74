#include "mkscratch/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Headers are older than kernels, and the other way round. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#define ACCESS_NET_TCP 3ULL                /* bind and connect */
#define SCOPE_ABSTRACT_SOCKETS 1ULL

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

/* Sanitizers read /proc at the end. */
#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define NOT_HERE 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define NOT_HERE 1
#endif

#define READ  (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_REFER | \
	       LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	       LANDLOCK_ACCESS_FS_REMOVE_DIR)
/* What of that may be said of a file; a directory also has what is below it. */
#define OF_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

/* As the kernel has it; what an older one does not know yet is left out by the size. */
struct ruleset {
	uint64_t fs, net, scoped;
};

static int create(const struct ruleset *r, size_t size, unsigned flags)
{
	return (int)syscall(SYS_landlock_create_ruleset, r, size, flags);
}

static uint64_t rights_of(int version)
{
	uint64_t all = LANDLOCK_ACCESS_FS_MAKE_SYM | (LANDLOCK_ACCESS_FS_MAKE_SYM - 1);

	if (version >= 2)
		all |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		all |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (version >= 5)
		all |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return all;
}

void msk_confine_init(struct msk_confine *c)
{
	int version = create(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset r = { 0 };

	*c = (struct msk_confine)MSK_CONFINE_INIT;
#ifdef NOT_HERE
	version = 0;
#endif
	if (version < 1)
		return;
	c->known = r.fs = rights_of(version);
	if (version >= 4)
		r.net = ACCESS_NET_TCP;
	if (version >= 6)
		r.scoped = SCOPE_ABSTRACT_SOCKETS;
	c->fd = create(&r, version >= 6 ? sizeof r : version >= 4 ? offsetof(struct ruleset, scoped) : sizeof r.fs, 0);
}

void msk_confine_release(struct msk_confine *c)
{
	msk_cleanup_fd(&c->fd);
	c->fd = -1;
}

/* What is not there, or not for us, needs no rule; nor does a pipe (EBADFD), which is of no file system. */
static bool is_absent(int sys)
{
	return sys == ENOENT || sys == ENOTDIR || sys == ELOOP || sys == EACCES || sys == ENAMETOOLONG || sys == EBADFD;
}

/* 0, or an errno: the path could not be looked at, or the rule was not taken. */
static int add_rule(const struct msk_confine *c, const char *path, enum msk_confine_right right)
{
	MSK_AUTO_FD int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = { .parent_fd = fd };
	struct stat st;

	if (fd < 0)
		return errno;
	/* It is there, whatever the reason. */
	if (fstat(fd, &st) < 0)
		return EIO;
	rule.allowed_access = (right == MSK_CONFINE_WRITE ? WRITE : READ) & c->known;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= OF_FILES;
	return syscall(SYS_landlock_add_rule, c->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 ? errno : 0;
}

void msk_confine_allow(struct msk_confine *c, const char *path, enum msk_confine_right right)
{
	int sys = c->fd < 0 ? 0 : add_rule(c, path, right);

	/* With a rule too few, what is allowed would be refused: then rather none. */
	if (sys && !is_absent(sys))
		msk_confine_release(c);
}

bool msk_confine_enter(struct msk_confine *c)
{
	bool done = c->fd >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		    syscall(SYS_landlock_restrict_self, c->fd, 0) == 0;

	msk_confine_release(c);
	return done;
}
