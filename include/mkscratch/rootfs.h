/* The root file system of the image as a value: a set of entries, sealed into one order before anything reads it.
 *
 * Everything before the rootfs gathers facts, everything after it emits bytes. The order of the calls that add
 * entries never changes the result: entries are sorted by the bytes of their paths, parents first. Times are not
 * here: the plan's one mtime holds for all. */
#ifndef MKSCRATCH_ROOTFS_H
#define MKSCRATCH_ROOTFS_H

#include <stdbool.h>
#include <stdint.h>
#include "mkscratch/err.h"
#include "mkscratch/json.h"
#include "mkscratch/str.h"

enum msk_entry_type { MSK_DIR, MSK_FILE, MSK_SYMLINK };

/* How often an entry changes; the split into layers follows it. Lower is laid down first. */
enum msk_strata { MSK_STRATUM_BASE, MSK_STRATUM_LIBS, MSK_STRATUM_APP };

/* The bytes of a file: in memory, or a host file that is opened again when the layer is written and must by then
 * still be what was gathered. */
struct msk_content {
	char *data;                 /* heap, or NULL */
	uint64_t size;
	char *host_path;            /* or a file of the host, for opening and for messages */
	bool lent;                  /* that path, by who keeps it as long as the set */
	int fd;                     /* -1, or kept open */
	/* That it is the same. Not by its ctime: a link, a new mode or a backup changes that and not the bytes, and would fail
	 * the build. Whoever changes a file during the run and sets back its time is not noticed. */
	uint64_t dev, ino;
	int64_t mtime_ns;
};

/* Why an entry is in the image. What depends on the host (paths as typed, the rule of the host's loader) is for those who
 * look on; what goes into the image is made by msk_rootfs_reasons(). The texts belong to the set. */
struct msk_origin {
	const char *what;           /* who asked: "--file ./a:/b", "--certs", "identity", "library" */
	const char *why;            /* the reason in words: "libz.so.1 needed by /app, found by runpath in /opt/lib" */
	const char *lasting;        /* the same without what depends on the host; NULL: `why` is that already */
	const char *from;           /* path of the entry that brought this one along, with which the lasting sentence
	                             * ends; NULL: an option did */
};

/* `what` in words for people: "--user" for "identity", for example. Static, or `what` itself. */
const char *msk_what_told(const char *what);

struct msk_entry {
	size_t number;              /* of a sealed set: from 0 to its count, each once; in no order */
	const char *path;           /* absolute, normalised; never "/" itself; like all texts but those of the body the set's */
	enum msk_entry_type type;
	const char *link;           /* symlink: its text */
	const char *asked;          /* the path at which it was added, from which links led to where it is; NULL: none did */
	uint32_t mode, uid, gid;    /* mode: permission bits, set-id and sticky */
	struct msk_content body;    /* file only */
	uint64_t caps;              /* file only: its capabilities, a bit for each; 0: none */
	enum msk_strata stratum;
	bool implied;               /* a parent nobody asked for: 0755 0:0 */
	bool yields;                /* to the same file by another hand, whatever its mode and owner */
	bool gives_way;             /* to whatever the file system below has at its path */
	bool stands_in;             /* no option gives it: what one gives at its path is there instead */
	bool replaces;              /* of a link: an empty directory below, which has to be deleted first */
	bool kept_below;            /* it is there already, the same in every respect: no layer need hold it */
	struct msk_origin origin;
};

/* What stands at a path of the file system below. Hard links and devices count as files. */
struct msk_below_node {
	enum msk_entry_type type;
	uint32_t mode, uid, gid;
	uint64_t id;                /* tells files apart, from 1 */
	const char *link;           /* symlink: its text, borrowed until the next look */
};

/* The file system that this one is laid over, if any; an interface, as only who has read it knows how. Paths are absolute
 * and normalised, and no symlink is followed. */
struct msk_below {
	bool (*look)(struct msk_below *b, const char *path, struct msk_below_node *out);   /* false: nothing */
	/* The bytes of a file, to be read from the start. Fails: MSK_E_INPUT, MSK_E_INTEGRITY, MSK_E_IO. */
	int (*open)(struct msk_below *b, const char *path, int *out_fd, struct msk_err *err);
	/* The names in a directory, in any order. */
	void (*list)(struct msk_below *b, const char *path, struct msk_strv *names);
};

struct msk_rootfs;
struct msk_rootfs *msk_rootfs_new(void);
void msk_rootfs_free(struct msk_rootfs *fs);
void msk_rootfs_cleanup(struct msk_rootfs **fs);

/* A template for the calls below: where, why and how; strings are copied, unless they are lent: then they, and the text of a
 * link, have to stay as long as the set. */
struct msk_entry_spec {
	const char *path, *what, *why;
	const char *lasting, *from;    /* may be NULL; see struct msk_origin */
	uint32_t mode, uid, gid;
	enum msk_strata stratum;
	bool yields, gives_way, stands_in, lent;
};

/* Add one entry. Only the path is looked at here; what clashes with what is settled by the seal.
 * Fails: MSK_E_INPUT, a path that is not absolute and normalised, or too long. */
int msk_rootfs_add_dir(struct msk_rootfs *fs, const struct msk_entry_spec *s, struct msk_err *err);
int msk_rootfs_add_symlink(struct msk_rootfs *fs, const struct msk_entry_spec *s, const char *text, struct msk_err *err);
int msk_rootfs_add_data(struct msk_rootfs *fs, const struct msk_entry_spec *s, const void *data, size_t n,
			struct msk_err *err);
/* Takes own_data over whatever the result. */
int msk_rootfs_add_text(struct msk_rootfs *fs, const struct msk_entry_spec *s, struct msk_str *own_data, struct msk_err *err);
/* Takes own_body over (its pointers and descriptor) whatever the result. */
int msk_rootfs_add_file(struct msk_rootfs *fs, const struct msk_entry_spec *s, struct msk_content *own_body,
			struct msk_err *err);

/* A directory of the host whose files are to come in below s->path ("/" for the root), for the reason and with the owner that
 * are there; they take little memory, however many they are. Its directories and links are added as others are. What comes
 * back stands for it in the next call, in this set. */
size_t msk_rootfs_add_tree(struct msk_rootfs *fs, const struct msk_entry_spec *s, const char *host_dir);
/* A file of it, at `rel` in both; host_path of the facts is not looked at. Fails as the above; MSK_E_IO, when there is no place
 * for what memory should not hold. */
int msk_rootfs_add_tree_file(struct msk_rootfs *fs, size_t tree, const char *rel, uint32_t mode,
			     const struct msk_content *facts, struct msk_err *err);

/* Move all entries of `other` here, as though they had been added here. */
void msk_rootfs_absorb(struct msk_rootfs *fs, struct msk_rootfs *other);

/* Copies of all entries of `other`, which stays, likewise; they hold no open files. */
void msk_rootfs_copy(struct msk_rootfs *fs, const struct msk_rootfs *other);

/* The file at `path` will have these capabilities, and those of other calls; the seal finds it, links on the way
 * followed. `what` is for messages. */
void msk_rootfs_add_caps(struct msk_rootfs *fs, const char *path, uint64_t caps, const char *what);

/* Lay it over another, which is borrowed; before the first seal. Paths then run through the symlinks below too, and implied
 * parents are as they are there. */
void msk_rootfs_lay_over(struct msk_rootfs *fs, struct msk_below *below);
struct msk_below *msk_rootfs_below(const struct msk_rootfs *fs);    /* NULL: nothing is below */

/* Close the set. Where a path runs through a symlink of the image (/lib -> usr/lib and /lib/x), the entry moves to
 * where the link leads. The same path twice is one entry when both are equal in type, mode, owner and content (the
 * lower stratum stays), or when one of them yields and the content is the same; else what stands in goes, and any other is
 * a conflict. Missing parents are added: 0755 0:0, in the lowest stratum of what lies below. Then everything is sorted.
 * Nothing of what lies below vanishes: a link replaces an empty directory alone (`replaces`), and a library's link that
 * would replace one becomes links to what it leads to. A link takes the place of one to a directory if it leads to one, too.
 * Fails: MSK_E_USAGE `/etc/passwd: given by identity and by --file ./passwd`, or a parent that is no directory; what is no
 * directory over one below, unless as above, a file or a link to no directory over a link to one, a directory over a file;
 * capabilities for what is no file, or is one below; MSK_E_IO, when there is no place for what memory should not hold. */
int msk_rootfs_seal(struct msk_rootfs *fs, struct msk_err *err);

/* Open a sealed set again, for what can only be known once it was closed; seal it afterwards. */
void msk_rootfs_reopen(struct msk_rootfs *fs);
/* While it is open: take back the entry that `what` has put at `path`, if there is one. */
void msk_rootfs_remove(struct msk_rootfs *fs, const char *path, const char *what);

/* The entry at `path` is below already, with the same bytes. Sealed only, as all that follows. */
void msk_rootfs_keep_below(struct msk_rootfs *fs, const char *path);

/* Is what is below at `path` no part of the whole, since an entry has taken its place? */
bool msk_rootfs_covers(const struct msk_rootfs *fs, const char *path);

size_t msk_rootfs_count(const struct msk_rootfs *fs);
uint64_t msk_rootfs_content_size(const struct msk_rootfs *fs);      /* bytes of all files */
/* NULL when absent. Good until the set is open again. On one thread at a time. */
const struct msk_entry *msk_rootfs_find(const struct msk_rootfs *fs, const char *path);

/* One line an entry, what --print rootfs shows, fields parted by tabs:
 *   type and mode (f0755), uid:gid, size, stratum (base, libs, app), path [-> link] ['{' capabilities '}'], "# what: why". */
void msk_rootfs_dump(const struct msk_rootfs *fs, struct msk_str *out);

/* Why each path is there, as it travels inside the image (oci-layout-spec, section 5.6), row by row. Depends on the entries
 * alone. */
void msk_rootfs_reasons(const struct msk_rootfs *fs, msk_json_row_visitor *visit, void *arg);

void msk_content_release(struct msk_content *c);
/* Open a file of the host again, which must still be what was gathered; and look whether an open one still is: size,
 * identity and time. Fails: MSK_E_IO. */
int msk_content_open(const struct msk_content *c, int *out_fd, struct msk_err *err);
int msk_content_unchanged(const struct msk_content *c, int fd, struct msk_err *err);

#endif
