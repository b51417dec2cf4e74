/* URLs of health checks: what each part becomes, and the sentence for what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mkscratch/probe_url.h"
#include "mkscratch/str.h"

static void bad(const char *text, const char *message)
{
	struct probe_url u;
	const char *wrong = probe_url_parse(text, &u);

	if (!wrong)
		fail_msg("%s: is taken", text);
	assert_string_equal(wrong, message);
}

/* The address of the family as hexadecimal digits, the port and the path. */
static void good(const char *text, enum url_family family, const char *address, unsigned port, const char *path)
{
	MSK_AUTO_STR hex = MSK_STR_INIT;
	struct probe_url u;
	const char *wrong = probe_url_parse(text, &u);

	if (wrong)
		fail_msg("%s: %s", text, wrong);
	assert_int_equal(u.family, family);
	for (size_t i = 0; i < strlen(address) / 2; i++)
		msk_str_addf(&hex, "%02x", u.address[i]);
	assert_string_equal(msk_str_c(&hex), address);
	assert_int_equal(u.port, port);
	assert_int_equal(u.path_length, strlen(path));
	assert_memory_equal(u.path, path, strlen(path));
}

static void addresses_are_ipv4_ipv6_or_loopback(void **state)
{
	(void)state;
	good("http://:8080/healthz", URL_LOOPBACK, "", 8080, "/healthz");
	good("http://localhost", URL_LOOPBACK, "", 80, "/");
	good("tcp://255.0.010.9:1", URL_IPV4, "ff000a09", 1, "");
	good("grpc://[::]:65535/a", URL_IPV6, "00000000000000000000000000000000", 65535, "/a");
	good("http://[::1]/", URL_IPV6, "00000000000000000000000000000001", 80, "/");
	good("http://[fe80::aB:0]:81", URL_IPV6, "fe800000000000000000000000ab0000", 81, "/");
	good("http://[1:2:3:4:5:6:7:8]:81/x/y", URL_IPV6, "00010002000300040005000600070008", 81, "/x/y");
	good("http://[1:2::8]", URL_IPV6, "00010002000000000000000000000008", 80, "/");
	good("http://[1:2:3:4:5:6:7::]", URL_IPV6, "00010002000300040005000600070000", 80, "/");
}

static void what_is_no_address_is_refused(void **state)
{
	static const char message[] = "its host is no address (an IPv4 address, an IPv6 address in brackets, or nothing for "
				      "loopback)";
	static const char *const hosts[] = {
		"example.org", "1.2.3", "1.2.3.", "1.2.3.4.5", "1.2.3.256", "1.2.3.0004", "1..2.3", "a.2.3.4", "1.2.3.4a",
		"localhosts", "local",
		"[::1", "::1]", "[]", "[1]", "[:1]", "[1:]", "[1::2::3]", "[12345::]", "[g::]",
		"[1:g::]",
		"[1:2:3:4:5:6:7:8:9]", "[1:2:3:4::5:6:7:8]", "[::1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:]",
		"[1.2.3.4]", "[::/]", "[/::]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		MSK_AUTO_STR url = MSK_STR_INIT;

		msk_str_addf(&url, "http://%s/", hosts[i]);
		bad(msk_str_c(&url), message);
	}
}

static void ports_are_numbers_and_not_all_have_one(void **state)
{
	(void)state;
	bad("tcp://127.0.0.1", "it has no port");
	bad("grpc://[::1]/service", "it has no port");
	bad("http://:0/", "its port is no number of 1 to 65535");
	bad("http://:65536", "its port is no number of 1 to 65535");
	bad("http://:/", "its port is no number of 1 to 65535");
	bad("http://:8o", "its port is no number of 1 to 65535");
	bad("tcp://:80/path", "a path means nothing to tcp");
	bad("tcp://:x/path", "its port is no number of 1 to 65535");
}

static void sockets_are_absolute_and_short(void **state)
{
	MSK_AUTO_STR url = MSK_STR_INIT;
	struct probe_url u;

	(void)state;
	assert_null(probe_url_parse("http+unix:///run/a.sock:/health:/x", &u));
	assert_int_equal(u.socket_length, strlen("/run/a.sock:/health"));
	assert_memory_equal(u.socket, "/run/a.sock:/health", u.socket_length);
	assert_string_equal(u.path, "/x");
	assert_null(probe_url_parse("http+unix:///run/a:b.sock", &u));
	assert_int_equal(u.socket_length, strlen("/run/a:b.sock"));
	assert_string_equal(u.path, "/");
	bad("unix://run/a.sock", "its socket is no absolute path");
	bad("http+unix://", "its socket is no absolute path");
	msk_str_adds(&url, "unix:///");
	for (size_t i = 1; i < URL_MAX_SOCKET; i++)
		msk_str_addc(&url, 'a');
	assert_null(probe_url_parse(msk_str_c(&url), &u));
	assert_int_equal(u.socket_length, URL_MAX_SOCKET);
	msk_str_addc(&url, 'a');
	bad(msk_str_c(&url), "the path of its socket is longer than 107 bytes");
}

static void schemes_and_bytes_are_known_ones(void **state)
{
	(void)state;
	bad("https://:443/", "the probe speaks no TLS");
	bad("ftp://:21/", "its scheme is none of http, http+unix, tcp, unix, grpc");
	bad("http:/:80", "its scheme is none of http, http+unix, tcp, unix, grpc");
	bad("http://:80/a b", "it holds a blank or a control byte");
	bad("http://:80/\x7f", "it holds a blank or a control byte");
	bad("http://:80/\r\nX: y", "it holds a blank or a control byte");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_ipv4_ipv6_or_loopback),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(ports_are_numbers_and_not_all_have_one),
		cmocka_unit_test(sockets_are_absolute_and_short),
		cmocka_unit_test(schemes_and_bytes_are_known_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
