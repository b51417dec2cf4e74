#include "examine.h"

#include <string.h>

/* The patterns of one pass: those of the signs that are found in bytes, then those of secrets and of an OpenSSL. */
struct pass {
	struct examination *x;
	struct scan_pattern *patterns;
	size_t *signs;                     /* the sign of each pattern */
	size_t n, n_signs;
};

static bool in_bytes(enum sign_kind k)
{
	return k != SIGN_SECTION && k != SIGN_NEEDED && k != SIGN_CRATE;
}

static void pass_init(struct pass *p, struct examination *x)
{
	size_t room = doctor_n_signs + doctor_n_secrets() + DOCTOR_N_OPENSSL;

	*p = (struct pass){ .x = x };
	p->patterns = msk_xcalloc(room, sizeof *p->patterns);
	p->signs = msk_xcalloc(room, sizeof *p->signs);
	for (size_t i = 0; i < doctor_n_signs; i++) {
		if (!in_bytes(doctor_signs[i].kind))
			continue;
		p->signs[p->n] = i;
		p->patterns[p->n++] = (struct scan_pattern){ doctor_signs[i].text, doctor_signs[i].n };
	}
	p->n_signs = p->n;
	for (size_t i = 0; i < doctor_n_secrets(); i++)
		p->patterns[p->n++] = doctor_secret_pattern(i);
	for (size_t i = 0; i < DOCTOR_N_OPENSSL; i++)
		p->patterns[p->n++] = doctor_openssl_pattern(i);
}

static void pass_release(struct pass *p)
{
	free(p->patterns);
	free(p->signs);
}

/* A whole string: NUL at both ends. */
static bool is_whole(const struct scan_hit *h, size_t n)
{
	return h->before && h->p[-1] == '\0' && h->after > n && h->p[n] == '\0';
}

/* "Europe/Oslo" or ":Europe/Oslo" alone, not the middle of a path. */
static bool is_zone(const struct scan_hit *h, size_t n)
{
	return h->before && (h->p[-1] == '\0' || h->p[-1] == ':') && h->after > n + 1 && h->p[n] >= 'A' &&
	       h->p[n] <= 'Z' && h->p[n + 1] >= 'a' && h->p[n + 1] <= 'z';
}

static bool in_names(const struct examination *x, uint64_t offset)
{
	for (size_t i = 0; i < x->n_go_tables; i++)
		if (offset >= x->go_tables[i].names.from && offset < x->go_tables[i].names.to)
			return true;
	return false;
}

/* The marker is a variable; where it is a constant somebody speaks of it. */
static bool is_writable(const struct examination *x, uint64_t offset)
{
	for (size_t i = 0; i < x->layout.n_segments; i++) {
		const struct msk_layout_segment *g = &x->layout.segments[i];

		if (g->kind == MSK_SEGMENT_LOAD && g->writable && offset >= g->offset && offset - g->offset < g->filesz)
			return true;
	}
	return false;
}

static bool in_section(const struct examination *x, uint64_t offset, const char *name)
{
	const struct msk_layout_section *s = msk_elf_layout_at(&x->layout, offset);

	return s && strcmp(s->name, name) == 0;
}

/* 40 hexadecimal digits and Rust's own library behind them. */
static bool is_rustc(struct examination *x, const struct scan_hit *h)
{
	const unsigned char *digits = h->p + 7;

	if (h->after < 7 + 40 + 9 || memcmp(digits + 40, "/library/", 9) != 0)
		return false;
	for (size_t i = 0; i < 40; i++)
		if (!strchr("0123456789abcdef", digits[i]) || !digits[i])
			return false;
	memcpy(x->rustc, digits, sizeof x->rustc - 1);
	return true;
}

/* .../registry/src/INDEX/NAME-1.2.3/src/...: the name ends where a number follows a '-'. */
static void crate_path(struct examination *x, const struct scan_hit *h, size_t n)
{
	const size_t reach = h->after < 256 ? h->after : 256;
	const unsigned char *end = h->p + reach, *p = memchr(h->p + n, '/', reach - n), *name;

	if (!p)
		return;
	for (name = ++p; p < end && *p != '/' && *p > ' '; p++)
		if (*p == '-' && p + 1 < end && p[1] >= '0' && p[1] <= '9') {
			doctor_see_crate(x, (const char *)name, (size_t)(p - name), SEEN_AT, h->offset);
			return;
		}
}

static void go_table(struct examination *x, const struct scan_hit *h)
{
	struct go_table t;

	if (x->n_go_tables < GO_TABLES && doctor_go_table(h, &x->layout, &t)) {
		x->go_tables[x->n_go_tables++] = t;
		x->marks |= MARK_GO;
	}
}

/* The host of a .NET program keeps the offset of its bundle in front of the marker; zero means none. */
static void dotnet_bundle(struct examination *x, const struct scan_hit *h)
{
	static const unsigned char none[8] = { 0 };

	if (h->before >= 8 && memcmp(h->p - 8, none, 8) != 0)
		x->d->payload = ".NET";
}

/* Does the hit count, by the kind of its sign? */
static bool counts(struct examination *x, const struct sign *s, const struct scan_hit *h)
{
	const bool loaded = msk_elf_layout_loaded(&x->layout, h->offset);

	switch (s->kind) {
	case SIGN_GO:
		return is_whole(h, s->n) && in_names(x, h->offset);
	case SIGN_IMPORT:
		return (!x->d->elf.has_dynamic || x->d->elf.linkage == MSK_ELF_STATIC_PIE) && is_whole(h, s->n) &&
		       in_section(x, h->offset, ".strtab");
	case SIGN_NAME:
		return is_whole(h, s->n) && in_section(x, h->offset, ".strtab");
	case SIGN_MANGLED:
		return in_section(x, h->offset, ".strtab");
	case SIGN_STRING:
		return loaded;
	case SIGN_CODE:
		return in_section(x, h->offset, ".text");
	case SIGN_DOTNET_BUNDLE:
		return is_writable(x, h->offset);
	case SIGN_WORD:
		return loaded && is_whole(h, s->n);
	case SIGN_ADDRESS:
		return loaded && (h->after == s->n || h->p[s->n] < '0' || h->p[s->n] > '9');
	case SIGN_ZONE:
		return loaded && is_zone(h, s->n);
	case SIGN_COMMENT:
		return in_section(x, h->offset, ".comment");
	case SIGN_APPENDED:
		return h->offset >= x->layout.end;
	case SIGN_HEAD:
		return h->offset < 1024;
	case SIGN_RUSTC:
		return loaded && is_rustc(x, h);
	default:
		return false;
	}
}

static void on_hit(void *ctx, const struct scan_hit *h)
{
	struct pass *p = ctx;
	struct examination *x = p->x;
	const size_t first_openssl = p->n - DOCTOR_N_OPENSSL;
	const struct sign *s;

	if (h->which >= first_openssl) {
		doctor_openssl_hit(&x->openssl, h, h->which - first_openssl);
		return;
	}
	if (h->which >= p->n_signs) {
		doctor_secret_hit(x->d, h, h->which - p->n_signs);
		return;
	}
	s = &doctor_signs[p->signs[h->which]];
	if (s->kind == SIGN_PCLNTAB) {
		go_table(x, h);
	} else if (s->kind == SIGN_CRATE_PATH) {
		crate_path(x, h, s->n);
	} else if (!x->seen[p->signs[h->which]].how && counts(x, s, h)) {
		doctor_see(x, p->signs[h->which], SEEN_AT, h->offset, NULL);
		if (s->kind == SIGN_DOTNET_BUNDLE)
			dotnet_bundle(x, h);
	}
}

int doctor_read_bytes(struct examination *x, struct msk_err *err)
{
	MSK_CLEANUP(scan_set_cleanup) struct scan_set *set = NULL;
	MSK_CLEANUP(pass_release) struct pass p;

	pass_init(&p, x);
	set = scan_set_new(p.patterns, p.n);
	return scan_file(set, x->args->file, x->args->name, on_hit, &p, err);
}
