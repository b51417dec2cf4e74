/* A program that starts with more rights than its user has, by set-id bits or capabilities: the kernel tells its loader so
 * (AT_SECURE), which then trusts neither the environment nor the place of the program's file. */
#include <string.h>

#include "loader.h"
#include "mkscratch/path.h"

bool msk_secure_trusts(const struct msk_loader *l, const char *dir)
{
	MSK_AUTO_FREE char *normal = msk_path_normalise(dir);
	MSK_AUTO_FREE char *below = msk_xasprintf("%s/", normal);

	return msk_loader_in_system_dir(l, below);
}

int msk_secure_check_name(const struct msk_loader *l, size_t by, const char *name, struct msk_err *err)
{
	if (!l->args->secure || !msk_token_any(name))
		return 0;
	msk_fail(err, MSK_E_MISSING, "%s: needs \"%s\", and no loader takes a $ token there where a program gains rights",
		 l->c->objects[by].name, name);
	return msk_hint(err, "leave its capability or set-id bit away, or have it need the library by a plain name");
}

static bool has_token(const struct msk_elf *e)
{
	bool any = (e->rpath && strchr(e->rpath, '$')) || (e->runpath && strchr(e->runpath, '$'));

	for (size_t i = 0; i < e->needed.n; i++)
		any = any || strchr(e->needed.v[i], '$');
	return any;
}

#define FOR_SOME "%s: %s; for users who gain rights by that, its loader "

void msk_secure_note(const struct msk_loader *l)
{
	const char *how = l->args->set_id ? "set-uid or set-gid" : l->args->has_caps ? "has file capabilities" : NULL;
	bool musl = l->rules->libc == MSK_LIBC_MUSL;

	if (how && l->library_path.n)
		msk_loader_note(l, FOR_SOME "ignores LD_LIBRARY_PATH", l->program, how);
	if (how && has_token(&l->c->objects[0].elf))
		msk_loader_note(l, FOR_SOME "takes $ORIGIN %s", l->program, how,
				musl ? "nowhere" : "only where it leads to a system directory");
}
