/* --certs: certificates in, the same set gives the same bytes; what is no certificate is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/crypto.h>

#include "sysroot.h"
#include "mkscratch/pem.h"

#define DEBIAN "etc/ssl/certs/ca-certificates.crt"
#define PACKED "/etc/ssl/certs/ca-certificates.crt"

/* DER: tag, length, value; the value is given up. */
static void tlv(struct msk_str *out, int tag, struct msk_str *own_value)
{
	msk_str_addc(out, (char)tag);
	if (own_value->len > 255) {
		msk_str_addc(out, (char)0x82);
		msk_str_addc(out, (char)(own_value->len >> 8));
	} else if (own_value->len > 127) {
		msk_str_addc(out, (char)0x81);
	}
	msk_str_addc(out, (char)(own_value->len & 0xff));
	msk_str_add(out, own_value->buf, own_value->len);
	msk_str_release(own_value);
}

static void add_hex(struct msk_str *out, const char *hex)
{
	for (; *hex; hex += 2) {
		const char two[] = { hex[0], hex[1], '\0' };
		char *end;

		msk_str_addc(out, (char)strtoul(two, &end, 16));
		assert_ptr_equal(end, two + 2);
	}
}

static const char algorithm[] = "300d06092a864886f70d01010b0500";              /* sha256WithRSAEncryption, NULL */
static const char name_x[] = "300c310a300806035504030c0178";                  /* CN=x */
static const char from_2020_to_2030[] = "301e170d3230303130313030303030305a170d3330303130313030303030305a";
static const char key[] = "3013300d06092a864886f70d01010105000302000f";

/* A certificate of the right shape with this serial number, valid as `validity` (DER in hexadecimal) says. */
static void cert_valid(struct msk_str *out, int serial, const char *validity)
{
	struct msk_str body = MSK_STR_INIT, all = MSK_STR_INIT, sig = MSK_STR_INIT;

	add_hex(&body, "0202");
	msk_str_addc(&body, (char)(1 + (serial >> 8)));
	msk_str_addc(&body, (char)(serial & 0xff));
	add_hex(&body, algorithm);
	add_hex(&body, name_x);
	add_hex(&body, validity);
	add_hex(&body, name_x);
	add_hex(&body, key);
	tlv(&all, 0x30, &body);
	add_hex(&all, algorithm);
	while (sig.len <= 64)
		msk_str_addc(&sig, '\0');
	tlv(&all, 0x03, &sig);
	tlv(out, 0x30, &all);
}

static void cert(struct msk_str *out, int serial)
{
	cert_valid(out, serial, from_2020_to_2030);
}

static void add_base64(struct msk_str *out, const struct msk_str *bytes, size_t columns)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t column = 0;

	for (size_t i = 0; i < bytes->len; i += 3) {
		unsigned char b[3] = { 0, 0, 0 };
		size_t n = bytes->len - i < 3 ? bytes->len - i : 3;
		char c[4];

		memcpy(b, bytes->buf + i, n);
		c[0] = set[b[0] >> 2];
		c[1] = set[(b[0] & 3) << 4 | b[1] >> 4];
		c[2] = n > 1 ? set[(b[1] & 15) << 2 | b[2] >> 6] : '=';
		c[3] = n > 2 ? set[b[2] & 63] : '=';
		msk_str_add(out, c, 4);
		column += 4;
		if (column == columns || i + 3 >= bytes->len) {
			msk_str_addc(out, '\n');
			column = 0;
		}
	}
}

static void add_block(struct msk_str *out, const char *label, const struct msk_str *der, size_t columns)
{
	msk_str_addf(out, "-----BEGIN %s-----\n", label);
	add_base64(out, der, columns);
	msk_str_addf(out, "-----END %s-----\n", label);
}

/* Certificate number `serial` as a block. */
static void pem(struct msk_str *out, int serial)
{
	MSK_AUTO_STR der = MSK_STR_INIT;

	cert(&der, serial);
	add_block(out, "CERTIFICATE", &der, 64);
}

static void put(struct sysroot *s, const char *rel, const struct msk_str *text)
{
	sysroot_bytes(s, rel, text->buf, text->len);
}

/* The root holds this bundle, and gathering says this of it. */
static void assert_bundle_fails(struct sysroot *s, const struct msk_str *text, const char *what, const char *hint)
{
	MSK_AUTO_FREE char *msg = NULL;

	put(s, DEBIAN, text);
	msg = msk_xasprintf("%s: %s", sysroot_path(s, DEBIAN), what);
	gather_fails(s, msk_gather_certs, MSK_E_INPUT, msg, hint);
}

static int with_certs(void **state)
{
	sysroot_setup(state);
	((struct sysroot *)*state)->plan.certs = true;
	((struct sysroot *)*state)->plan.certs_by = "--certs";
	return 0;
}

#define certs_test(f) cmocka_unit_test_setup_teardown(f, with_certs, sysroot_teardown)

static void nothing_is_packed_unless_asked_for(void **state)
{
	struct sysroot *s = *state;

	s->plan.certs = false;
	gathers(s, msk_gather_certs);
	assert_absent(s, PACKED);
}

static void the_canonical_form_is_a_fixed_point(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR text = MSK_STR_INIT;

	pem(&text, 1);
	pem(&text, 2);
	put(s, DEBIAN, &text);
	gathers(s, msk_gather_certs);
	assert_data(s, PACKED, text.buf);
	assert_mode(s, PACKED, 0644, 0, 0);
	assert_int_equal(entry_at(s, PACKED)->stratum, MSK_STRATUM_BASE);
}

static void order_comments_duplicates_and_layout_do_not_matter(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR expected = MSK_STR_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_STR der = MSK_STR_INIT;

	pem(&expected, 1);
	pem(&expected, 2);
	msk_str_adds(&text, "\xEF\xBB\xBF# Issuer: somebody\r\n\n");
	pem(&text, 2);
	msk_str_adds(&text, "subject=CN = x\n");
	cert(&der, 1);
	add_block(&text, "X509 CERTIFICATE", &der, 76);
	pem(&text, 2);
	put(s, DEBIAN, &text);
	gathers(s, msk_gather_certs);
	assert_data(s, PACKED, expected.buf);
}

static void line_ends_of_windows_are_fine(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR expected = MSK_STR_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;

	pem(&expected, 1);
	for (size_t i = 0; i < expected.len; i++) {
		if (expected.buf[i] == '\n')
			msk_str_addc(&text, '\r');
		msk_str_addc(&text, expected.buf[i]);
	}
	put(s, DEBIAN, &text);
	gathers(s, msk_gather_certs);
	assert_data(s, PACKED, expected.buf);
}

static void the_bundle_of_fedora_is_found(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR text = MSK_STR_INIT;

	pem(&text, 1);
	put(s, "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", &text);
	gathers(s, msk_gather_certs);
	assert_data(s, PACKED, text.buf);
}

static void a_bundle_behind_an_absolute_link_is_that_of_the_root(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR text = MSK_STR_INIT;

	pem(&text, 7);
	put(s, "srv/bundle", &text);
	sysroot_link(s, "/srv/bundle", DEBIAN);
	gathers(s, msk_gather_certs);
	assert_data(s, PACKED, text.buf);
}

static void no_bundle_says_how_many_places_were_looked_in(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_FREE char *msg = msk_xasprintf("CA bundle: none found in %s (looked in 6 places)", s->top);
	MSK_AUTO_FREE char *hint = msk_xasprintf("install ca-certificates in %s, or take this host's: --certs=" PACKED, s->top);

	gather_fails(s, msk_gather_certs, MSK_E_INPUT, msg, hint);
}

static void a_named_file_stands_in_for_the_bundle(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR root = MSK_STR_INIT;
	MSK_AUTO_STR mine = MSK_STR_INIT;

	pem(&root, 1);
	pem(&mine, 2);
	put(s, DEBIAN, &root);
	put(s, "mine.pem", &mine);
	s->plan.certs_file = (char *)sysroot_path(s, "mine.pem");
	gathers(s, msk_gather_certs);
	assert_data(s, PACKED, mine.buf);
}

static void more_certificates_join_the_bundle_in_pem_or_der(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_STR der = MSK_STR_INIT;
	MSK_AUTO_STR expected = MSK_STR_INIT;

	pem(&text, 2);
	put(s, DEBIAN, &text);
	msk_str_release(&text);
	pem(&text, 3);
	put(s, "three.pem", &text);
	cert(&der, 1);
	put(s, "one.der", &der);
	msk_strv_push(&s->plan.extra_certs, sysroot_path(s, "three.pem"));
	msk_strv_push(&s->plan.extra_certs, sysroot_path(s, "one.der"));
	for (int i = 1; i <= 3; i++)
		pem(&expected, i);
	gathers(s, msk_gather_certs);
	msk_strv_release(&s->plan.extra_certs);
	assert_data(s, PACKED, expected.buf);
}

static void a_private_key_is_refused_by_its_block(void **state)
{
	static const char *const labels[] = { "PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY",
					      "OPENSSH PRIVATE KEY", "EC PRIVATE KEY" };
	struct sysroot *s = *state;

	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
		MSK_AUTO_STR text = MSK_STR_INIT;

		pem(&text, 1);
		pem(&text, 2);
		msk_str_addf(&text, "-----BEGIN %s-----\nAAAA\n-----END %s-----\n", labels[i], labels[i]);
		assert_bundle_fails(s, &text, "holds a private key (block 3); refusing to pack it", "");
	}
}

static void another_kind_of_block_is_refused(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR text = MSK_STR_INIT;

	pem(&text, 1);
	msk_str_adds(&text, "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
	assert_bundle_fails(s, &text, "block 2 (line 7) is no certificate but \"X509 CRL\"", "");
}

static void a_trusted_certificate_is_refused_with_the_way_out(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_str_adds(&text, "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n");
	assert_bundle_fails(s, &text, "block 1 (line 1) is no certificate but \"TRUSTED CERTIFICATE\"",
			    "openssl x509 -in FILE writes it as a plain certificate");
}

static void a_text_without_certificates_is_refused(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR text = MSK_STR_INIT;

	assert_bundle_fails(s, &text, "no certificate found", "it is empty");
	msk_str_adds(&text, "0123 is no DER\n");
	assert_bundle_fails(s, &text, "no certificate found", "certificates are PEM (-----BEGIN CERTIFICATE-----) or DER");
}

static void bad_base64_is_found_by_certificate_and_line(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR text = MSK_STR_INIT;
	char *second;

	pem(&text, 1);
	pem(&text, 2);
	second = strstr(strstr(text.buf, "-----END"), "\nMI");
	second[1] = '*';
	assert_bundle_fails(s, &text, "certificate 2 (line 8): invalid base64", "");
}

static void base64_that_ends_early_or_has_spare_bits_is_invalid(void **state)
{
	static const char *const bodies[] = { "AAA", "AAAA=", "AB==", "AAAA\nA=AA", "A===", "AAA=AAAA" };
	struct sysroot *s = *state;

	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		MSK_AUTO_STR text = MSK_STR_INIT;
		MSK_AUTO_FREE char *what = msk_xasprintf("certificate 1 (line %d): invalid base64",
							 strchr(bodies[i], '\n') ? 3 : 2);

		msk_str_addf(&text, "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", bodies[i]);
		assert_bundle_fails(s, &text, what, "");
	}
}

static void framing_faults_have_their_sentences(void **state)
{
	static const struct {
		const char *text, *what;
	} cases[] = {
		{ "a\n-----BEGIN CERTIFICATE\nAAAA\n", "line 2: malformed BEGIN line" },
		{ " -----BEGIN CERTIFICATE-----\nAAAA\n", "line 1: malformed BEGIN line" },
		{ "a\n-----END CERTIFICATE-----\n", "line 2: END without BEGIN" },
		{ "-----BEGIN CERTIFICATE-----\nAAAA\n", "block 1 (line 1): no END line" },
		{ "\n-----BEGIN CERTIFICATE-----\nAAAA\n-----BEGIN CERTIFICATE-----\n", "block 1 (line 2): no END line" },
		{ "-----BEGIN CERTIFICATE-----\nAAAA\n-----END X-----\n", "block 1 (line 3): END line does not match" },
	};
	struct sysroot *s = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		MSK_AUTO_STR text = MSK_STR_INIT;

		msk_str_adds(&text, cases[i].text);
		assert_bundle_fails(s, &text, cases[i].what, "");
	}
}

/* The one certificate of the bundle is this DER, and it is refused for that. */
static void assert_der_fails(struct sysroot *s, const struct msk_str *der, const char *fault)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_FREE char *what = msk_xasprintf("certificate 1 (line 1): %s", fault);

	add_block(&text, "CERTIFICATE", der, 64);
	assert_bundle_fails(s, &text, what, "");
}

static void an_empty_certificate_is_refused(void **state)
{
	MSK_AUTO_STR der = MSK_STR_INIT;

	assert_der_fails(*state, &der, "is empty");
}

static void bytes_that_are_no_certificate_are_refused(void **state)
{
	MSK_AUTO_STR der = MSK_STR_INIT;

	add_hex(&der, "3003020101");
	assert_der_fails(*state, &der, "not an X.509 certificate");
}

static void a_certificate_cut_short_is_refused(void **state)
{
	MSK_AUTO_STR der = MSK_STR_INIT;

	cert(&der, 1);
	der.len--;
	assert_der_fails(*state, &der, "not an X.509 certificate");
}

static void bytes_behind_a_certificate_are_refused(void **state)
{
	MSK_AUTO_STR der = MSK_STR_INIT;

	cert(&der, 1);
	msk_str_addc(&der, '\0');
	assert_der_fails(*state, &der, "bytes follow the certificate");
}

static void a_length_in_more_bytes_than_needed_is_refused(void **state)
{
	MSK_AUTO_STR good = MSK_STR_INIT;
	MSK_AUTO_STR bad = MSK_STR_INIT;

	cert(&good, 1);
	assert_int_equal((unsigned char)good.buf[1], 0x81);
	add_hex(&bad, "308200");
	msk_str_add(&bad, good.buf + 2, good.len - 2);
	assert_der_fails(*state, &bad, "not in DER (encoded again it gives other bytes)");
}

/* The dates of the one packed certificate are these. */
static void assert_expiry(struct sysroot *s, const char *not_after, int64_t want)
{
	MSK_AUTO_FREE char *both = msk_xasprintf("170d3230303130313030303030305a%s", not_after);
	MSK_AUTO_FREE char *validity = msk_xasprintf("30%02zx%s", strlen(both) / 2, both);
	MSK_AUTO_STR der = MSK_STR_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;

	cert_valid(&der, 1, validity);
	add_block(&text, "CERTIFICATE", &der, 64);
	put(s, DEBIAN, &text);
	assert_int_equal(msk_gather_certs(&s->g, &err), 0);
	assert_int_equal(s->g.certs.count, 1);
	assert_int_equal(s->g.certs.first_expiry, want);
	assert_string_equal(s->g.certs.first_subject, "CN=x");
}

static void dates_have_the_two_forms_of_rfc_5280(void **state)
{
	assert_expiry(*state, "170d3439313233313233353935395a", 2524607999);                   /* 491231235959Z */
	assert_expiry(*state, "170d3530303130313030303030305a", -631152000);                   /* 500101000000Z: 1950 */
	assert_expiry(*state, "180f32303530303130313030303030305a", 2524608000);               /* 20500101000000Z */
	assert_expiry(*state, "180f39393939313233313233353935395a", 253402300799);             /* the end of RFC 5280 */
}

static void other_dates_are_malformed(void **state)
{
	static const char *const dates[] = {
		"170b343931323331323335395a",                   /* 4912312359Z: no seconds */
		"1711343931323331323335393539 2b30303030",      /* 491231235959+0000 */
		"170d3439313333313233353935395a",               /* month 13 */
		"170d3439313233313233353935398a",               /* no Z */
		"180d3439313233313233353935395a",               /* a GeneralizedTime without century */
		"02020101",                                     /* an integer */
	};

	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
		MSK_AUTO_STR hex = MSK_STR_INIT;
		MSK_AUTO_STR der = MSK_STR_INIT;
		MSK_AUTO_FREE char *validity = NULL;

		for (const char *p = dates[i]; *p; p++)
			if (*p != ' ')
				msk_str_addc(&hex, *p);
		validity = msk_xasprintf("30%02zx170d3230303130313030303030305a%s", 15 + hex.len / 2, hex.buf);
		cert_valid(&der, 1, validity);
		assert_der_fails(*state, &der, "its dates are malformed");
	}
}

static void a_certificate_over_the_limit_is_refused(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_STR der = MSK_STR_INIT;

	while (der.len < 65537)
		msk_str_addc(&der, '0');
	add_block(&text, "CERTIFICATE", &der, 64);
	assert_bundle_fails(s, &text, "certificate 1: too large (65537 vs 65536 bytes)", "");
}

static void the_4097th_certificate_is_one_too_many(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR text = MSK_STR_INIT;

	for (int i = 0; i < 4097; i++)
		pem(&text, i);
	assert_bundle_fails(s, &text, "more than 4096 certificates", "");
}

static void a_file_over_16_mib_is_refused(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_FREE char *msg = NULL;

	sysroot_file(s, DEBIAN, "x");
	msg = msk_xasprintf("%s: larger than 16777216 bytes", sysroot_path(s, DEBIAN));
	assert_int_equal(truncate(s->path, (16 << 20) + 1), 0);
	gather_fails(s, msk_gather_certs, MSK_E_INPUT, msg, "");
}

/* What was cleaned up does not begin again: no other test may follow. */
static void a_library_that_does_not_begin_is_told(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR text = MSK_STR_INIT;

	pem(&text, 0);
	sysroot_file(s, DEBIAN, text.buf);
	OPENSSL_cleanup();
	gather_fails(s, msk_gather_certs, MSK_E_IO, "OpenSSL: cannot be initialised", "");
}

static void a_block_has_room_enough(void **state)
{
	static const char *const labels[] = { "CERTIFICATE", "X" };

	(void)state;
	for (size_t n = 0; n < 400; n++) {
		static const unsigned char der[400];
		MSK_AUTO_STR text = MSK_STR_INIT;
		size_t room = msk_pem_room(labels[n % 2], n);

		msk_pem_add(&text, labels[n % 2], der, n);
		assert_in_range(room, text.len, text.len + 70);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		certs_test(nothing_is_packed_unless_asked_for),
		certs_test(the_canonical_form_is_a_fixed_point),
		certs_test(order_comments_duplicates_and_layout_do_not_matter),
		certs_test(line_ends_of_windows_are_fine),
		certs_test(the_bundle_of_fedora_is_found),
		certs_test(a_bundle_behind_an_absolute_link_is_that_of_the_root),
		certs_test(no_bundle_says_how_many_places_were_looked_in),
		certs_test(a_named_file_stands_in_for_the_bundle),
		certs_test(more_certificates_join_the_bundle_in_pem_or_der),
		certs_test(a_private_key_is_refused_by_its_block),
		certs_test(another_kind_of_block_is_refused),
		certs_test(a_trusted_certificate_is_refused_with_the_way_out),
		certs_test(a_text_without_certificates_is_refused),
		certs_test(bad_base64_is_found_by_certificate_and_line),
		certs_test(base64_that_ends_early_or_has_spare_bits_is_invalid),
		certs_test(framing_faults_have_their_sentences),
		certs_test(an_empty_certificate_is_refused),
		certs_test(bytes_that_are_no_certificate_are_refused),
		certs_test(a_certificate_cut_short_is_refused),
		certs_test(bytes_behind_a_certificate_are_refused),
		certs_test(a_length_in_more_bytes_than_needed_is_refused),
		certs_test(dates_have_the_two_forms_of_rfc_5280),
		certs_test(other_dates_are_malformed),
		certs_test(a_certificate_over_the_limit_is_refused),
		certs_test(the_4097th_certificate_is_one_too_many),
		certs_test(a_file_over_16_mib_is_refused),
		cmocka_unit_test(a_block_has_room_enough),
		certs_test(a_library_that_does_not_begin_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
