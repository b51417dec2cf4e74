/* The store: blobs in memory and on disk, once each. Temporary files: gone whatever happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "mkscratch/staging.h"
#include "mkscratch/store.h"
#include "mkscratch/tempfile.h"
#include "remove_tree.h"

static void put(struct msk_store *st, char fill, size_t n, struct msk_digest *d)
{
	MSK_AUTO_FREE char *p = msk_xmalloc(n);
	struct msk_writer *w = msk_store_begin(st);
	struct msk_err err = MSK_ERR_INIT;
	uint64_t size;

	memset(p, fill, n);
	for (size_t at = 0; at < n; at += 1 << 20)
		assert_int_equal(msk_writer_write(w, p + at, n - at < 1 << 20 ? n - at : 1 << 20, &err), 0);
	assert_int_equal(msk_writer_finish(w, &err), 0);
	assert_int_equal(msk_store_end(st, d, &size, &err), 0);
	assert_int_equal(size, n);
}

static void assert_sends(struct msk_store *st, const struct msk_digest *d, size_t n)
{
	struct msk_hash_writer hw;
	struct msk_err err = MSK_ERR_INIT;

	msk_hash_writer_init(&hw, NULL);
	assert_int_equal(msk_store_send(st, d, &hw.w, &err), 0);
	assert_int_equal(msk_writer_finish(&hw.w, &err), 0);
	assert_string_equal(hw.digest.text, d->text);
	assert_int_equal(hw.size, n);
	msk_hash_writer_release(&hw);
}

static void blobs_come_back_from_memory_and_from_disk(void **state)
{
	static const size_t sizes[] = { 0, 1, 1000, MSK_STORE_MEMORY - 1001, MSK_STORE_MEMORY, 5, 3 * MSK_STORE_MEMORY };
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
	struct msk_digest d[7];

	(void)state;
	for (int i = 0; i < 7; i++)
		put(st, (char)('a' + i), sizes[i], &d[i]);
	for (int i = 0; i < 7; i++)
		assert_sends(st, &d[i], sizes[i]);
	assert_int_equal(msk_store_count(st), 7);
	for (size_t i = 0; i < 7; i++) {
		struct msk_digest at;
		uint64_t size;

		msk_store_at(st, i, &at, &size);
		assert_string_equal(at.text, d[i].text);
		assert_int_equal(size, sizes[i]);
	}
}

static void what_has_a_digest_already_is_a_blob_like_any(void **state)
{
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
	struct msk_err err = MSK_ERR_INIT;
	struct msk_digest d, of_text;

	(void)state;
	msk_digest_of("text", 4, &of_text);
	assert_int_equal(msk_writer_write(msk_store_begin_known(st), "text", 4, &err), 0);
	assert_int_equal(msk_store_end_known(st, &of_text, 4, &err), 0);
	assert_int_equal(msk_store_put(st, "text", 4, &d, &err), 0);
	assert_string_equal(d.text, of_text.text);
	assert_int_equal(msk_store_count(st), 1);
	put(st, 'x', 100, &d);
	assert_sends(st, &of_text, 4);
	assert_sends(st, &d, 100);
}

static void the_same_content_is_stored_once(void **state)
{
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
	struct msk_digest a, b, c;

	(void)state;
	put(st, 'x', 2 * MSK_STORE_MEMORY, &a);
	put(st, 'x', 2 * MSK_STORE_MEMORY, &b);
	put(st, 'y', 2 * MSK_STORE_MEMORY, &c);
	assert_string_equal(a.text, b.text);
	assert_int_equal(msk_store_count(st), 2);
	assert_sends(st, &a, 2 * MSK_STORE_MEMORY);
	assert_sends(st, &c, 2 * MSK_STORE_MEMORY);
}

/* Without a name. */
static struct msk_outfile unnamed(void)
{
	struct msk_outfile f = MSK_OUTFILE_INIT;

	f.name = "img.tar";
	assert_int_equal(msk_staging_file(&f.temp.fd, &(struct msk_err)MSK_ERR_INIT), 0);
	return f;
}

static void a_stage_holds_every_blob_where_it_belongs(void **state)
{
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
	static const size_t sizes[] = { 1000, 0, MSK_STORE_MEMORY + 1, 17 };
	static const uint64_t offsets[] = { 1064, 2164, 2264, 8390964 };
	struct msk_outfile file = unnamed();
	struct msk_stage stage = { .file = &file, .next = 1000, .head = 64, .align = 100, .name = "img.tar" };
	struct msk_digest d[4], again;
	char byte;

	(void)state;
	msk_store_stage_in(st, &stage);
	for (int i = 0; i < 4; i++) {
		put(st, (char)('a' + i), sizes[i], &d[i]);
		put(st, 'a', sizes[0], &again);
	}
	assert_int_equal(msk_store_count(st), 4);
	for (size_t i = 0; i < 4; i++) {
		assert_sends(st, &d[i], sizes[i]);
		assert_int_equal(msk_store_offset(st, i), offsets[i]);
	}
	assert_int_equal(pread(file.temp.fd, &byte, 1, (off_t)offsets[3]), 1);
	assert_int_equal(byte, 'd');
	msk_outfile_release(&file);
}

/* In memory, or in the stage when there is one. */
static void assert_abandons(struct msk_store *st, size_t n)
{
	MSK_AUTO_FREE char *junk = msk_xcalloc(n, 1);
	struct msk_err err = MSK_ERR_INIT;
	struct msk_digest a, b;

	put(st, 'a', 100, &a);
	assert_int_equal(msk_writer_write(msk_store_begin_known(st), junk, n, &err), 0);
	msk_store_abandon(st);
	put(st, 'b', 700000, &b);
	assert_int_equal(msk_store_count(st), 2);
	assert_sends(st, &a, 100);
	assert_sends(st, &b, 700000);
}

static void what_is_abandoned_was_never_there(void **state)
{
	static const size_t sizes[] = { 5, 600000, MSK_STORE_MEMORY + 1 };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
		MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
		struct msk_outfile file = unnamed();
		struct msk_stage stage = { .file = &file, .next = 1024, .head = 512, .align = 512, .name = "img.tar" };

		if (i % 2)
			msk_store_stage_in(st, &stage);
		assert_abandons(st, sizes[i / 2]);
		if (i % 2) {
			assert_int_equal(msk_store_offset(st, 0), 1536);
			assert_int_equal(msk_store_offset(st, 1), 2560);
		}
		msk_outfile_release(&file);
	}
}

/* A file of 1024 bytes, 512 that name the blob, and it. */
static void lay_out_file(const char *path, const char *hex, const char *blob)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "%1024s%512s%s", "", hex, blob);
	assert_int_equal(fclose(f), 0);
}

static void what_the_stage_has_already_is_adopted(void **state)
{
	static const struct {
		const char *blob;
		bool named, there;
	} ways[] = {
		{ "content", true, true }, { "contend", true, false }, { "conte", true, false }, { "content", false, false },
	};
	struct msk_digest d;

	(void)state;
	msk_digest_of("content", 7, &d);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
		struct msk_outfile file;
		struct msk_stage stage = { .file = &file, .next = 1024, .head = 512, .align = 512, .name = "img.tar" };
		struct msk_err err = MSK_ERR_INIT;
		char path[] = "/tmp/mkscratch-store.XXXXXX";
		int dirfd = open("/tmp", O_RDONLY | O_DIRECTORY), fd = mkstemp(path);

		umask(022);
		assert_int_equal(fchmod(fd, 0644), 0);
		close(fd);
		lay_out_file(path, ways[i].named ? d.text + 7 : "another", ways[i].blob);
		assert_int_equal(msk_outfile_open(&file, dirfd, path + 5, false, path, &err), 0);
		msk_store_stage_in(st, &stage);
		msk_store_begin_known(st);
		assert_int_equal(msk_store_adopt(st, &d, 7, false), ways[i].there);
		if (ways[i].there) {
			assert_int_equal(msk_store_end_known(st, &d, 7, &err), 0);
			assert_int_equal(msk_store_offset(st, 0), 1536);
			assert_sends(st, &d, 7);
			assert_int_equal(stage.next, 2048);
		}
		msk_outfile_release(&file);
		unlink(path);
		close(dirfd);
	}
}

static void without_a_stage_nothing_is_adopted(void **state)
{
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
	struct msk_digest d;

	(void)state;
	put(st, 'a', 100, &d);
	msk_store_begin_known(st);
	assert_false(msk_store_adopt(st, &d, 100, true));
}

static void a_stage_that_is_full_says_what_it_was_told_to_say(void **state)
{
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
	struct msk_outfile file = MSK_OUTFILE_INIT;
	struct msk_stage stage = { .file = &file, .align = 1, .name = "img.tar", .kept = "; previous file kept" };
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	file.name = "img.tar";
	file.temp.fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	msk_store_stage_in(st, &stage);
	assert_int_equal(msk_writer_write(msk_store_begin(st), "x", 1, &err), -1);
	assert_string_equal(err.msg, "img.tar: write failed (No space left on device); previous file kept");
	msk_outfile_release(&file);
}

static void nowhere_to_stage_is_an_error_with_a_cure(void **state)
{
	static const char *const nowhere[] = { "/nonexistent", NULL };
	struct msk_err err = MSK_ERR_INIT;
	const char *where;
	int fd;

	(void)state;
	assert_int_equal(msk_tempfile_anonymous(nowhere, &where, &fd, &err), -1);
	assert_int_equal(err.code, MSK_E_IO);
	assert_string_equal(err.msg, "no directory for a staging file (No such file or directory)");
	assert_string_equal(err.hint, "set TMPDIR to a directory that can be written");
}

static void digests_are_checked_before_they_may_name_a_file(void **state)
{
	struct msk_digest d;

	(void)state;
	msk_digest_of("", 0, &d);
	assert_string_equal(d.text, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_true(msk_digest_valid(d.text));
	assert_false(msk_digest_valid("sha256:../../../../etc/passwd"));
	assert_false(msk_digest_valid("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"));
	assert_false(msk_digest_valid("sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
}

static size_t count_files(const char *dir)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
	closedir(d);
	return n;
}

static int in_fresh_directory(void **state)
{
	char *dir = msk_xstrdup("/tmp/mkscratch-test-XXXXXX");

	assert_non_null(mkdtemp(dir));
	*state = dir;
	return 0;
}

static int remove_directory(void **state)
{
	MSK_AUTO_FREE char *dir = *state;

	return remove_tree(dir);
}

static void a_commit_replaces_and_a_release_removes(void **state)
{
	MSK_AUTO_FD int dirfd = open(*state, O_RDONLY | O_DIRECTORY);
	struct msk_tempfile t = MSK_TEMPFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	struct stat st;

	assert_int_equal(msk_tempfile_open(&t, dirfd, "out", 0640, "dir/out", &err), 0);
	assert_int_equal(count_files(*state), 1);
	msk_tempfile_release(&t);
	assert_int_equal(count_files(*state), 0);
	umask(077);
	assert_int_equal(msk_tempfile_open(&t, dirfd, "out", 0640, "dir/out", &err), 0);
	umask(022);
	assert_int_equal(msk_tempfile_sync(&t, "out", &err), 0);
	assert_int_equal(msk_tempfile_commit(&t, "out", "dir/out", &err), 0);
	msk_tempfile_release(&t);
	assert_int_equal(fstatat(dirfd, "out", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(count_files(*state), 1);
}

static void stale_files_go_and_live_ones_stay(void **state)
{
	MSK_AUTO_FD int dirfd = open(*state, O_RDONLY | O_DIRECTORY);
	struct msk_tempfile live = MSK_TEMPFILE_INIT, next = MSK_TEMPFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;

	close(openat(dirfd, ".out.mkscratch-0123456789abcdef", O_CREAT | O_WRONLY, 0600));
	close(openat(dirfd, ".out.mkscratch-mine", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(msk_tempfile_open(&live, dirfd, "out", 0600, "dir/out", &err), 0);
	assert_int_equal(msk_tempfile_open(&next, dirfd, "out", 0600, "dir/out", &err), 0);
	assert_int_equal(count_files(*state), 3);
	close(openat(dirfd, ".out.mkscratch-0123456789abcdef", O_CREAT | O_WRONLY, 0600));
	msk_tempfile_sweep(dirfd);
	assert_int_equal(count_files(*state), 3);
	msk_tempfile_release(&next);
	msk_tempfile_release(&live);
	assert_int_equal(count_files(*state), 1);
}

static void a_signal_removes_what_is_live_and_ends_as_that_signal(void **state)
{
	const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPOLL,
			     SIGXCPU };
	const struct rlimit no_core = { 0, 0 };

	for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			int dirfd = open(*state, O_RDONLY | O_DIRECTORY);
			struct msk_tempfile t = MSK_TEMPFILE_INIT;
			struct msk_err err = MSK_ERR_INIT;

			setrlimit(RLIMIT_CORE, &no_core);
			signal(sigs[i], SIG_DFL);
			msk_undo_catch_signals();
			if (msk_tempfile_open(&t, dirfd, "out", 0600, "dir/out", &err) == 0)
				raise(sigs[i]);
			_exit(99);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), sigs[i]);
		assert_int_equal(count_files(*state), 0);
	}
}

static void a_directory_that_cannot_be_written_is_named(void **state)
{
	struct msk_tempfile t = MSK_TEMPFILE_INIT;
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_FD int proc = open("/proc/self", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_int_equal(msk_tempfile_open(&t, proc, "out.tar", 0600, "dir/out.tar", &err), -1);
	assert_int_equal(err.code, MSK_E_IO);
	assert_non_null(strstr(err.msg, "dir/out.tar: cannot create ("));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blobs_come_back_from_memory_and_from_disk),
		cmocka_unit_test(what_has_a_digest_already_is_a_blob_like_any),
		cmocka_unit_test(the_same_content_is_stored_once),
		cmocka_unit_test(a_stage_holds_every_blob_where_it_belongs),
		cmocka_unit_test(what_is_abandoned_was_never_there),
		cmocka_unit_test(what_the_stage_has_already_is_adopted),
		cmocka_unit_test(without_a_stage_nothing_is_adopted),
		cmocka_unit_test(a_stage_that_is_full_says_what_it_was_told_to_say),
		cmocka_unit_test(nowhere_to_stage_is_an_error_with_a_cure),
		cmocka_unit_test(digests_are_checked_before_they_may_name_a_file),
		cmocka_unit_test_setup_teardown(a_commit_replaces_and_a_release_removes, in_fresh_directory, remove_directory),
		cmocka_unit_test_setup_teardown(stale_files_go_and_live_ones_stay, in_fresh_directory, remove_directory),
		cmocka_unit_test_setup_teardown(a_signal_removes_what_is_live_and_ends_as_that_signal, in_fresh_directory,
						remove_directory),
		cmocka_unit_test(a_directory_that_cannot_be_written_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
