#include "mkscratch/rootfs_view.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "mkscratch/path.h"
#include "mkscratch/rootfs_walk.h"

/* What the callbacks of a resolution get. */
struct visit {
	const struct msk_rootfs *fs;
	struct msk_walk *log;          /* may be NULL */
};

static enum msk_node_kind kind_of(enum msk_entry_type type)
{
	return type == MSK_SYMLINK ? MSK_NODE_LINK : type == MSK_DIR ? MSK_NODE_DIR : MSK_NODE_OTHER;
}

static bool look_below(const struct msk_rootfs *fs, const char *path, struct msk_below_node *out)
{
	struct msk_below *b = msk_rootfs_below(fs);

	return b && b->look(b, path, out);
}

static enum msk_node_kind look(void *ctx, const char *path, const char **text)
{
	const struct msk_rootfs *fs = ((struct visit *)ctx)->fs;
	const struct msk_entry *e = msk_rootfs_find(fs, path);
	struct msk_below_node n;

	if (e) {
		*text = e->link;
		return kind_of(e->type);
	}
	if (!look_below(fs, path, &n))
		return MSK_NODE_NONE;
	*text = n.link;
	return kind_of(n.type);
}

static void on_link(void *ctx, const char *path, const char *text)
{
	struct visit *v = ctx;

	if (!v->log)
		return;
	msk_strv_push(&v->log->links, path);
	msk_strv_push(&v->log->targets, text);
}

static enum msk_lookup resolve(const struct msk_rootfs_view *v, const char *path, struct msk_walk *log, char **final)
{
	struct visit visit = { v->fs, log };
	const struct msk_path_tree t = { look, on_link, &visit };

	if (strlen(path) > MSK_MAX_PATH)
		return MSK_ABSENT;
	switch (msk_path_resolve(&t, path, MSK_MAX_LINKS, final)) {
	case MSK_RESOLVED:      return MSK_FOUND;
	case MSK_RESOLVED_LOOP: return MSK_LOOP;
	default:                return MSK_ABSENT;
	}
}

static int open_data(const struct msk_entry *e, int *out_fd, struct msk_err *err)
{
	MSK_AUTO_FD int fd = memfd_create("entry", MFD_CLOEXEC);

	if (fd < 0)
		return msk_fail_sys(err, errno, "%s: cannot hold it in memory", e->path);
	if (msk_pwrite_full(fd, e->body.data, (size_t)e->body.size, 0, e->path, err) < 0)
		return -1;
	*out_fd = fd;
	fd = -1;
	return 0;
}

/* Two entries are two files, whatever they were on the host: the entry's number is that of its inode. */
int msk_rootfs_view_open_entry(const struct msk_entry *e, struct msk_rofile *out, struct msk_err *err)
{
	static const mode_t types[] = { [MSK_DIR] = S_IFDIR, [MSK_FILE] = S_IFREG, [MSK_SYMLINK] = S_IFLNK };
	int fd = -1;

	if (e->type == MSK_FILE && (e->body.data ? open_data(e, &fd, err) : msk_content_open(&e->body, &fd, err)) < 0)
		return -1;
	*out = (struct msk_rofile){
		.fd = fd,
		.mode = types[e->type] | e->mode,
		.size = e->body.size,
		.ino = e->number + 1,
		.mtime_ns = e->body.mtime_ns,
	};
	return 0;
}

/* Is the name itself a symlink, whatever leads to its directory? */
static bool is_link(const struct msk_rootfs_view *v, const char *path)
{
	MSK_AUTO_FREE char *dir = msk_path_dir(path), *base = msk_path_base(path), *at = NULL, *full = NULL;
	const struct msk_entry *e;
	struct msk_below_node n;

	if (resolve(v, dir, NULL, &at) != MSK_FOUND)
		return false;
	full = msk_xasprintf("%s/%s", strcmp(at, "/") == 0 ? "" : at, base);
	e = msk_rootfs_find(v->fs, full);
	return e ? e->type == MSK_SYMLINK : look_below(v->fs, full, &n) && n.type == MSK_SYMLINK;
}

/* What stands below alone; the root itself is nobody's entry. */
static int open_below(const struct msk_rootfs_view *v, const char *path, struct msk_rofile *out, struct msk_err *err)
{
	struct msk_below *b = msk_rootfs_below(v->fs);
	struct msk_below_node n = { .type = MSK_DIR, .mode = 0755 };
	MSK_AUTO_FD int fd = -1;
	struct stat st = { 0 };

	if (look_below(v->fs, path, &n) && n.type == MSK_FILE && b->open(b, path, &fd, err) < 0)
		return -1;
	if (fd >= 0 && fstat(fd, &st) < 0)
		return msk_fail_sys(err, errno, "%s: cannot examine", path);
	*out = (struct msk_rofile){ .fd = msk_take_fd(&fd), .mode = (n.type == MSK_FILE ? S_IFREG : S_IFDIR) | n.mode,
				    .size = (uint64_t)st.st_size, .dev = MSK_DEV_BELOW, .ino = n.id };
	return 0;
}

static int view_open(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_rofile *out,
		     struct msk_walk *log, struct msk_err *err)
{
	const struct msk_rootfs_view *v = (const struct msk_rootfs_view *)t;
	MSK_AUTO_FREE char *final = NULL;
	const struct msk_entry *e;

	*how = resolve(v, path, log, &final);
	if (*how == MSK_ABSENT && is_link(v, path))
		*out = (struct msk_rofile){ .fd = -1, .mode = S_IFLNK };
	if (*how != MSK_FOUND)
		return 0;
	e = msk_rootfs_find(v->fs, final);
	if ((e ? msk_rootfs_view_open_entry(e, out, err) : open_below(v, final, out, err)) < 0)
		return -1;
	if (log)
		log->final = msk_take(&final);
	return 0;
}

static int view_list(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_strv *names,
		     struct msk_err *err)
{
	const struct msk_rootfs_view *v = (const struct msk_rootfs_view *)t;
	MSK_AUTO_FREE char *final = NULL;
	const struct msk_entry *e;
	struct msk_below_node n;
	MSK_AUTO_ROOTFS_WALK w = { 0 };

	(void)err;
	*how = resolve(v, path, NULL, &final);
	if (*how != MSK_FOUND)
		return 0;
	e = msk_rootfs_find(v->fs, final);
	if (e ? e->type != MSK_DIR : look_below(v->fs, final, &n) && n.type != MSK_DIR) {
		*how = MSK_ABSENT;
		return 0;
	}
	if (msk_rootfs_below(v->fs))
		msk_rootfs_below(v->fs)->list(msk_rootfs_below(v->fs), final, names);
	for (msk_rootfs_walk_below(&w, v->fs, final); (e = msk_rootfs_next(&w));) {
		const char *name = e->path + w.prefix.len;

		if (!strchr(name, '/') && !msk_strv_has(names, name))
			msk_strv_push(names, name);
	}
	msk_strv_sort(names);
	return 0;
}

void msk_rootfs_view_init(struct msk_rootfs_view *v, const struct msk_rootfs *fs)
{
	*v = (struct msk_rootfs_view){ { view_open, view_list }, fs };
}

const struct msk_entry *msk_rootfs_view_find(const struct msk_rootfs_view *v, const char *path)
{
	MSK_AUTO_FREE char *final = NULL;

	return resolve(v, path, NULL, &final) == MSK_FOUND ? msk_rootfs_find(v->fs, final) : NULL;
}

void msk_sight_release(struct msk_sight *s)
{
	free(s->path);
}

bool msk_rootfs_view_look(const struct msk_rootfs_view *v, const char *path, struct msk_sight *out)
{
	struct msk_below_node n;

	*out = (struct msk_sight){ 0 };
	if (resolve(v, path, NULL, &out->path) != MSK_FOUND)
		return false;
	out->e = msk_rootfs_find(v->fs, out->path);
	if (out->e) {
		out->type = out->e->type;
		out->mode = out->e->mode;
		out->uid = out->e->uid;
		out->gid = out->e->gid;
		return true;
	}
	if (!look_below(v->fs, out->path, &n))
		return false;
	out->type = n.type;
	out->mode = n.mode;
	out->uid = n.uid;
	out->gid = n.gid;
	return true;
}
