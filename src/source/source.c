#include "mkscratch/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/digest.h"
#include "mkscratch/fs.h"
#include "mkscratch/path.h"
#include "mkscratch/ref.h"
#include "mkscratch/staging.h"
#include "source.h"

#define STDIN_NAME "standard input"

void msk_source_free(struct msk_source *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	msk_archive_pass_release(&s->parked);
	msk_gzip_marks_free(s->marks);
	msk_staged_release(&s->unpacked);
	msk_strv_release(&s->files);
	for (size_t i = 0; i < s->n_members; i++)
		free(s->members[i].target);
	free(s->members);
	free(s->name);
	free(s);
}

void msk_source_cleanup(struct msk_source **s)
{
	msk_source_free(*s);
}

const char *msk_source_name(const struct msk_source *s)
{
	return s->name;
}

const struct msk_strv *msk_source_files(const struct msk_source *s)
{
	return &s->files;
}

bool msk_source_is_archive(const struct msk_source *s)
{
	return !s->is_dir;
}

/* What cannot be read twice goes to an unnamed file first. */
static int keep_all(int from, const char *name, int to, struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(1 << 18);
	bool empty = true;
	ssize_t n;

	while ((n = msk_read_full(from, buf, 1 << 18, name, err)) > 0) {
		empty = false;
		if (msk_staging_append(to, buf, (size_t)n, err) < 0)
			return -1;
	}
	if (n == 0 && empty)
		return msk_fail(err, MSK_E_INPUT, "%s: nothing came out of it", name);
	return n < 0 ? -1 : 0;
}

/* "debian:12", "gcr.io/distroless/static": what docker would pull. */
static bool is_reference(const char *name)
{
	struct msk_err ignored = MSK_ERR_INIT;
	const char *colon = strrchr(name, ':');
	size_t first = strcspn(name, "/");
	bool has_domain = name[first] && strcspn(name, ".:") < first, has_tag = colon && !strchr(colon, '/');
	struct msk_ref ref;

	if (strstr(name, ".tar") || *name == '.' || !(has_domain || has_tag) || msk_ref_parse(name, &ref, &ignored) < 0)
		return false;
	msk_ref_release(&ref);
	return true;
}

static int fail_absent(const char *name, struct msk_err *err)
{
	const char *behind = msk_path_behind_transport(name);
	bool in_registry = msk_starts_with(name, "docker://");

	if (!*name || (behind && !*behind))
		return msk_fail(err, MSK_E_USAGE, "the name of an image is empty");
	if (in_registry || msk_starts_with(name, "http://") || msk_starts_with(name, "https://")) {
		msk_fail(err, MSK_E_NETWORK, "%s: not fetched: no network is used", name);
		return in_registry ? msk_hint(err, "first skopeo copy %s oci-archive:img.tar", name) :
				     msk_hint(err, "fetch it first, and name the file");
	}
	msk_fail(err, MSK_E_INPUT, "%s: no such image", name);
	if (behind && !msk_starts_with(behind, "//"))
		return msk_hint(err, "its path alone: %s", behind);
	return is_reference(name) ? msk_hint(err, "an image is a file here: first skopeo copy docker://%s oci-archive:img.tar",
					     name) : -1;
}

static int open_archive_fd(struct msk_source *s, const char *name, struct msk_err *err)
{
	MSK_AUTO_FD int fd = strcmp(name, "-") == 0 ? dup(STDIN_FILENO) : msk_open_to_read(name);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return fail_absent(name, err);
	if (fd < 0 || fstat(fd, &st) < 0)
		return msk_fail_sys(err, errno, "%s: cannot open", name);
	if (S_ISREG(st.st_mode)) {
		s->fd = fd;
		fd = -1;
		return 0;
	}
	if (strcmp(name, "-") != 0 && !S_ISFIFO(st.st_mode))
		return msk_fail(err, MSK_E_INPUT, "%s: neither a file nor a directory", name);
	if (strcmp(name, "-") != 0 && fcntl(fd, F_SETFL, 0) < 0)
		return msk_fail_sys(err, errno, "%s: cannot read", name);
	return msk_staging_file(&s->fd, err) < 0 ? -1 : keep_all(fd, s->name, s->fd, err);
}

int msk_source_keep_input(struct msk_err *err)
{
	MSK_AUTO_FD int fd = -1;
	struct stat st;

	if (fstat(STDIN_FILENO, &st) < 0 || S_ISREG(st.st_mode))
		return 0;
	if (msk_staging_new(&fd, err) < 0 || keep_all(STDIN_FILENO, STDIN_NAME, fd, err) < 0)
		return -1;
	return dup2(fd, STDIN_FILENO) < 0 ? msk_fail_sys(err, errno, STDIN_NAME ": cannot read") : 0;
}

static bool is_there(const char *name)
{
	struct stat st;

	return strcmp(name, "-") == 0 || stat(name, &st) == 0;
}

/* A tag may hold colons itself, a path too: the shortest front part that exists is the path. */
static char *split_tag(const char *name, char **tag)
{
	if (is_there(name))
		return msk_xstrdup(name);
	for (const char *colon = strchr(name, ':'); colon; colon = strchr(colon + 1, ':')) {
		MSK_AUTO_FREE char *path = msk_xstrndup(name, (size_t)(colon - name));

		if (!colon[1] || !is_there(path))
			continue;
		*tag = msk_xstrdup(colon + 1);
		return msk_take(&path);
	}
	return msk_xstrdup(name);
}

char *msk_source_cut_digest(const char *name, char **digest)
{
	const char *at = strrchr(name, '@');

	*digest = NULL;
	if (!at || !msk_digest_valid(at + 1) || is_there(name))
		return msk_xstrdup(name);
	*digest = msk_xstrdup(at + 1);
	return msk_xstrndup(name, (size_t)(at - name));
}

char *msk_source_split_name(const char *name, char **tag, char **digest)
{
	MSK_AUTO_FREE char *front = msk_source_cut_digest(name, digest);

	*tag = NULL;
	return split_tag(front, tag);
}

static int find_kind(const char *name, bool *is_dir, struct msk_err *err)
{
	struct stat st;

	*is_dir = false;
	if (strcmp(name, "-") == 0)
		return 0;
	if (stat(name, &st) < 0)
		return errno == ENOENT ? fail_absent(name, err) : msk_fail_sys(err, errno, "%s: cannot open", name);
	*is_dir = S_ISDIR(st.st_mode);
	return 0;
}

int msk_source_open(const char *name, struct msk_source **out, struct msk_err *err)
{
	MSK_CLEANUP(msk_source_cleanup) struct msk_source *s = msk_xcalloc(1, sizeof *s);

	s->fd = -1;
	s->name = msk_xstrdup(strcmp(name, "-") == 0 ? STDIN_NAME : name);
	if (find_kind(name, &s->is_dir, err) < 0)
		return -1;
	if (s->is_dir) {
		s->fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (s->fd < 0)
			return msk_fail_sys(err, errno, "%s: cannot open", name);
		if (msk_directory_list(s, err) < 0)
			return -1;
	} else if (open_archive_fd(s, name, err) < 0 || msk_archive_list(s, err) < 0) {
		return -1;
	}
	*out = msk_take(&s);
	return 0;
}

int msk_source_stream(struct msk_source *s, const char *path, bool *found, struct msk_reader **out, struct msk_err *err)
{
	return s->is_dir ? msk_directory_stream(s, path, found, out, err) : msk_archive_stream(s, path, found, out, err);
}

bool msk_source_is_longer(const struct msk_source *s, const char *path, uint64_t most, uint64_t *size)
{
	return s->is_dir && msk_directory_size(s, path, size) && *size > most;
}

int msk_source_read(struct msk_source *s, const char *path, bool *found, struct msk_str *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_source_stream_cleanup) struct msk_reader *r = NULL;
	char buf[16384];
	ssize_t n;

	if (msk_source_stream(s, path, found, &r, err) < 0)
		return -1;
	if (!*found)
		return 0;
	while ((n = r->read(r, buf, sizeof buf, err)) > 0) {
		if ((size_t)n > MSK_MAX_DOCUMENT - out->len)
			return msk_fail(err, MSK_E_INPUT, "%s/%s: larger than %u bytes", s->name, path, MSK_MAX_DOCUMENT);
		msk_str_add(out, buf, (size_t)n);
	}
	return n < 0 ? -1 : 0;
}

void msk_source_stream_free(struct msk_reader *r)
{
	if (r)
		((struct msk_stream *)r)->free(r);
}

void msk_source_stream_cleanup(struct msk_reader **r)
{
	msk_source_stream_free(*r);
}
