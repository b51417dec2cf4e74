/* A fake file system in a temporary directory, for the gatherers' tests. Paths are relative to its top; files and
 * directories get their parents. Everything is asserted, so a test that goes on has what it asked for. */
#ifndef TEST_SYSROOT_H
#define TEST_SYSROOT_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/gather.h"
#include "remove_tree.h"

struct sysroot {
	char top[64];
	struct msk_host *host;
	struct msk_plan plan;
	struct msk_log log;
	struct msk_gather g;
	char path[8192];            /* of sysroot_path() */
};

static inline const char *sysroot_path(struct sysroot *s, const char *rel)
{
	snprintf(s->path, sizeof s->path, "%s/%s", s->top, rel);
	return s->path;
}

static inline void sysroot_parents(struct sysroot *s, const char *rel)
{
	sysroot_path(s, rel);
	for (char *p = s->path + strlen(s->top) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		assert_true(mkdir(s->path, 0755) == 0 || errno == EEXIST);
		assert_int_equal(chmod(s->path, 0755), 0);
		*p = '/';
	}
}

static inline void sysroot_bytes(struct sysroot *s, const char *rel, const void *data, size_t n)
{
	int fd;

	sysroot_parents(s, rel);
	fd = open(sysroot_path(s, rel), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, n), (ssize_t)n);
	assert_int_equal(close(fd), 0);
}

static inline void sysroot_file(struct sysroot *s, const char *rel, const char *text)
{
	sysroot_bytes(s, rel, text, strlen(text));
}

static inline void sysroot_dir(struct sysroot *s, const char *rel)
{
	sysroot_parents(s, rel);
	assert_int_equal(mkdir(sysroot_path(s, rel), 0755), 0);
}

static inline void sysroot_link(struct sysroot *s, const char *target, const char *rel)
{
	sysroot_parents(s, rel);
	assert_int_equal(symlink(target, sysroot_path(s, rel)), 0);
}

static inline void sysroot_fifo(struct sysroot *s, const char *rel)
{
	sysroot_parents(s, rel);
	assert_int_equal(mkfifo(sysroot_path(s, rel), 0644), 0);
}

static inline void sysroot_chmod(struct sysroot *s, const char *rel, mode_t mode)
{
	assert_int_equal(chmod(sysroot_path(s, rel), mode), 0);
}

/* A fresh root with a host and an empty plan over it: the setup of a test. */
static inline int sysroot_setup(void **state)
{
	struct sysroot *s = calloc(1, sizeof *s);
	struct msk_err err = MSK_ERR_INIT;

	assert_non_null(s);
	snprintf(s->top, sizeof s->top, "/tmp/mkscratch-test-XXXXXX");
	assert_non_null(mkdtemp(s->top));
	assert_int_equal(chmod(s->top, 0755), 0);
	assert_int_equal(msk_host_new(s->top, &s->host, &err), 0);
	s->plan.user.name = (char *)"nobody";
	s->plan.user.uid = s->plan.user.gid = 65534;
	s->log = (struct msk_log){ .level = MSK_LOG_ERROR, .fd = 2 };
	s->g = (struct msk_gather){ .plan = &s->plan, .host = s->host, .log = &s->log, .fs = msk_rootfs_new() };
	*state = s;
	return 0;
}

static inline int sysroot_teardown(void **state)
{
	struct sysroot *s = *state;

	msk_rootfs_free(s->g.fs);
	msk_host_free(s->host);
	remove_tree(s->top);
	free(s);
	return 0;
}

#define sysroot_test(f) cmocka_unit_test_setup_teardown(f, sysroot_setup, sysroot_teardown)

/* The gatherer ends well, and the set can be closed. */
static inline void gathers(struct sysroot *s, int (*gather)(struct msk_gather *g, struct msk_err *err))
{
	struct msk_err err = MSK_ERR_INIT;

	if (gather(&s->g, &err) < 0 || msk_rootfs_seal(s->g.fs, &err) < 0)
		fail_msg("%s", err.msg);
}

static inline void gather_fails(struct sysroot *s, int (*gather)(struct msk_gather *g, struct msk_err *err),
				enum msk_code code, const char *msg, const char *hint)
{
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(gather(&s->g, &err), -1);
	assert_string_equal(err.msg, msg);
	assert_string_equal(err.hint, hint);
	assert_int_equal(err.code, code);
}

static inline const struct msk_entry *entry_at(struct sysroot *s, const char *path)
{
	const struct msk_entry *e = msk_rootfs_find(s->g.fs, path);

	if (!e)
		fail_msg("%s is not in the image", path);
	return e;
}

static inline void assert_absent(struct sysroot *s, const char *path)
{
	if (msk_rootfs_find(s->g.fs, path))
		fail_msg("%s is in the image", path);
}

static inline void assert_data(struct sysroot *s, const char *path, const char *text)
{
	const struct msk_entry *e = entry_at(s, path);

	assert_int_equal(e->type, MSK_FILE);
	assert_non_null(e->body.data);
	assert_int_equal(e->body.size, strlen(text));
	assert_memory_equal(e->body.data, text, strlen(text));
}

static inline void assert_link(struct sysroot *s, const char *path, const char *text)
{
	const struct msk_entry *e = entry_at(s, path);

	assert_int_equal(e->type, MSK_SYMLINK);
	assert_string_equal(e->link, text);
}

static inline void assert_mode(struct sysroot *s, const char *path, uint32_t mode, uint32_t uid, uint32_t gid)
{
	const struct msk_entry *e = entry_at(s, path);

	assert_int_equal(e->mode, mode);
	assert_int_equal(e->uid, uid);
	assert_int_equal(e->gid, gid);
}

#endif
