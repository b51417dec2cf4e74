/* --tz: the zones without right/ and posix/, links as they are unless they leave, every zone file sound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sysroot.h"

#define ZI "usr/share/zoneinfo/"

static void add_be32(struct msk_str *out, uint32_t n)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		msk_str_addc(out, (char)(n >> shift & 0xff));
}

static void add_header(struct msk_str *out, char version, const uint32_t counts[6])
{
	msk_str_adds(out, "TZif");
	msk_str_addc(out, version);
	for (int i = 0; i < 15; i++)
		msk_str_addc(out, '\0');
	for (int i = 0; i < 6; i++)
		add_be32(out, counts[i]);
}

/* isut, isstd, leap, time, type, chars */
static const uint32_t one_type[6] = { 0, 0, 0, 0, 1, 4 };

static void add_type(struct msk_str *out)
{
	msk_str_add(out, "\0\0\0\0\0\0UTC\0", 10);
}

static void version_1(struct msk_str *out)
{
	add_header(out, '\0', one_type);
	add_type(out);
}

static void version_2(struct msk_str *out, const char *footer)
{
	add_header(out, '2', one_type);
	add_type(out);
	add_header(out, '2', one_type);
	add_type(out);
	msk_str_adds(out, footer);
}

static void put_zone(struct sysroot *s, const char *name)
{
	MSK_AUTO_FREE char *rel = msk_xasprintf("%s%s", ZI, name);
	MSK_AUTO_STR data = MSK_STR_INIT;

	version_2(&data, "\nUTC0\n");
	sysroot_bytes(s, rel, data.buf, data.len);
}

static int with_tz(void **state)
{
	sysroot_setup(state);
	((struct sysroot *)*state)->plan.tz = true;
	((struct sysroot *)*state)->plan.tz_by = "--tz";
	return 0;
}

static int tz_teardown(void **state)
{
	msk_strv_release(&((struct sysroot *)*state)->plan.zones);
	return sysroot_teardown(state);
}

#define tz_test(f) cmocka_unit_test_setup_teardown(f, with_tz, tz_teardown)

static void all_zones_and_tables_are_packed(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "Europe/Oslo");
	put_zone(s, "UTC");
	sysroot_file(s, ZI "zone.tab", "table");
	sysroot_file(s, ZI "leapseconds", "table");
	sysroot_chmod(s, ZI "UTC", 0600);
	gathers(s, msk_gather_zoneinfo);
	assert_mode(s, "/usr/share/zoneinfo", 0755, 0, 0);
	assert_mode(s, "/usr/share/zoneinfo/Europe", 0755, 0, 0);
	assert_mode(s, "/usr/share/zoneinfo/Europe/Oslo", 0644, 0, 0);
	assert_mode(s, "/usr/share/zoneinfo/UTC", 0644, 0, 0);
	assert_data(s, "/usr/share/zoneinfo/zone.tab", "table");
	assert_data(s, "/usr/share/zoneinfo/leapseconds", "table");
	assert_int_equal(entry_at(s, "/usr/share/zoneinfo/UTC")->stratum, MSK_STRATUM_BASE);
}

static void right_and_posix_are_left_out(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "UTC");
	put_zone(s, "right/UTC");
	put_zone(s, "posix/UTC");
	gathers(s, msk_gather_zoneinfo);
	assert_absent(s, "/usr/share/zoneinfo/right");
	assert_absent(s, "/usr/share/zoneinfo/posix");
}

static void links_between_zones_are_kept(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "Europe/Oslo");
	sysroot_link(s, "../Europe/Oslo", ZI "Atlantic/Jan_Mayen");
	sysroot_link(s, "/usr/share/zoneinfo/Europe/Oslo", ZI "Here");
	gathers(s, msk_gather_zoneinfo);
	assert_link(s, "/usr/share/zoneinfo/Atlantic/Jan_Mayen", "../Europe/Oslo");
	assert_link(s, "/usr/share/zoneinfo/Here", "/usr/share/zoneinfo/Europe/Oslo");
}

static void the_local_time_of_the_host_stays_there(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_STR data = MSK_STR_INIT;

	put_zone(s, "UTC");
	version_1(&data);
	sysroot_bytes(s, "etc/localtime", data.buf, data.len);
	sysroot_link(s, "/etc/localtime", ZI "localtime");
	gathers(s, msk_gather_zoneinfo);
	assert_absent(s, "/usr/share/zoneinfo/localtime");
}

static void a_link_to_what_is_not_packed_becomes_a_file(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "posix/UTC");
	sysroot_link(s, "posix/UTC", ZI "UTC");
	sysroot_file(s, "usr/share/zoneinfo-leaps/leapseconds", "leaps");
	sysroot_link(s, "../zoneinfo-leaps/leapseconds", ZI "leapseconds");
	gathers(s, msk_gather_zoneinfo);
	assert_int_equal(entry_at(s, "/usr/share/zoneinfo/UTC")->type, MSK_FILE);
	assert_data(s, "/usr/share/zoneinfo/leapseconds", "leaps");
}

static void a_link_that_leads_nowhere_out_is_left_out(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "UTC");
	sysroot_link(s, "/etc/timezone.d/x", ZI "Mine");
	gathers(s, msk_gather_zoneinfo);
	assert_absent(s, "/usr/share/zoneinfo/Mine");
}

static void no_zones_is_an_error_with_the_way_out(void **state)
{
	struct sysroot *s = *state;
	MSK_AUTO_FREE char *msg = msk_xasprintf("zoneinfo: no zones found in %s (looked in /usr/share/zoneinfo)", s->top);
	MSK_AUTO_FREE char *hint = msk_xasprintf("install tzdata in %s, or take this host's: --tree "
						 "/usr/share/zoneinfo:/usr/share/zoneinfo", s->top);

	gather_fails(s, msk_gather_zoneinfo, MSK_E_INPUT, msg, hint);
	sysroot_file(s, ZI "zone.tab", "a table is no zone");
	gather_fails(s, msk_gather_zoneinfo, MSK_E_INPUT, msg, hint);
	msk_strv_push(&s->plan.zones, "UTC");
	assert_int_equal(unlink(sysroot_path(s, ZI "zone.tab")), 0);
	assert_int_equal(rmdir(sysroot_path(s, ZI)), 0);
	gather_fails(s, msk_gather_zoneinfo, MSK_E_INPUT, msg, hint);
}

static void assert_zone_fails(struct sysroot *s, const struct msk_str *data, const char *msg)
{
	sysroot_bytes(s, ZI "Europe/Oslo", data->buf, data->len);
	gather_fails(s, msk_gather_zoneinfo, MSK_E_INPUT, msg, "");
}

static void a_text_below_an_area_is_no_zone(void **state)
{
	MSK_AUTO_STR data = MSK_STR_INIT;

	msk_str_adds(&data, "hello");
	assert_zone_fails(*state, &data, "Europe/Oslo: not a zone file (no TZif header)");
}

static void a_header_cut_short_is_refused(void **state)
{
	MSK_AUTO_STR data = MSK_STR_INIT;

	version_1(&data);
	data.len = 40;
	assert_zone_fails(*state, &data, "Europe/Oslo: zone header is truncated (40 of 44 bytes)");
}

static void footers_may_be_all_that_rfc_9636_allows(void **state)
{
	static const char *const footers[] = {
		"\n\n", "\nUTC0\n", "\nCET-1CEST,M3.5.0,M10.5.0/3\n", "\n<+0330>-3:30\n",
		"\n<-02>2<-01>,M3.5.0/-1,M10.5.0/0\n", "\nEST5EDT4:30:15,J60/26,J300/-167:00:01\n",
		"\nXXX3EDT4,0/0,J365/23\n", "\nAAA+24BBB\n",
	};
	struct sysroot *s = *state;
	struct msk_err err = MSK_ERR_INIT;

	for (size_t i = 0; i < sizeof footers / sizeof footers[0]; i++) {
		MSK_AUTO_STR data = MSK_STR_INIT;

		version_2(&data, footers[i]);
		sysroot_bytes(s, ZI "UTC", data.buf, data.len);
		if (msk_gather_zoneinfo(&s->g, &err) < 0)
			fail_msg("%s: %s", footers[i], err.msg);
	}
}

static void numbers_that_point_nowhere_are_refused(void **state)
{
	static const uint32_t one_change[6] = { 0, 0, 0, 1, 1, 4 };
	MSK_AUTO_STR change = MSK_STR_INIT;
	MSK_AUTO_STR type = MSK_STR_INIT;

	add_header(&change, '\0', one_change);
	msk_str_add(&change, "\0\0\0\0\1", 5);
	add_type(&change);
	assert_zone_fails(*state, &change, "Europe/Oslo: transition 0 goes to type 1 (1 types)");
	add_header(&type, '\0', one_type);
	msk_str_add(&type, "\0\0\0\0\0\4UTC\0", 10);
	assert_zone_fails(*state, &type, "Europe/Oslo: local time type 0 is malformed");
}

static void both_headers_have_one_version(void **state)
{
	MSK_AUTO_STR data = MSK_STR_INIT;

	add_header(&data, '2', one_type);
	add_type(&data);
	add_header(&data, '3', one_type);
	add_type(&data);
	msk_str_adds(&data, "\nUTC0\n");
	assert_zone_fails(*state, &data, "Europe/Oslo: second header is missing at byte 54");
}

static void a_pattern_takes_zones_and_no_tables(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "UTC");
	put_zone(s, "Europe/Oslo");
	put_zone(s, "Europe/Ulm/West");
	put_zone(s, "posix/UTX");
	sysroot_file(s, ZI "Uone.tab", "table");
	sysroot_link(s, "UTC", ZI "UCT");
	sysroot_link(s, "/etc/localtime", ZI "localtime");
	msk_strv_push(&s->plan.zones, "*");
	msk_strv_push(&s->plan.zones, "Eur?p?/*");
	gathers(s, msk_gather_zoneinfo);
	assert_mode(s, "/" ZI "UTC", 0644, 0, 0);
	assert_mode(s, "/" ZI "Europe/Oslo", 0644, 0, 0);
	assert_link(s, "/" ZI "UCT", "UTC");
	assert_absent(s, "/" ZI "Uone.tab");
	assert_absent(s, "/" ZI "localtime");
	assert_absent(s, "/" ZI "Europe/Ulm");
	assert_absent(s, "/" ZI "posix");
}

static void a_pattern_that_matches_nothing_says_how_it_is_read(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "Europe/Oslo");
	msk_strv_push(&s->plan.zones, "E*");
	gather_fails(s, msk_gather_zoneinfo, MSK_E_USAGE, "zone \"E*\": matches nothing in /usr/share/zoneinfo",
		     "* and ? stop at \"/\", as in Europe/* and America/*/*");
}

static void localtime_is_a_link_to_its_zone(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "Europe/Oslo");
	sysroot_link(s, "Oslo", ZI "Europe/Bergen");
	s->plan.localtime = (char *)"Europe/Bergen";
	msk_strv_push(&s->plan.zones, "Europe/Bergen");
	gathers(s, msk_gather_zoneinfo);
	assert_link(s, "/etc/localtime", "../usr/share/zoneinfo/Europe/Bergen");
	assert_link(s, "/" ZI "Europe/Bergen", "Oslo");
	assert_mode(s, "/" ZI "Europe/Oslo", 0644, 0, 0);
}

static void localtime_among_all_zones_must_be_one(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "Europe/Oslo");
	s->plan.localtime = (char *)"Asia/Oslo";
	gather_fails(s, msk_gather_zoneinfo, MSK_E_USAGE, "zone \"Asia/Oslo\": not in /usr/share/zoneinfo",
		     "did you mean Europe/Oslo?");
}

static void several_near_zones_are_told(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "UTC");
	put_zone(s, "UCT");
	put_zone(s, "Etc/UTC");
	put_zone(s, "Europe/Oslo");
	put_zone(s, "Etc/GMT");
	msk_strv_push(&s->plan.zones, "utx");
	gather_fails(s, msk_gather_zoneinfo, MSK_E_USAGE, "zone \"utx\": not in /usr/share/zoneinfo",
		     "did you mean UTC, Etc/UTC or UCT?");
}

static void an_unknown_version_is_refused(void **state)
{
	MSK_AUTO_STR data = MSK_STR_INIT;

	add_header(&data, 'x', one_type);
	add_type(&data);
	assert_zone_fails(*state, &data, "Europe/Oslo: zone format version 0x78 is not known");
}

static void counts_that_promise_gigabytes_are_refused(void **state)
{
	static const uint32_t huge[6] = { 0, 0, 0, 0xffffffff, 1, 4 };
	MSK_AUTO_STR v1 = MSK_STR_INIT;
	MSK_AUTO_STR v2 = MSK_STR_INIT;

	add_header(&v1, '\0', huge);
	add_type(&v1);
	assert_zone_fails(*state, &v1, "Europe/Oslo: length from header is 21474836529, file has 54 bytes");
	add_header(&v2, '2', one_type);
	add_type(&v2);
	add_header(&v2, '2', huge);
	assert_zone_fails(*state, &v2, "Europe/Oslo: length from header is 38654705763, file has 98 bytes");
}

static void bytes_behind_a_version_1_file_are_refused(void **state)
{
	MSK_AUTO_STR data = MSK_STR_INIT;

	version_1(&data);
	msk_str_addc(&data, 'x');
	assert_zone_fails(*state, &data, "Europe/Oslo: length from header is 54, file has 55 bytes");
}

static void a_second_header_that_is_absent_or_none_is_refused(void **state)
{
	MSK_AUTO_STR data = MSK_STR_INIT;

	add_header(&data, '2', one_type);
	add_type(&data);
	assert_zone_fails(*state, &data, "Europe/Oslo: length from header is 98, file has 54 bytes");
	for (int i = 0; i < 60; i++)
		msk_str_addc(&data, 'x');
	assert_zone_fails(*state, &data, "Europe/Oslo: second header is missing at byte 54");
}

static void counts_that_contradict_each_other_are_refused(void **state)
{
	static const uint32_t no_type[6] = { 0, 0, 0, 0, 0, 4 }, two_ut[6] = { 2, 0, 0, 0, 1, 4 };
	MSK_AUTO_STR data = MSK_STR_INIT;

	add_header(&data, '\0', no_type);
	assert_zone_fails(*state, &data, "Europe/Oslo: header counts contradict each other");
	msk_str_release(&data);
	add_header(&data, '\0', two_ut);
	assert_zone_fails(*state, &data, "Europe/Oslo: header counts contradict each other");
	msk_str_release(&data);
	add_header(&data, '2', one_type);
	add_type(&data);
	add_header(&data, '2', no_type);
	assert_zone_fails(*state, &data, "Europe/Oslo: header counts contradict each other");
}

static void a_footer_that_is_none_is_refused(void **state)
{
	static const char *const footers[] = {
		"", "\n", "UTC0\n", "\nUTC0", "\nUTC0\n\n", "\nUTC0\nx", "\nU\tC0\n", "\nUT0\n", "\nUTC\n",
		"\nUTC25\n", "\n<UTC0\n", "\nUTC0:60\n", "\nUTC0 \n", "\nCET-1CEST,M3.5.0\n",
		"\nCET-1CEST,M13.5.0,M1.1.1\n", "\nCET-1CEST,M3.5.7,M1.1.1\n", "\nCET-1CEST,J0,J1\n",
		"\nCET-1CEST,366,1\n", "\nCET-1CEST,0/168,1\n", "\nCET-1CEST,0,1,2\n",
	};

	for (size_t i = 0; i < sizeof footers / sizeof footers[0]; i++) {
		MSK_AUTO_STR data = MSK_STR_INIT;
		MSK_AUTO_FREE char *msg = msk_xasprintf("Europe/Oslo: footer is damaged (%zu bytes)", strlen(footers[i]));

		version_2(&data, footers[i]);
		assert_zone_fails(*state, &data, msg);
	}
}

static void a_file_over_1_mib_is_refused(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "UTC");
	assert_int_equal(truncate(sysroot_path(s, ZI "UTC"), (1 << 20) + 1), 0);
	gather_fails(s, msk_gather_zoneinfo, MSK_E_INPUT, "UTC: larger than 1048576 bytes", "");
}

static void a_fifo_among_the_zones_is_refused(void **state)
{
	struct sysroot *s = *state;

	sysroot_fifo(s, ZI "Europe/Oslo");
	gather_fails(s, msk_gather_zoneinfo, MSK_E_INPUT, "Europe/Oslo: is a FIFO, expected a regular file", "");
}

static void zones_larger_than_64_mib_together_are_refused(void **state)
{
	struct sysroot *s = *state;
	char rel[64];

	for (int i = 0; i <= 64; i++) {
		snprintf(rel, sizeof rel, ZI "t%02d.tab", i);
		sysroot_file(s, rel, "");
		assert_int_equal(truncate(sysroot_path(s, rel), 1 << 20), 0);
	}
	gather_fails(s, msk_gather_zoneinfo, MSK_E_INPUT, "zoneinfo: larger than 67108864 bytes (68157440)", "");
}

static void chosen_zones_come_with_the_links_they_go_through_and_nothing_else(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "Europe/Berlin");
	put_zone(s, "Europe/Paris");
	sysroot_file(s, ZI "zone.tab", "");
	sysroot_link(s, "Oslo", ZI "Europe/Stockholm");
	sysroot_link(s, "Berlin", ZI "Europe/Oslo");
	msk_strv_push(&s->plan.zones, "Europe/Stockholm");
	gathers(s, msk_gather_zoneinfo);
	assert_link(s, "/usr/share/zoneinfo/Europe/Stockholm", "Oslo");
	assert_link(s, "/usr/share/zoneinfo/Europe/Oslo", "Berlin");
	assert_mode(s, "/usr/share/zoneinfo/Europe/Berlin", 0644, 0, 0);
	assert_absent(s, "/usr/share/zoneinfo/Europe/Paris");
	assert_absent(s, "/usr/share/zoneinfo/zone.tab");
}

static void a_chosen_zone_behind_a_link_out_becomes_a_file(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "posix/UTC");
	sysroot_link(s, "posix/UTC", ZI "UTC");
	sysroot_link(s, "UTC", ZI "Zulu");
	msk_strv_push(&s->plan.zones, "Zulu");
	gathers(s, msk_gather_zoneinfo);
	assert_link(s, "/usr/share/zoneinfo/Zulu", "UTC");
	assert_int_equal(entry_at(s, "/usr/share/zoneinfo/UTC")->type, MSK_FILE);
	assert_absent(s, "/usr/share/zoneinfo/posix");
}

static void zones_of_a_zoneinfo_that_is_a_link_lie_where_programs_look(void **state)
{
	struct sysroot *s = *state;

	MSK_AUTO_FREE char *from = NULL;

	put_zone(s, "UTC");
	sysroot_dir(s, "store");
	from = msk_xstrdup(sysroot_path(s, ZI));
	assert_int_equal(rename(from, sysroot_path(s, "store/zi")), 0);
	sysroot_link(s, "/store/zi", "usr/share/zoneinfo");
	sysroot_link(s, "UTC", "store/zi/Zulu");
	msk_strv_push(&s->plan.zones, "Zulu");
	gathers(s, msk_gather_zoneinfo);
	assert_link(s, "/usr/share/zoneinfo/Zulu", "UTC");
	assert_mode(s, "/usr/share/zoneinfo/UTC", 0644, 0, 0);
	assert_absent(s, "/store");
}

static void an_unknown_zone_is_named_with_the_nearest(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "Europe/Moscow");
	put_zone(s, "Europe/Oslo");
	put_zone(s, "right/Europe/Mosow");
	msk_strv_push(&s->plan.zones, "Europe/Mosow");
	gather_fails(s, msk_gather_zoneinfo, MSK_E_USAGE, "zone \"Europe/Mosow\": not in /usr/share/zoneinfo",
		     "did you mean Europe/Moscow?");
}

static void a_city_without_its_area_is_understood_by_the_hint(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "Europe/Oslo");
	msk_strv_push(&s->plan.zones, "Oslo");
	gather_fails(s, msk_gather_zoneinfo, MSK_E_USAGE, "zone \"Oslo\": not in /usr/share/zoneinfo",
		     "did you mean Europe/Oslo?");
}

static void a_zone_unlike_any_other_has_no_hint(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "Europe/Oslo");
	msk_strv_push(&s->plan.zones, "Mars/Olympus_Mons");
	gather_fails(s, msk_gather_zoneinfo, MSK_E_USAGE, "zone \"Mars/Olympus_Mons\": not in /usr/share/zoneinfo", "");
}

static void an_area_is_no_zone(void **state)
{
	struct sysroot *s = *state;

	put_zone(s, "Europe/Oslo");
	msk_strv_push(&s->plan.zones, "Europe");
	gather_fails(s, msk_gather_zoneinfo, MSK_E_USAGE, "zone \"Europe\": is a directory of zones",
		     "'Europe/*' names all that are in it");
}

static void a_table_is_no_zone(void **state)
{
	struct sysroot *s = *state;

	sysroot_file(s, ZI "zone.tab", "table");
	msk_strv_push(&s->plan.zones, "zone.tab");
	gather_fails(s, msk_gather_zoneinfo, MSK_E_INPUT, "zone.tab: not a zone file (no TZif header)", "");
}

static void a_zone_that_links_to_itself_is_refused(void **state)
{
	struct sysroot *s = *state;

	sysroot_link(s, "UTC", ZI "UTC");
	msk_strv_push(&s->plan.zones, "UTC");
	gather_fails(s, msk_gather_zoneinfo, MSK_E_INPUT, "zone \"UTC\": too many symbolic links (40)", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tz_test(all_zones_and_tables_are_packed),
		tz_test(right_and_posix_are_left_out),
		tz_test(links_between_zones_are_kept),
		tz_test(the_local_time_of_the_host_stays_there),
		tz_test(a_link_to_what_is_not_packed_becomes_a_file),
		tz_test(a_link_that_leads_nowhere_out_is_left_out),
		tz_test(no_zones_is_an_error_with_the_way_out),
		tz_test(a_text_below_an_area_is_no_zone),
		tz_test(a_header_cut_short_is_refused),
		tz_test(an_unknown_version_is_refused),
		tz_test(counts_that_promise_gigabytes_are_refused),
		tz_test(bytes_behind_a_version_1_file_are_refused),
		tz_test(a_second_header_that_is_absent_or_none_is_refused),
		tz_test(counts_that_contradict_each_other_are_refused),
		tz_test(a_footer_that_is_none_is_refused),
		tz_test(footers_may_be_all_that_rfc_9636_allows),
		tz_test(numbers_that_point_nowhere_are_refused),
		tz_test(both_headers_have_one_version),
		tz_test(a_pattern_takes_zones_and_no_tables),
		tz_test(a_pattern_that_matches_nothing_says_how_it_is_read),
		tz_test(localtime_is_a_link_to_its_zone),
		tz_test(localtime_among_all_zones_must_be_one),
		tz_test(several_near_zones_are_told),
		tz_test(a_file_over_1_mib_is_refused),
		tz_test(a_fifo_among_the_zones_is_refused),
		tz_test(zones_larger_than_64_mib_together_are_refused),
		tz_test(chosen_zones_come_with_the_links_they_go_through_and_nothing_else),
		tz_test(a_chosen_zone_behind_a_link_out_becomes_a_file),
		tz_test(zones_of_a_zoneinfo_that_is_a_link_lie_where_programs_look),
		tz_test(an_unknown_zone_is_named_with_the_nearest),
		tz_test(a_city_without_its_area_is_understood_by_the_hint),
		tz_test(a_zone_unlike_any_other_has_no_hint),
		tz_test(an_area_is_no_zone),
		tz_test(a_table_is_no_zone),
		tz_test(a_zone_that_links_to_itself_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
