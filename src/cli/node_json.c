#include "node_json.h"

#include <string.h>

#include "opt.h"
#include "mkscratch/filecap.h"
#include "mkscratch/xattr.h"

const char *msk_type_name(enum msk_tar_type type)
{
	static const char *const names[] = { [MSK_TAR_DIR] = "directory", [MSK_TAR_FILE] = "file",
					     [MSK_TAR_SYMLINK] = "symlink", [MSK_TAR_HARDLINK] = "hardlink",
					     [MSK_TAR_CHARDEV] = "character device", [MSK_TAR_BLOCKDEV] = "block device",
					     [MSK_TAR_FIFO] = "fifo" };

	return names[type];
}

static struct msk_json *xattr_json(const struct msk_xattr *x)
{
	MSK_AUTO_STR hex = MSK_STR_INIT, caps = MSK_STR_INIT;
	struct msk_json *o = msk_json_object();

	msk_json_set_text(o, "name", msk_str_c(&x->name));
	msk_json_set_int(o, "size", (int64_t)x->size);
	if (x->digest.text[0]) {
		msk_json_set_string(o, "digest", x->digest.text);
		return o;
	}
	for (size_t i = 0; i < x->size; i++)
		msk_str_addf(&hex, "%02x", x->value[i]);
	msk_json_set_string(o, "hex", msk_str_c(&hex));
	if (strcmp(msk_str_c(&x->name), MSK_FILECAP_XATTR) == 0 && msk_filecap_add_value(&caps, x->value, x->size))
		msk_json_set_string(o, "capabilities", caps.buf);
	return o;
}

static struct msk_json *xattrs_json(const char *text)
{
	MSK_AUTO_XATTR x = { .name = MSK_STR_INIT };
	struct msk_json *list = msk_json_array();

	while (msk_xattr_next(&text, &x))
		msk_json_push(list, xattr_json(&x));
	return list;
}

struct msk_json *msk_node_json(const struct msk_node *n, enum msk_tar_type type)
{
	MSK_AUTO_FREE char *mode = msk_xasprintf("%04o", n->mode & 07777);
	struct msk_json *o = msk_json_object();

	msk_json_set_string(o, "type", msk_type_name(type));
	msk_json_set_string(o, "mode", mode);
	msk_json_set_int(o, "uid", n->uid);
	msk_json_set_int(o, "gid", n->gid);
	msk_json_set_int(o, "size", (int64_t)n->size);
	msk_json_set_int(o, "mtime", n->mtime);
	msk_json_set(o, "time", msk_time_json(n->mtime));
	if (msk_node_is_device(n)) {
		msk_json_set_int(o, "major", n->dev_major);
		msk_json_set_int(o, "minor", n->dev_minor);
	}
	if (n->link)
		msk_json_set_text(o, "link", n->link);
	if (n->xattrs)
		msk_json_set(o, "xattrs", xattrs_json(n->xattrs));
	return o;
}
