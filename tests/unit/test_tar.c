#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>

#include "../../src/codec/ustar.h"
#include "mkscratch/filecap.h"
#include "mkscratch/mem.h"
#include "mkscratch/tar.h"

#define MANY 4000

/* What libarchive makes of the entries, with the options that tar.h speaks of. */
struct oracle {
	struct archive *a;
	struct msk_str text;
	bool enough;                 /* what the library wants to write all the same is not taken */
};

static la_ssize_t to_text(struct archive *a, void *to, const void *p, size_t n)
{
	struct oracle *o = to;

	(void)a;
	if (o->enough)
		return -1;
	msk_str_add(&o->text, p, n);
	return (la_ssize_t)n;
}

static void oracle_open(struct oracle *o)
{
	*o = (struct oracle){ archive_write_new(), MSK_STR_INIT, false };
	assert_int_equal(archive_write_set_format_pax_restricted(o->a), ARCHIVE_OK);
	assert_int_equal(archive_write_set_options(o->a, "xattrheader=SCHILY"), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_per_block(o->a, 0), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_in_last_block(o->a, 1), ARCHIVE_OK);
	assert_int_equal(archive_write_open(o->a, o, NULL, to_text, NULL), ARCHIVE_OK);
}

static void oracle_add(const struct oracle *o, const struct msk_tar_entry *e, const char *body)
{
	static const unsigned types[] = { [MSK_TAR_DIR] = AE_IFDIR, [MSK_TAR_FILE] = AE_IFREG, [MSK_TAR_SYMLINK] = AE_IFLNK };
	struct archive_entry *to = archive_entry_new();

	archive_entry_set_pathname(to, e->path);
	archive_entry_set_filetype(to, types[e->type]);
	archive_entry_set_perm(to, e->mode);
	archive_entry_set_uid(to, e->uid);
	archive_entry_set_gid(to, e->gid);
	archive_entry_set_mtime(to, e->mtime, 0);
	archive_entry_set_size(to, e->type == MSK_TAR_FILE ? (la_int64_t)e->size : 0);
	if (e->type == MSK_TAR_SYMLINK)
		archive_entry_set_symlink(to, e->link);
	if (e->caps) {
		unsigned char value[MSK_FILECAP_BYTES];

		msk_filecap_encode(e->caps, value);
		archive_entry_xattr_add_entry(to, MSK_FILECAP_XATTR, value, sizeof value);
	}
	assert_true(archive_write_header(o->a, to) >= ARCHIVE_WARN);
	archive_entry_free(to);
	if (body && e->size)
		assert_int_equal(archive_write_data(o->a, body, (size_t)e->size), (la_ssize_t)e->size);
}

static void oracle_close(struct oracle *o)
{
	assert_int_equal(archive_write_close(o->a), ARCHIVE_OK);
	archive_write_free(o->a);
}

static uint64_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* Mostly short and plain; now and then around the 100 bytes that there are, or with a byte that is no letter. */
static void make_name(uint64_t *seed, char *name, size_t room)
{
	size_t n = next(seed) % 4 ? 1 + next(seed) % 40 : 90 + next(seed) % (room - 91);

	for (size_t i = 0; i < n; i++)
		name[i] = (char)('a' + next(seed) % 26);
	for (size_t i = 5; i + 1 < n; i += 6 + next(seed) % 20)
		name[i] = '/';
	if (next(seed) % 8 == 0)
		name[next(seed) % n] = (char)(1 + next(seed) % 255);
	if (name[0] == '/')
		name[0] = '_';
	name[n] = '\0';
}

static uint32_t make_id(uint64_t *seed)
{
	return (uint32_t[]){ 0, 1, 1000, 65534, 262143, 262144, 262145, UINT32_MAX - 1 }[next(seed) % 8];
}

static void make_entry(uint64_t *seed, char *name, char *link, size_t room, struct msk_tar_entry *e)
{
	*e = (struct msk_tar_entry){ .path = name, .type = (enum msk_tar_type)(next(seed) % 3), .link = link };
	make_name(seed, name, room);
	make_name(seed, link, room);
	e->mode = next(seed) & 07777;
	e->uid = make_id(seed);
	e->gid = make_id(seed);
	e->mtime = (int64_t[]){ 0, 1, 1700000000, INT32_MAX - 1, INT32_MAX, (int64_t)INT32_MAX + 1, -1 }[next(seed) % 7];
	if (e->type == MSK_TAR_FILE)
		e->size = (uint64_t[]){ 0, 1, 511, 512, 513, 1024, 4000, 4096 }[next(seed) % 8];
	if (e->type == MSK_TAR_FILE && next(seed) % 8 == 0)
		e->caps = 1 << next(seed) % 40 % 30;
}

static void a_tar_is_what_the_library_makes_of_the_entries(void **state)
{
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct msk_str_writer to = msk_str_writer(&text);
	MSK_CLEANUP(msk_tar_cleanup) struct msk_tar *tar = NULL;
	struct msk_tar_entry e;
	struct oracle oracle;
	static char body[4096];
	char name[160], link[160];
	uint64_t seed = 20;
	size_t plain = 0;

	(void)state;
	oracle_open(&oracle);
	assert_int_equal(msk_tar_new(&to.w, &tar, &err), 0);
	for (size_t i = 0; i < MANY; i++) {
		unsigned char block[MSK_TAR_BLOCK];
		size_t from = text.len;

		make_entry(&seed, name, link, sizeof name, &e);
		memset(body, 'a' + (int)(i % 26), sizeof body);
		plain += msk_ustar_header(&e, block);
		assert_int_equal(msk_tar_header(tar, &e, &err), 0);
		assert_int_equal(msk_tar_data(tar, body, (size_t)e.size / 3, &err), 0);
		assert_int_equal(msk_tar_data(tar, body, (size_t)(e.size - e.size / 3), &err), 0);
		oracle_add(&oracle, &e, body);
		if (text.len > oracle.text.len || memcmp(text.buf + from, oracle.text.buf + from, text.len - from) != 0)
			fail_msg("entry %zu: %s", i, name);
	}
	/* Both ways were gone, and from each to the other. */
	assert_in_range(plain, MANY / 10, MANY - MANY / 10);
	assert_int_equal(msk_tar_finish(tar, &err), 0);
	oracle_close(&oracle);
	assert_int_equal(text.len, oracle.text.len);
	assert_memory_equal(text.buf, oracle.text.buf, text.len);
	msk_str_release(&oracle.text);
}

/* Bodies of these sizes are not written: the header says it all. */
static void a_size_takes_a_record_from_where_its_field_ends(void **state)
{
	static const uint64_t sizes[] = { MSK_TAR_USTAR_LIMIT - 1, MSK_TAR_USTAR_LIMIT, MSK_TAR_USTAR_LIMIT + 1 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const struct msk_tar_entry e = { .path = "large", .type = MSK_TAR_FILE, .mode = 0644, .size = sizes[i] };
		struct msk_err err = MSK_ERR_INIT;
		MSK_AUTO_STR text = MSK_STR_INIT;
		struct msk_str_writer to = msk_str_writer(&text);
		MSK_CLEANUP(msk_tar_cleanup) struct msk_tar *tar = NULL;
		struct oracle oracle;

		oracle_open(&oracle);
		oracle_add(&oracle, &e, NULL);
		assert_int_equal(msk_tar_new(&to.w, &tar, &err), 0);
		assert_int_equal(msk_tar_header(tar, &e, &err), 0);
		assert_int_equal(text.len, oracle.text.len);
		assert_memory_equal(text.buf, oracle.text.buf, text.len);
		assert_int_equal(text.len, i ? 3 * MSK_TAR_BLOCK : MSK_TAR_BLOCK);
		oracle.enough = true;
		archive_write_free(oracle.a);
		msk_str_release(&oracle.text);
	}
}

static int refuse(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	(void)w;
	(void)p;
	(void)n;
	return msk_fail(err, MSK_E_IO, "refused");
}

/* The library, when a writer fails, loses 33 bytes: it is not asked here. */
static void a_failure_is_told_by_the_writer(void **state)
{
	const struct msk_tar_entry e = { .path = "plain", .type = MSK_TAR_DIR, .mode = 0755 };
	struct msk_err err = MSK_ERR_INIT;
	struct msk_writer to = { .write = refuse };
	MSK_CLEANUP(msk_tar_cleanup) struct msk_tar *tar = NULL;

	(void)state;
	assert_int_equal(msk_tar_new(&to, &tar, &err), 0);
	assert_int_equal(msk_tar_header(tar, &e, &err), -1);
	assert_string_equal(err.msg, "refused");
}

static void fails_as_a_bug(bool too_many, const char *msg)
{
	const struct msk_tar_entry e = { .path = "short", .type = MSK_TAR_FILE, .mode = 0644, .size = 3 };
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct msk_str_writer to = msk_str_writer(&text);
	struct msk_err err = MSK_ERR_INIT;
	MSK_CLEANUP(msk_tar_cleanup) struct msk_tar *tar = NULL;

	assert_int_equal(msk_tar_new(&to.w, &tar, &err), 0);
	assert_int_equal(msk_tar_header(tar, &e, &err), 0);
	assert_int_equal(msk_tar_data(tar, "ab", 2, &err), 0);
	assert_int_equal(too_many ? msk_tar_data(tar, "cdef", 4, &err) : msk_tar_finish(tar, &err), -1);
	assert_int_equal(err.code, MSK_E_BUG);
	assert_string_equal(err.msg, msg);
}

static void a_body_has_as_many_bytes_as_the_header_says(void **state)
{
	(void)state;
	fails_as_a_bug(false, "tar: the entry lacks 1 bytes");
	fails_as_a_bug(true, "tar: the entry has 3 bytes too many");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tar_is_what_the_library_makes_of_the_entries),
		cmocka_unit_test(a_size_takes_a_record_from_where_its_field_ends),
		cmocka_unit_test(a_failure_is_told_by_the_writer),
		cmocka_unit_test(a_body_has_as_many_bytes_as_the_header_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
