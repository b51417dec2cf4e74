/* Image references: what docker, podman and containerd take, and the one name they all make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mkscratch/ref.h"
#include "mkscratch/str.h"

static void check_good(const char *text, const char *familiar, const char *full, const char *tag)
{
	struct msk_err err = MSK_ERR_INIT;
	struct msk_ref ref;

	if (msk_ref_parse(text, &ref, &err) < 0)
		fail_msg("%s: %s", text, err.msg);
	assert_string_equal(ref.familiar, familiar);
	assert_string_equal(ref.full, full);
	assert_string_equal(ref.tag, tag);
	msk_ref_release(&ref);
}

static void check_bad(const char *text, const char *message)
{
	struct msk_err err = MSK_ERR_INIT;
	struct msk_ref ref;

	assert_int_equal(msk_ref_parse(text, &ref, &err), -1);
	assert_int_equal(err.code, MSK_E_USAGE);
	assert_string_equal(err.msg, message);
}

static void names_without_domain_belong_to_docker_hub(void **state)
{
	(void)state;
	check_good("app", "app:latest", "docker.io/library/app:latest", "latest");
	check_good("app:v1", "app:v1", "docker.io/library/app:v1", "v1");
	check_good("me/app:v1", "me/app:v1", "docker.io/me/app:v1", "v1");
	check_good("library/app", "app:latest", "docker.io/library/app:latest", "latest");
	check_good("library/me/app", "library/me/app:latest", "docker.io/library/me/app:latest", "latest");
}

static void docker_io_has_two_spellings(void **state)
{
	(void)state;
	check_good("docker.io/app:v1", "app:v1", "docker.io/library/app:v1", "v1");
	check_good("index.docker.io/app", "app:latest", "docker.io/library/app:latest", "latest");
	check_good("docker.io/me/app", "me/app:latest", "docker.io/me/app:latest", "latest");
}

static void first_part_with_dot_port_or_capitals_is_a_domain(void **state)
{
	(void)state;
	check_good("ghcr.io/me/app:v1", "ghcr.io/me/app:v1", "ghcr.io/me/app:v1", "v1");
	check_good("host:5000/app", "host:5000/app:latest", "host:5000/app:latest", "latest");
	check_good("localhost/app", "localhost/app:latest", "localhost/app:latest", "latest");
	check_good("[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest", "latest");
	check_good("Host/app", "Host/app:latest", "Host/app:latest", "latest");
	check_good("host/app", "host/app:latest", "docker.io/host/app:latest", "latest");
}

static void separators_stand_between_letters(void **state)
{
	(void)state;
	check_good("a.b_c__d--e---f", "a.b_c__d--e---f:latest", "docker.io/library/a.b_c__d--e---f:latest", "latest");
	check_bad("a..b", "tag \"a..b\": \"a..b\" is not a name (a-z, 0-9, single '.', '_' or dashes between them)");
	check_bad("a___b", "tag \"a___b\": \"a___b\" is not a name (a-z, 0-9, single '.', '_' or dashes between them)");
	check_bad("a-", "tag \"a-\": \"a-\" is not a name (a-z, 0-9, single '.', '_' or dashes between them)");
	check_bad("-a", "tag \"-a\": \"-a\" is not a name (a-z, 0-9, single '.', '_' or dashes between them)");
	check_bad("a//b", "tag \"a//b\": \"\" is not a name (a-z, 0-9, single '.', '_' or dashes between them)");
	check_bad("a b", "tag \"a b\": \"a b\" is not a name (a-z, 0-9, single '.', '_' or dashes between them)");
	check_bad(":v1", "tag \":v1\": \"\" is not a name (a-z, 0-9, single '.', '_' or dashes between them)");
}

static void upper_case_is_for_tags_and_domains(void **state)
{
	(void)state;
	check_good("app:V1", "app:V1", "docker.io/library/app:V1", "V1");
	check_bad("App:v1", "tag \"App:v1\": upper case is not allowed in a name (\"App\")");
	check_bad("host.io/App", "tag \"host.io/App\": upper case is not allowed in a name (\"App\")");
}

static void tag_has_its_own_grammar(void **state)
{
	char longest[140], text[160], message[260];

	(void)state;
	check_good("app:_1.2-x", "app:_1.2-x", "docker.io/library/app:_1.2-x", "_1.2-x");
	check_bad("app:", "tag \"app:\": \"\" is not a tag (A-Z, a-z, 0-9, '_', '.' and '-', the first no '.' or '-')");
	check_bad("app:.x", "tag \"app:.x\": \".x\" is not a tag (A-Z, a-z, 0-9, '_', '.' and '-', the first no '.' or '-')");
	check_bad("app:a+b",
		  "tag \"app:a+b\": \"a+b\" is not a tag (A-Z, a-z, 0-9, '_', '.' and '-', the first no '.' or '-')");
	memset(longest, 'x', sizeof longest);
	longest[128] = '\0';
	snprintf(text, sizeof text, "app:%s", longest);
	snprintf(message, sizeof message, "docker.io/library/app:%s", longest);
	check_good(text, text, message, longest);
	longest[128] = 'x';
	longest[129] = '\0';
	snprintf(text, sizeof text, "app:%s", longest);
	snprintf(message, sizeof message, "tag \"%s\": the part behind ':' is too long (129 vs 128 bytes)", text);
	check_bad(text, message);
}

static void name_is_bounded_with_its_domain(void **state)
{
	char name[300], message[400];

	(void)state;
	memset(name, 'a', sizeof name);
	name[255 - strlen("docker.io/library/")] = '\0';
	snprintf(message, sizeof message, "docker.io/library/%s:latest", name);
	snprintf(name + strlen(name), 8, ":latest");
	check_good(name, name, message, "latest");
	memset(name, 'a', sizeof name);
	name[256 - strlen("docker.io/library/")] = '\0';
	snprintf(message, sizeof message, "tag \"%s\": the name is too long (256 vs 255 bytes)", name);
	check_bad(name, message);
}

static void what_is_no_name_is_refused_with_its_part(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	char message[200];

	(void)state;
	check_bad("", "tag \"\": is empty");
	check_bad("app@sha256:00", "tag \"app@sha256:00\": a digest cannot be chosen, it follows from the image");
	check_bad("host.:5000/app", "tag \"host.:5000/app\": \"host.:5000\" is not a host name");
	check_bad("-host.io/app", "tag \"-host.io/app\": \"-host.io\" is not a host name");
	check_bad("host:port/app", "tag \"host:port/app\": \"host:port\" is not a host name");
	check_bad("[::1/app:x", "tag \"[::1/app:x\": \"[::1\" is not a host name");
	snprintf(message, sizeof message, "tag \"%s\": 64 hexadecimal digits are an image ID, not a name", id);
	check_bad(id, message);
}

static void check_name(const char *file_name, const char *want)
{
	char *got = msk_ref_name_from(file_name);

	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
	free(got);
}

static void any_file_name_becomes_a_name(void **state)
{
	(void)state;
	check_name("app", "app");
	check_name("My App.exe", "my-app.exe");
	check_name("a..b", "a.b");
	check_name("_server_", "server");
	check_name("x__y", "x_y");
	check_name("caf\xc3\xa9", "caf");
	check_name("...", NULL);
	check_name("\xe6\x97\xa5", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_without_domain_belong_to_docker_hub),
		cmocka_unit_test(docker_io_has_two_spellings),
		cmocka_unit_test(first_part_with_dot_port_or_capitals_is_a_domain),
		cmocka_unit_test(separators_stand_between_letters),
		cmocka_unit_test(upper_case_is_for_tags_and_domains),
		cmocka_unit_test(tag_has_its_own_grammar),
		cmocka_unit_test(name_is_bounded_with_its_domain),
		cmocka_unit_test(what_is_no_name_is_refused_with_its_part),
		cmocka_unit_test(any_file_name_becomes_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
