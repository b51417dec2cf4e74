/* Where an OpenSSL says that it looks for certificates, wherever in the file it says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_elf.h"
#include "mkscratch/openssl.h"

#define SIZE (1 << 20)

static char bytes[SIZE];

/* `n` bytes at an offset of a file that is zero but for them. */
static void put(size_t at, const char *p, size_t n)
{
	memcpy(bytes + at, p, n);
}

static void looks(const char *cert_file, bool knows_bundle)
{
	MSK_CLEANUP(msk_openssl_release) struct msk_openssl o = { 0 };
	MSK_AUTO_ROFILE f = fake_open(bytes, sizeof bytes);
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_openssl_look(&f, "lib", &o, &err), 0);
	if (cert_file)
		assert_string_equal(o.cert_file, cert_file);
	else
		assert_null(o.cert_file);
	assert_int_equal(o.knows_bundle, knows_bundle);
	memset(bytes, 0, sizeof bytes);
}

#define PUT(at, text) put(at, text, sizeof text)

static void a_path_is_found_across_any_border(void **state)
{
	(void)state;
	for (size_t border = 1 << 16; border < SIZE; border *= 2)
		for (size_t before = 0; before < 40; before++) {
			PUT(border - before, "\0/usr/lib/ssl/cert.pem");
			PUT(100, "\0SSL_CERT_FILE");
			looks("/usr/lib/ssl/cert.pem", false);
			PUT(100, "\0/usr/lib/ssl/cert.pem");
			PUT(border - before, "\0SSL_CERT_FILE");
			PUT(SIZE - before - 30, "a ca-certificates.crt b");
			looks("/usr/lib/ssl/cert.pem", true);
		}
}

static void longest_path_ends_at_255_bytes(void **state)
{
	char path[300] = "";

	(void)state;
	for (size_t n = 255; n <= 256; n++) {
		memset(path + 1, 'x', n);
		path[1] = '/';
		memcpy(path + 1 + n - 9, "/cert.pem", 10);
		put((1 << 18) - 200, path, n + 2);
		PUT(10, "\0SSL_CERT_FILE");
		looks(n == 255 ? path + 1 : NULL, false);
	}
}

static void what_is_none_hides_none(void **state)
{
	(void)state;
	PUT(0, "/at/the/start/cert.pem\0x/cert.pem\0/cert.pem\0/a/cert.pem.old\0/a/.wh./cert.pem\0"
	    "/a\n/cert.pem\0/a\x7f/cert.pem\0/b//c/../cert.pem\0/another/cert.pem");
	PUT(500, "\0SSL_CERT_FILE");
	looks("/b/cert.pem", false);
	PUT(10, "\0/b/cert.pem");
	PUT(500, "MY_SSL_CERT_FILE");
	looks(NULL, false);
	PUT(10, "\0/b/cert.pem");
	PUT(500, "\0SSL_CERT_FILES");
	looks(NULL, false);
	looks(NULL, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_found_across_any_border),
		cmocka_unit_test(longest_path_ends_at_255_bytes),
		cmocka_unit_test(what_is_none_hides_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
