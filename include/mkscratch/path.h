/* Paths as text, and the rules of symlinks over any tree that can say what stands at a path. Nothing here looks at a
 * file system.
 *
 * A canonical path is absolute, without empty, "." or ".." parts and without trailing slash; ".." stops at the root.
 * Results are heap strings. */
#ifndef MKSCRATCH_PATH_H
#define MKSCRATCH_PATH_H

#include "mkscratch/str.h"

#define MSK_MAX_LINKS 40           /* symlinks that a path may lead through, as the kernel has it */

/* Directory part and last part of a path, in the manner of dirname(3) and basename(3). */
char *msk_path_dir(const char *path);
char *msk_path_base(const char *path);

/* What stands behind a transport in front, as skopeo and podman write it ("oci:dir:tag", "docker://host/app"); NULL when
 * there is none. */
const char *msk_path_behind_transport(const char *name);

/* Standard output by any of the names that Linux has for it, and "-". */
bool msk_path_is_stdout(const char *path);

/* Append the parts of `more` to the canonical path in `to`; "" stands for the root there. */
void msk_path_append(struct msk_str *to, const char *more);
/* "/a//b/../c" is "/a/c": as text alone, whatever may be a symlink. */
char *msk_path_normalise(const char *path);
/* "./a//./b/" is "a/b": what a user typed in its plainest spelling, which means the same file. ".." stays, as there may be
 * a symlink before it; a word that would look like something else ("-", "") gets its "./". */
char *msk_path_plain(const char *typed);

enum msk_node_kind { MSK_NODE_NONE, MSK_NODE_DIR, MSK_NODE_LINK, MSK_NODE_OTHER };

struct msk_path_tree {
	/* What stands at a canonical path whose parents are directories; *text is a symlink's, borrowed. */
	enum msk_node_kind (*look)(void *ctx, const char *path, const char **text);
	/* Told of each symlink that is followed; may be NULL. */
	void (*on_link)(void *ctx, const char *path, const char *text);
	void *ctx;
};

enum msk_resolved { MSK_RESOLVED, MSK_RESOLVED_ABSENT, MSK_RESOLVED_LOOP };

/* Follow `path` as a program inside the tree would, through `max_links` symlinks at most. RESOLVED: *final is
 * the canonical path of something that is no symlink, "/" for the root. */
enum msk_resolved msk_path_resolve(const struct msk_path_tree *t, const char *path, int max_links, char **final);

#endif
