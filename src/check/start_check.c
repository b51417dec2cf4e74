/* Would a runtime get this image to run? */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks.h"
#include "mkscratch/elf.h"

static const char *first_entrypoint(const struct msk_json *config)
{
	const struct msk_json *c = msk_json_get(config, "config");
	const char *e = msk_json_string_value(msk_json_at(msk_json_get(c, "Entrypoint"), 0));

	return e ? e : msk_json_string_value(msk_json_at(msk_json_get(c, "Cmd"), 0));
}

static void check_loader(struct msk_checks *c, const struct msk_image_tree *t, const struct msk_elf *e, const char *path)
{
	const struct msk_node *n = e->interp ? msk_image_tree_resolve(t, e->interp) : NULL;

	if (!e->interp)
		msk_checks_pass(c, "entrypoint", "%s, %s, %s", path, msk_linkage_name(e->linkage), msk_elf_machine_name(e));
	else if (!n || (n->type != MSK_TAR_FILE && n->type != MSK_TAR_HARDLINK))
		msk_checks_fail(c, MSK_E_MISSING, "entrypoint", "%s: its loader %s is not in the image", path, e->interp);
	else
		msk_checks_pass(c, "entrypoint", "%s, dynamic, %s, loader %s", path, msk_elf_machine_name(e), e->interp);
}

static int check_program(struct msk_checks *c, const struct msk_image_tree *t, const struct msk_wanted *w,
			 const struct msk_json *config, struct msk_err *err)
{
	MSK_CLEANUP(msk_elf_release) struct msk_elf e = { 0 };
	struct msk_rofile f = { .fd = w->fd, .mode = S_IFREG | 0755, .size = w->size };
	const char *arch = msk_json_get_string(config, "architecture");

	if (msk_elf_read(&f, w->path, &e, err) < 0) {
		if (err->code == MSK_E_INPUT)
			err->code = MSK_E_MISSING;
		return msk_checks_absorb(c, "entrypoint", err);
	}
	if (!arch || strcmp(arch, e.platform.arch) != 0)
		msk_checks_fail(c, MSK_E_MISSING, "entrypoint", "%s: built for %s, the image says %s", w->path,
				e.platform.arch, arch ? arch : "nothing");
	else
		check_loader(c, t, &e, w->path);
	return 0;
}

static int check_entrypoint(struct msk_checks *c, const struct msk_image_tree *t, const struct msk_wanted *w,
			    const struct msk_json *config, struct msk_err *err)
{
	const char *path = first_entrypoint(config);
	const struct msk_node *n;

	if (!path) {
		msk_checks_fail(c, MSK_E_MISSING, "entrypoint", "neither Entrypoint nor Cmd is set");
		return 0;
	}
	if (path[0] != '/') {
		msk_checks_pass(c, "entrypoint", "%s, looked up in PATH when it starts", path);
		return 0;
	}
	n = msk_image_tree_resolve(t, path);
	if (!n)
		msk_checks_fail(c, MSK_E_MISSING, "entrypoint", "%s: not in the image", path);
	else if (n->type != MSK_TAR_FILE && n->type != MSK_TAR_HARDLINK)
		msk_checks_fail(c, MSK_E_MISSING, "entrypoint", "%s: not a regular file", path);
	else if (!(n->mode & 0111))
		msk_checks_fail(c, MSK_E_MISSING, "entrypoint", "%s: not executable (mode %04o)", path, n->mode);
	else if (w->fd >= 0)
		return check_program(c, t, w, config, err);
	else
		msk_checks_pass(c, "entrypoint", "%s", path);
	return 0;
}

static void check_user(struct msk_checks *c, const struct msk_image_tree *t, const struct msk_json *config)
{
	const char *user = msk_json_get_string(msk_json_get(config, "config"), "User");

	if (!user || !*user)
		msk_checks_pass(c, "user", "not set: root");
	else if (user[strspn(user, "0123456789:")] == '\0')
		msk_checks_pass(c, "user", "%s", user);
	else if (!msk_image_tree_resolve(t, "/etc/passwd"))
		msk_checks_fail(c, MSK_E_MISSING, "user", "%s: a name, but the image has no /etc/passwd", user);
	else
		msk_checks_pass(c, "user", "%s, by name", user);
}

int msk_check_start(struct msk_checks *c, const struct msk_image_tree *t, const struct msk_wanted *w,
		    const struct msk_json *config, struct msk_err *err)
{
	check_user(c, t, config);
	return check_entrypoint(c, t, w, config, err);
}
