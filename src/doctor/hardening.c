#include "examine.h"

#include <string.h>

const char *msk_relro_name(enum msk_relro r)
{
	static const char *const names[] = { "none", "partial", "full" };

	return names[r];
}

const char *msk_strip_advice(const struct msk_diagnosis *d)
{
	if (d->debug_bytes + d->symbol_bytes == 0)
		return NULL;
	if (d->language && strcmp(d->language, "go") == 0)
		return "go build -ldflags='-s -w'";
	return d->payload_bytes ? NULL : "strip";
}

static bool is_loose(const char *dir)
{
	static const char *const open_to_all[] = { "/tmp", "/var/tmp", "/dev/shm", "/run/user", "/home", "/Users" };

	if (dir[0] == '$')
		return false;
	if (dir[0] != '/')
		return true;
	for (size_t i = 0; i < sizeof open_to_all / sizeof *open_to_all; i++) {
		size_t n = strlen(open_to_all[i]);

		if (strncmp(dir, open_to_all[i], n) == 0 && (dir[n] == '/' || dir[n] == '\0'))
			return true;
	}
	return false;
}

/* Relative directories lie where the program happens to be started. */
static void loose_paths(const struct msk_elf *e, struct msk_strv *out)
{
	const char *path = msk_elf_search_path(e);
	MSK_AUTO_STRV dirs = MSK_STRV_INIT;

	if (!path)
		return;
	msk_strv_split(&dirs, path, ":");
	for (size_t i = 0; i < dirs.n; i++)
		if (is_loose(dirs.v[i]))
			msk_strv_push(out, *dirs.v[i] ? dirs.v[i] : ".");
}

/* A missing PT_GNU_STACK means an executable stack on the machines that are older than it. */
static bool stack_by_default(const struct msk_elf *e)
{
	const char *arch = e->platform.arch;

	return strcmp(arch, "amd64") != 0 && strcmp(arch, "386") != 0 && strcmp(arch, "arm") != 0;
}

static bool is_debug(const char *section)
{
	return msk_starts_with(section, ".debug_") || msk_starts_with(section, ".zdebug_") ||
	       msk_starts_with(section, ".gdb_index") || msk_starts_with(section, ".stab");
}

static bool is_symbols(const char *section)
{
	return strcmp(section, ".symtab") == 0 || strcmp(section, ".strtab") == 0 || strcmp(section, ".symtab_shndx") == 0;
}

static void count_strippable(const struct msk_elf_layout *l, struct msk_diagnosis *d)
{
	for (size_t i = 0; i < l->n_sections; i++) {
		const struct msk_layout_section *s = &l->sections[i];

		if (s->loaded || !s->in_file)
			continue;
		if (is_debug(s->name))
			d->debug_bytes += s->size;
		else if (is_symbols(s->name))
			d->symbol_bytes += s->size;
	}
}

void doctor_hardening(struct examination *x)
{
	const struct msk_elf_layout *l = &x->layout;
	const struct msk_elf *e = &x->d->elf;
	struct msk_hardening *h = &x->d->hardening;

	h->pie = e->pie || e->linkage == MSK_ELF_STATIC_PIE || (e->type == 3 && e->interp);
	h->nx = stack_by_default(e);
	for (size_t i = 0; i < l->n_segments; i++) {
		const struct msk_layout_segment *g = &l->segments[i];

		if (g->kind == MSK_SEGMENT_STACK)
			h->nx = !g->executable;
		else if (g->kind == MSK_SEGMENT_LOAD)
			h->rwx = h->rwx || (g->writable && g->executable);
		else if (g->kind == MSK_SEGMENT_RELRO)
			/* Without a loader nothing is bound late. */
			h->relro = e->bind_now || !e->interp ? MSK_RELRO_FULL : MSK_RELRO_PARTIAL;
	}
	h->canary = x->marks & MARK_CANARY;
	h->fortify = x->marks & MARK_FORTIFY;
	loose_paths(e, &h->loose_paths);
	count_strippable(l, x->d);
}
