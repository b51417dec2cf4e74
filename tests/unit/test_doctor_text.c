/* A diagnosis as people read it: each line, and where it is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/cli/doctor.h"
#include "mkscratch/str.h"

static char version[] = "go1.2\x1b", evidence[] = "calls\x1b it";

static struct doctor_file plain(void)
{
	static const struct msk_strv none = MSK_STRV_INIT;
	struct doctor_file f = { .file = "app", .roots = &none, .library_paths = &none, .size = 4096,
				 .d.elf = { .linkage = MSK_ELF_STATIC } };

	strcpy(f.d.elf.platform.os, "linux");
	strcpy(f.d.elf.platform.arch, "amd64");
	return f;
}

/* Is it among the lines? */
static void shows(const struct doctor_file *f, bool there, const char *line)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_doctor_text(f, &text);
	if ((strstr(msk_str_c(&text), line) != NULL) != there)
		fail_msg("%s%s:\n%s", there ? "" : "not ", line, msk_str_c(&text));
}

static void what_a_file_is(void **state)
{
	struct doctor_file f = plain();

	(void)state;
	shows(&f, true, "app\n  language unknown, static, linux/amd64, 4.0 kB\n");
	shows(&f, true, "  needs nothing besides itself, as far as its bytes tell\n");
	f.d.elf.interp = version;
	shows(&f, true, "  needs nothing besides its libraries, as far as its bytes tell\n");
	f.d.language = "go";
	shows(&f, true, "\n  go, static, ");
	f.d.language_version = version;
	f.d.libc = MSK_LIBC_MUSL;
	shows(&f, true, "\n  go1.2\\x1b, static with musl, ");
	f.d.language = "rust";
	f.d.libc = MSK_LIBC_OTHER;
	shows(&f, true, "\n  rust (go1.2\\x1b), static with another libc, ");
	f.d.language = NULL;
	shows(&f, true, "\n  language unknown (go1.2\\x1b), static");
}

static void what_it_wants_and_the_command(void **state)
{
	struct doctor_file f = plain();

	(void)state;
	shows(&f, true, "  => mkscratch --bin app -o img.tar\n");
	for (int w = 0; w < MSK_N_WANTS; w++)
		f.d.wants[w] = (struct msk_finding){ .level = MSK_IS_HINT, .evidence = evidence };
	shows(&f, false, "needs nothing");
	shows(&f, true, "calls\\x1b it\n                          --certs: ");
	shows(&f, true, "  => mkscratch --bin app -o img.tar\n");
	f.d.wants[MSK_WANT_CERTIFICATES].level = MSK_IS_REQUIRED;
	shows(&f, true, "  => mkscratch --bin app --certs -o img.tar\n");
	f.d.wants[MSK_WANT_ZONES].level = MSK_IS_LIKELY;
	shows(&f, true, "  => mkscratch --bin app --certs --tz -o img.tar\n");
	f.d.wants[MSK_WANT_ZONES].level = MSK_IS_EMBEDDED;
	shows(&f, true, "nothing to add: the program brings its own\n");
	shows(&f, true, "  => mkscratch --bin app --certs -o img.tar\n");
	f.d.elf.linkage = MSK_ELF_LIBRARY;
	shows(&f, false, "=>");
}

static void how_hard_it_is(void **state)
{
	static char *paths[] = { version };
	struct doctor_file f = plain();

	(void)state;
	shows(&f, true, "  hardening     no PIE, RELRO none, stack is executable, no canary, no fortify\n");
	f.d.hardening = (struct msk_hardening){ .pie = true, .nx = true, .canary = true, .fortify = true, .rwx = true,
						.loose_paths = { paths, 1, 1 } };
	shows(&f, true, "  hardening     PIE, RELRO none, NX, canary, fortify, memory that is written and executed\n"
	      "  RUNPATH       go1.2\\x1b: relative, or where others may write; patchelf --set-rpath changes it\n");
}

static void what_could_go_and_what_must_not(void **state)
{
	struct doctor_file f = plain();

	(void)state;
	shows(&f, false, "  strip  ");
	shows(&f, false, "  payload  ");
	f.d.symbol_bytes = 5000;
	shows(&f, true, "  strip         5.0 kB less (debug information and symbols): strip");
	f.d.payload_bytes = 3000;
	shows(&f, true, "  strip         5.0 kB less (debug information and symbols): not here: strip would drop what is "
	      "appended\n");
	shows(&f, true, "  payload       3.0 kB appended; never strip or rewrite this file\n");
	f.d.payload = "Bun";
	shows(&f, true, "  payload       3.0 kB appended, Bun; never strip or rewrite this file\n");
	f.d.payload_bytes = 0;
	shows(&f, true, "  payload       Bun; never strip or rewrite this file\n");
}

static void where_its_openssl_looks(void **state)
{
	struct doctor_file f = plain();

	(void)state;
	shows(&f, false, "  openssl  ");
	f.d.cert_file = version;
	shows(&f, true, "  openssl       go1.2\\x1b: where it looks for certificates, unless SSL_CERT_FILE says otherwise\n");
	shows(&f, true, "  => mkscratch --bin app -o img.tar\n");
	f.d.wants[MSK_WANT_CERTIFICATES] = (struct msk_finding){ .level = MSK_IS_LIKELY, .evidence = evidence };
	shows(&f, true, " --certs -e SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt -o img.tar\n");
}

static void secrets_and_what_a_loader_stops_at(void **state)
{
	static char path[] = "/home/a\x1b.c", token[] = "ghp_01...";
	struct msk_secret secrets[] = {
		{ .kind = "build-path", .what = "w", .shown = path, .offset = 16, .count = 3 },
		{ .kind = "token", .what = "GitHub token", .shown = token, .offset = 255, .count = 1 },
	};
	struct doctor_file f = plain();

	(void)state;
	f.d.secrets = secrets;
	f.d.n_secrets = 2;
	shows(&f, true, "  build path    /home/a\\x1b.c at 0x10 and 2 more: cc -ffile-prefix-map=OLD=NEW\n"
	      "  secret        GitHub token ghp_01... at 0xff\n");
	shows(&f, false, "  secret        4 more\n");
	f.d.more_secrets = 4;
	f.d.language = "go";
	shows(&f, true, " and 2 more: go build -trimpath\n");
	f.d.language = "rust";
	shows(&f, true, " and 2 more: rustc --remap-path-prefix\n");
	shows(&f, true, "  secret        4 more\n");
	msk_fail(&f.unresolved, MSK_E_INPUT, "app: no loader");
	shows(&f, true, "  library       unusable  app: no loader\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_file_is),
		cmocka_unit_test(what_it_wants_and_the_command),
		cmocka_unit_test(how_hard_it_is),
		cmocka_unit_test(what_could_go_and_what_must_not),
		cmocka_unit_test(where_its_openssl_looks),
		cmocka_unit_test(secrets_and_what_a_loader_stops_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
