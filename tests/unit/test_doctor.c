/* doctor's parts, one by one: the scan, the table of signs, Go's tables of every age, secrets, auditable data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../src/cli/opt.h"
#include "../../src/doctor/examine.h"
#include "mkscratch/zlib.h"

static struct msk_rofile file_of(const void *bytes, size_t n)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	return (struct msk_rofile){ .fd = fd, .mode = S_IFREG | 0755, .size = n };
}

/* --- the scan --- */

struct hits {
	size_t which[16], n, least_after;
	uint64_t offset[16];
};

static void note_hit(void *ctx, const struct scan_hit *h)
{
	struct hits *t = ctx;

	assert_true(t->n < 16 && h->before >= (h->offset < SCAN_BEFORE ? h->offset : SCAN_BEFORE));
	t->which[t->n] = h->which;
	t->offset[t->n++] = h->offset;
	t->least_after = t->n == 1 || h->after < t->least_after ? h->after : t->least_after;
}

static struct hits scan(const void *bytes, size_t n)
{
	static const struct scan_pattern patterns[] = { { "abcd", 4 }, { "abcdefgh", 8 }, { "\0\0x\0", 4 } };
	MSK_CLEANUP(scan_set_cleanup) struct scan_set *set = scan_set_new(patterns, 3);
	MSK_AUTO_ROFILE f = file_of(bytes, n);
	struct hits t = { .n = 0 };
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(scan_file(set, &f, "x", note_hit, &t, &err), 0);
	return t;
}

static void a_scan_finds_all_in_order(void **state)
{
	struct hits t = scan("abcdefgh abc abcd \0\0x\0abcd", 26);

	(void)state;
	assert_int_equal(t.n, 5);
	assert_int_equal(t.offset[0], 0);
	assert_int_equal(t.offset[1], 0);
	assert_int_equal(t.offset[2], 13);
	assert_int_equal(t.which[3], 2);
	assert_int_equal(t.offset[4], 22);
	assert_int_equal(t.least_after, 4);
	assert_int_equal(scan("abc", 3).n, 0);
	assert_int_equal(scan("", 0).n, 0);
}

/* Wherever a window ends, a hit is found once, and with all the bytes behind it that are promised. */
static void a_scan_finds_across_windows(void **state)
{
	static char big[(1 << 20) + 64];

	(void)state;
	for (size_t at = (256 << 10) - SCAN_AHEAD - 12; at < (256 << 10) - SCAN_AHEAD + 12; at++) {
		struct hits t;

		memset(big, '.', sizeof big);
		memcpy(big + at, "abcdefgh", 8);
		memcpy(big + sizeof big - 4, "abcd", 4);
		t = scan(big, sizeof big);
		assert_int_equal(t.n, 3);
		assert_int_equal(t.offset[0], at);
		assert_int_equal(t.offset[2], sizeof big - 4);
	}
}

/* --- the tables --- */

static void signs_are_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < doctor_n_signs; i++) {
		const struct sign *s = &doctor_signs[i];

		assert_true(s->n >= SCAN_MIN_PATTERN || s->kind == SIGN_CRATE);
		assert_true(s->mark || s->level || s->payload || s->kind == SIGN_PCLNTAB || s->kind == SIGN_CRATE_PATH ||
			    s->kind == SIGN_GO);
		assert_int_equal(s->with & s->without, 0);
		for (size_t k = 0; k < i; k++)
			assert_false(s->kind == doctor_signs[k].kind && s->n == doctor_signs[k].n && s->level &&
				     memcmp(s->text, doctor_signs[k].text, s->n) == 0 && s->want == doctor_signs[k].want &&
				     s->level == doctor_signs[k].level && s->with == doctor_signs[k].with);
	}
}

static void every_want_has_a_name_a_symptom_and_what_helps(void **state)
{
	(void)state;
	for (int w = 0; w < MSK_N_WANTS; w++) {
		const struct symptom *s = msk_symptom_of(w);
		const char *option = msk_want_option(w);

		assert_true(msk_want_name(w)[0] && msk_want_advice(w)[0]);
		assert_non_null(s);
		assert_true(!option || strstr(s->fix, "--"));
		assert_true(!msk_want_auto(w) || (option && strstr(s->fix, option) && strstr(s->fix, "--auto")));
	}
}

/* --- Go's table of functions --- */

struct maker {
	unsigned char b[512];
	size_t n;
	bool big, is64;
};

static void put(struct maker *m, uint64_t v, size_t width)
{
	for (size_t i = 0; i < width; i++)
		m->b[m->n + (m->big ? width - 1 - i : i)] = (unsigned char)(v >> (8 * i));
	m->n += width;
}

static void make_table(struct maker *m, uint32_t magic, size_t skip)
{
	size_t w = m->is64 ? 8 : 4, at = 8 + (skip + 5) * w;

	put(m, magic, 4);
	m->b[m->n + 2] = 1;
	m->b[m->n + 3] = (unsigned char)w;
	m->n += 4;
	put(m, 3, w);
	for (size_t i = 1; i < skip; i++)
		put(m, 1, w);
	for (size_t i = 0; i < 5; i++)
		put(m, at + (i ? 40 : 0), w);
	m->n = sizeof m->b;
}

static bool is_table(const struct maker *m, size_t room, struct go_table *t)
{
	struct msk_layout_segment g = { .kind = MSK_SEGMENT_LOAD, .offset = 100, .filesz = room };
	struct msk_elf_layout l = { .is64 = m->is64, .big_endian = m->big, .segments = &g, .n_segments = 1 };
	struct scan_hit h = { .offset = 100, .p = m->b, .after = m->n };

	return doctor_go_table(&h, &l, t);
}

static void go_tables_of_every_age_and_order(void **state)
{
	static const struct {
		uint32_t magic;
		size_t skip;
	} ages[] = { { 0xfffffff1, 3 }, { 0xfffffff0, 3 }, { 0xfffffffa, 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof ages / sizeof *ages; i++)
		for (int how = 0; how < 4; how++) {
			struct maker m = { .big = how & 1, .is64 = how & 2 };
			struct go_table t;

			make_table(&m, ages[i].magic, ages[i].skip);
			assert_true(is_table(&m, sizeof m.b, &t));
			assert_int_equal(t.names.from, 100 + 8 + (ages[i].skip + 5) * (m.is64 ? 8 : 4));
			assert_int_equal(t.names.to, t.names.from + 40);
			assert_int_equal(t.functions, i < 2 ? 3 : 0);
		}
}

static void go_tables_before_1_16_have_names_among_the_rest(void **state)
{
	struct maker m = { .is64 = true };
	struct go_table t;

	(void)state;
	make_table(&m, 0xfffffffb, 3);
	assert_true(is_table(&m, sizeof m.b, &t));
	assert_int_equal(t.names.from, 100);
	assert_int_equal(t.names.to, 100 + sizeof m.b);
}

static void a_chance_magic_is_no_table(void **state)
{
	struct maker good = { .is64 = true }, m;
	struct go_table t;

	(void)state;
	make_table(&good, 0xfffffff1, 3);
	for (size_t at = 4; at < 8; at++) {
		m = good;
		m.b[at] = 7;
		assert_false(is_table(&m, sizeof m.b, &t));
	}
	m = good;
	memset(m.b + 8, 0, 8);             /* no functions */
	assert_false(is_table(&m, sizeof m.b, &t));
	m = good;
	memset(m.b + 8, 0xff, 8);          /* more than there can be */
	assert_false(is_table(&m, sizeof m.b, &t));
	m = good;
	m.b[8 + 3 * 8 + 1] = 2;            /* names behind what follows them */
	assert_false(is_table(&m, sizeof m.b, &t));
	assert_false(is_table(&good, 100, &t));    /* parts beyond the segment */
	m = good;
	m.n = 60;
	assert_false(is_table(&m, sizeof m.b, &t));
}

/* --- secrets --- */

static size_t secrets_in(const char *text, struct msk_diagnosis *d)
{
	*d = (struct msk_diagnosis){ 0 };
	for (size_t rule = 0; rule < doctor_n_secrets(); rule++) {
		struct scan_pattern p = doctor_secret_pattern(rule);

		for (const char *at = text; (at = strstr(at, p.bytes)); at++) {
			size_t before = (size_t)(at - text);
			struct scan_hit h = { rule, before, (const unsigned char *)at, before, strlen(at) };

			doctor_secret_hit(d, &h, rule);
		}
	}
	return d->n_secrets;
}

#define BODY "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"

#define TEXT32 "0123456789abcdefABCDEF0123456789"

static void check_secret(const char *text, const char *kind, const char *shown)
{
	MSK_CLEANUP(msk_diagnosis_release) struct msk_diagnosis d;

	assert_int_equal(secrets_in(text, &d), 1);
	assert_string_equal(d.secrets[0].kind, kind);
	assert_string_equal(d.secrets[0].shown, shown);
}

static void secrets_that_are_there(void **state)
{
	(void)state;
	check_secret("-----BEGIN RSA PRIVATE KEY-----\n" BODY "\n", "private-key", "-----BEGIN RSA PRIVATE KEY-----");
	check_secret("-----BEGIN PRIVATE KEY-----\r\n" BODY "\r\n", "private-key", "-----BEGIN PRIVATE KEY-----");
	check_secret("-----BEGIN PRIVATE KEY-----\\n" BODY "\\n", "private-key", "-----BEGIN PRIVATE KEY-----");
	check_secret("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES,00\n\n" BODY "\n", "private-key",
		     "-----BEGIN RSA PRIVATE KEY-----");
	check_secret("ghp_0123456789abcdefABCDEF0123456789abcd", "token", "ghp_01...");
	check_secret("glpat-0123456789abcdefABCD", "token", "glpat-01...");
	check_secret("npm_0123456789abcdefABCDEF0123456789abcd", "token", "npm_01...");
	check_secret("sk_live_0123456789abcdefABCDEF01", "token", "sk_live_01...");
	check_secret("AIza0123456789abcdefABCDEF0123456789abc", "token", "AIza01...");
	check_secret("xoxp-123456789012-123456789012-abcdef", "token", "xoxp-12...");
	check_secret("ASIAQ3EGRZ5NT7YVWKPD.", "token", "ASIAQ3...");
	check_secret("github_pat_0123456789abcdefABCDEF_0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789abcde", "token",
		     "github_pat_01...");
	check_secret("pypi-AgEIcHlwaS5vcmc0123456789abcdefABCDEF0123456789abcdefABCDEF01234567", "token",
		     "pypi-AgEIcHlwaS5vcmc01...");
	check_secret("sk_live_" TEXT32 TEXT32 TEXT32 TEXT32, "token", "sk_live_01...");
	check_secret("-----BEGIN PGP PRIVATE KEY BLOCK-----\n" BODY "\n", "private-key",
		     "-----BEGIN PGP PRIVATE KEY BLOCK-----");
	check_secret("\n/root/x/a.cppnext", "build-path", "/root/x/a.cpp");
	check_secret("\n/root/x/a.c=1", "build-path", "/root/x/a.c");
	check_secret(" /home/alice/a.go", "build-path", "/home/alice/a.go");
	check_secret("\n/root/x/src/lib.rsnext", "build-path", "/root/x/src/lib.rs");
	check_secret("CAPACITY/root/.cargo/registry/src/i/a-1.0.0/src/lib.rs", "build-path",
		     "/root/.cargo/registry/src/i/a-1.0.0/src/lib.rs");
	check_secret("\n/Users/bob/a.swift", "build-path", "/Users/bob/a.swift");
}

static void forms_of_secrets_are_none(void **state)
{
	static const char *const texts[] = {
		"-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----",
		("-----BEGIN CERTIFICATE-----\n" BODY "\n"), ("-----BEGIN PUBLIC KEY-----\n" BODY "\n"),
		"AKIAIOSFODNN7EXAMPLE", "AKIA0123", "AKIAQ3EGRZ5NT7YVWKPDX", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"ghp_0123456789abcdefABCDEF0123456789abcde", "xoxb-%s", "xoxb-notanumber-but-quite-long-all-the-same",
		"/home/%s/x.go", "/home/", "/root/.ssh/id_rsa", "/srv/home/alice/a.go", "/home/nonroot/data",
		"npm_config_registry",
		/* Of each kind of token: too short, too long, of other letters, or all the same. */
		"ghp-0123456789abcdefABCDEF0123456789abcd", "ghp", "github_pat_0123456789abcdefABCDEF-0123456789",
		"github_pat_0123", "glpat-0123456789abcdefABC", "glpat-0123456789abcdefABCDE", "glpat-00000000000000000000",
		"sk_live_", "sk_live_0123456789abcdefABCDEF0", "sk_live_000000000000000000000000",
		("sk_live_" TEXT32 TEXT32 TEXT32 TEXT32 "0"), "AIza0123456789abcdef.ABCDEF0123456789ab",
		"pypi-AgEIcHlwaS5vcmc0123", "pypi-AgEIcHlwaS5vcmc", "xoxp-", "xoxq-123456789012-123456789012-abcdef",
		"xoxp_123456789012-123456789012-abcdef", "xoxp-12345678901-abcdef", "xoxp-123456789012123456789012abcdef",
		"xoxp-111111111111-111111111111-111111", ("xoxp-1" TEXT32 TEXT32 TEXT32 TEXT32 "-" TEXT32 TEXT32 TEXT32 TEXT32),
		"-----BEGIN RSA PRIVATE KEY----", ("-----BEGIN RSA PRIVATE KEY-----x" BODY),
		("-----BEGIN RSA PRIVATE KEY+++++\n" BODY),
		("-----BEGIN PRIVATE KEY-----\na: b\nc: d\ne: f\ng: h\ni: j\nk: l\n" BODY "\n"),
		"-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED", "/root/x/file.cs", "/root/x/file.txt",
		"/home/", "/Users//a.go", "a/root/x/lib.c", "0/root/x/lib.c", "Z/root/x/lib.c", "~/root/x/lib.c",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		MSK_CLEANUP(msk_diagnosis_release) struct msk_diagnosis d;

		if (secrets_in(texts[i], &d))
			fail_msg("%s", texts[i]);
	}
}

static void paths_of_one_home_are_one(void **state)
{
	MSK_CLEANUP(msk_diagnosis_release) struct msk_diagnosis d;

	(void)state;
	assert_int_equal(secrets_in(" /home/alice/x.go /home/al/x.go /Users/alice/x.go /home/al/y.go", &d), 3);
	msk_diagnosis_release(&d);
	assert_int_equal(secrets_in(" /home/a/x.go /home/a/y.go /home/b/x.go /root/x.c /root/y.c", &d), 3);
	assert_int_equal(d.secrets[0].count, 2);
	assert_int_equal(d.secrets[1].count, 1);
	assert_int_equal(d.secrets[2].count, 2);
}

static void of_many_secrets_the_first_are_kept(void **state)
{
	MSK_CLEANUP(msk_diagnosis_release) struct msk_diagnosis d;
	MSK_AUTO_STR text = MSK_STR_INIT;

	(void)state;
	for (int i = 0; i < MSK_DOCTOR_MAX_SECRETS + 5; i++)
		msk_str_addf(&text, " /home/user%d/a.go", i);
	assert_int_equal(secrets_in(text.buf, &d), MSK_DOCTOR_MAX_SECRETS);
	assert_int_equal(d.more_secrets, 5);
}

/* --- auditable data --- */

static void add_name(void *ctx, const char *name)
{
	msk_str_addf(ctx, "%s ", name);
}

/* zlib's stored form, so that nothing here compresses. */
static size_t stored(const char *text, unsigned char *out)
{
	size_t n = strlen(text);
	uint32_t a = 1, b = 0;

	memcpy(out, (unsigned char[]){ 0x78, 1, 1, n & 255, n >> 8, ~n & 255, (~n >> 8) & 255 }, 7);
	memcpy(out + 7, text, n);
	for (size_t i = 0; i < n; i++) {
		a = (a + (unsigned char)text[i]) % 65521;
		b = (b + a) % 65521;
	}
	memcpy(out + 7 + n, (unsigned char[]){ b >> 8, b & 255, a >> 8, a & 255 }, 4);
	return n + 11;
}

static void packages_are_named(void **state)
{
	unsigned char z[512];
	size_t n = stored("{\"packages\":[{\"name\":\"a\"},{\"version\":\"1\"},{\"name\":\"b\",\"root\":true}]}", z);
	MSK_AUTO_STR names = MSK_STR_INIT;

	(void)state;
	assert_true(doctor_auditable_parse(z, n, add_name, &names));
	assert_string_equal(msk_str_c(&names), "a b ");
	assert_false(doctor_auditable_parse(z, n - 1, add_name, &names));
	z[12] ^= 1;
	assert_false(doctor_auditable_parse(z, n, add_name, &names));
	assert_false(doctor_auditable_parse("", 0, add_name, &names));
	n = stored("{\"format\":8}", z);
	assert_false(doctor_auditable_parse(z, n, add_name, &names));
	n = stored("[", z);
	assert_false(doctor_auditable_parse(z, n, add_name, &names));
	assert_string_equal(msk_str_c(&names), "a b ");
}

static void inflation_has_a_limit(void **state)
{
	unsigned char z[512];
	size_t n = stored("0123456789", z);
	MSK_AUTO_STR out = MSK_STR_INIT;

	(void)state;
	assert_true(msk_zlib_inflate(z, n, 10, &out));
	assert_string_equal(msk_str_c(&out), "0123456789");
	assert_false(msk_zlib_inflate(z, n, 9, &out));
	assert_int_equal(out.len, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scan_finds_all_in_order),
		cmocka_unit_test(a_scan_finds_across_windows),
		cmocka_unit_test(signs_are_sound),
		cmocka_unit_test(every_want_has_a_name_a_symptom_and_what_helps),
		cmocka_unit_test(go_tables_of_every_age_and_order),
		cmocka_unit_test(go_tables_before_1_16_have_names_among_the_rest),
		cmocka_unit_test(a_chance_magic_is_no_table),
		cmocka_unit_test(secrets_that_are_there),
		cmocka_unit_test(forms_of_secrets_are_none),
		cmocka_unit_test(paths_of_one_home_are_one),
		cmocka_unit_test(of_many_secrets_the_first_are_kept),
		cmocka_unit_test(packages_are_named),
		cmocka_unit_test(inflation_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
