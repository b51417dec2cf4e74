#include <string.h>
#include <sys/stat.h>

#include "loader.h"

/* Bytes of what was searched and passed over, of all objects. */
#define TRAILS_LIMIT ((size_t)8 << 20)

void msk_search_release(struct msk_search *s)
{
	msk_missing_release(&s->trail);
	msk_object_release(&s->hit);
}

/* Trails are for people; of hostile files they may end early. */
static bool has_room(struct msk_loader *l, const char *text)
{
	l->trail_bytes += strlen(text) + 64;
	return l->trail_bytes <= TRAILS_LIMIT;
}

void msk_search_note(struct msk_search *s, const char *path)
{
	if (has_room(s->l, path))
		msk_strv_push(&s->trail.searched, path);
}

int msk_search_pass_over(struct msk_search *s, const char *path, const char *why)
{
	if (!has_room(s->l, path))
		return MSK_GO_ON;
	msk_strv_push_own(&s->trail.skipped, msk_xasprintf("%s: %s", path, why));
	return MSK_GO_ON;
}

/* The variants of a library below one directory. A failure to open one is no reason to give the list up. */
static int search_subdirs(struct msk_search *s, const char *dir, enum msk_found_by rule, struct msk_err *err)
{
	for (size_t i = 0; i < s->l->terrain->subdirs.n; i++) {
		MSK_AUTO_FREE char *sub = msk_xasprintf("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, s->l->terrain->subdirs.v[i]);
		MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", sub, s->name);
		bool there;
		int rc;

		if (msk_loader_is_directory(s->l, sub, &there, err) < 0)
			return -1;
		rc = there ? msk_search_file(s, path, rule, dir, err) : MSK_GO_ON;
		if (rc != MSK_GO_ON && rc != MSK_END_OF_LIST)
			return rc;
	}
	return MSK_GO_ON;
}

static int search_dir(struct msk_search *s, const char *dir, enum msk_found_by rule, struct msk_err *err)
{
	bool at_root = strcmp(dir, "/") == 0 && s->l->rules->libc != MSK_LIBC_MUSL;
	MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", at_root ? "" : dir, s->name);
	int rc = search_subdirs(s, dir, rule, err);

	return rc == MSK_GO_ON ? msk_search_file(s, path, rule, dir, err) : rc;
}

int msk_search_dirs(struct msk_search *s, const struct msk_strv *dirs, enum msk_found_by rule, struct msk_err *err)
{
	for (size_t i = 0; i < dirs->n; i++) {
		int rc;

		msk_search_note(s, dirs->v[i]);
		s->trail.n_dirs++;
		rc = search_dir(s, dirs->v[i], rule, err);
		if (rc == MSK_END_OF_LIST)
			return MSK_GO_ON;
		if (rc != MSK_GO_ON)
			return rc;
	}
	return MSK_GO_ON;
}

int msk_search_variant(struct msk_search *s, const char *subdir, const char *level, struct msk_err *err)
{
	for (size_t i = 0; i < s->trail.searched.n; i++) {
		const char *dir = s->trail.searched.v[i];
		MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s/%s", dir, subdir, s->name);
		MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
		enum msk_lookup how;

		s->l->probes++;
		if (msk_loader_charge(s->l, 1, err) < 0 || msk_memo_open(s->l->memo, path, &how, &f, err) < 0)
			return -1;
		if (how != MSK_FOUND || !S_ISREG(f.mode))
			continue;
		if (has_room(s->l, path))
			msk_strv_push_own(&s->trail.skipped, msk_xasprintf("%s: for CPUs of level %s only", path, level));
		if (!s->trail.level)
			s->trail.level = msk_xstrdup(level);
	}
	return 0;
}
