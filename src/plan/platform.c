#include "mkscratch/platform.h"

#include <stdio.h>
#include <string.h>

bool msk_platform_equal(const struct msk_platform *a, const struct msk_platform *b)
{
	return strcmp(a->os, b->os) == 0 && strcmp(a->arch, b->arch) == 0 && strcmp(a->variant, b->variant) == 0;
}

int msk_platform_compare(const struct msk_platform *a, const struct msk_platform *b)
{
	MSK_AUTO_STR x = MSK_STR_INIT, y = MSK_STR_INIT;

	msk_platform_add(&x, a);
	msk_platform_add(&y, b);
	return strcmp(x.buf, y.buf);
}

bool msk_platform_known(const struct msk_platform *p)
{
	return p->os[0] && p->arch[0];
}

void msk_platform_add(struct msk_str *s, const struct msk_platform *p)
{
	msk_str_addf(s, "%s/%s", p->os, p->arch);
	if (p->variant[0])
		msk_str_addf(s, "/%s", p->variant);
}

/* What others call it, and the variant that goes without saying. */
static const struct { const char *other, *arch, *plain; } words[] = {
	{ "x86_64", "amd64", "v1" }, { "amd64", "amd64", "v1" }, { "aarch64", "arm64", "v8" }, { "arm64", "arm64", "v8" },
	{ "armhf", "arm", NULL },
};

static void use_our_words(struct msk_platform *p)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(p->arch, words[i].other) != 0)
			continue;
		snprintf(p->arch, sizeof p->arch, "%s", words[i].arch);
		if (words[i].plain && strcmp(p->variant, words[i].plain) == 0)
			p->variant[0] = '\0';
		return;
	}
}

static bool copy_word(const char *word, char to[16])
{
	size_t n = strlen(word);

	if (n == 0 || n >= 16 || strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_.-") != n)
		return false;
	memcpy(to, word, n + 1);
	return true;
}

bool msk_platform_parse(const char *text, struct msk_platform *out)
{
	struct msk_platform p = { .os = "linux" };
	MSK_AUTO_STRV part = MSK_STRV_INIT;
	size_t i = 0;

	msk_strv_split(&part, text, "/");
	if (strcmp(text, p.os) == 0)
		return false;
	if (part.n > 1 && !copy_word(part.v[i++], p.os))
		return false;
	if (part.n > 3 || !copy_word(part.v[i++], p.arch) || (i < part.n && !copy_word(part.v[i], p.variant)))
		return false;
	use_our_words(&p);
	*out = p;
	return true;
}

bool msk_platform_covers(const struct msk_platform *want, const struct msk_platform *have)
{
	return strcmp(want->os, have->os) == 0 && strcmp(want->arch, have->arch) == 0 &&
	       (!want->variant[0] || strcmp(want->variant, have->variant) == 0);
}

static unsigned level_of(const struct msk_platform *p)
{
	return p->variant[0] == 'v' && p->variant[1] >= '2' && p->variant[1] <= '4' ? (unsigned)(p->variant[1] - '0') : 1;
}

bool msk_platform_runs(const char *program, const char *machine)
{
	return strcmp(program, machine) == 0 || (strcmp(program, "386") == 0 && strcmp(machine, "amd64") == 0);
}

void msk_platform_raise(struct msk_platform *p, unsigned isa_level)
{
	if (strcmp(p->arch, "amd64") == 0 && isa_level > level_of(p))
		snprintf(p->variant, sizeof p->variant, "v%u", isa_level);
}

/* Of these, a better CPU runs what was built for a lesser one. */
static bool variants_are_levels(const char *arch)
{
	static const char *const archs[] = { "amd64", "arm64", "ppc64le", "riscv64" };

	for (size_t i = 0; i < sizeof archs / sizeof *archs; i++)
		if (strcmp(arch, archs[i]) == 0)
			return true;
	return false;
}

bool msk_platform_is_below(const struct msk_platform *lesser, const struct msk_platform *better)
{
	return strcmp(lesser->os, better->os) == 0 && strcmp(lesser->arch, better->arch) == 0 &&
	       variants_are_levels(better->arch) && strverscmp(lesser->variant, better->variant) < 0;
}

bool msk_platform_join(struct msk_platform *p, const struct msk_platform *other)
{
	if (strcmp(p->os, other->os) != 0 || strcmp(p->arch, other->arch) != 0 || !variants_are_levels(p->arch))
		return false;
	if (strverscmp(p->variant, other->variant) < 0)
		memcpy(p->variant, other->variant, sizeof p->variant);
	return true;
}
