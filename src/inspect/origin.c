#include <string.h>

#include "inspect.h"

const char *msk_origin_kind_name(enum msk_origin_kind o)
{
	static const char *const names[] = { "program", "libraries", "certificates", "zones", "other" };

	return names[o];
}

static bool is_below_any(const char *path, const char *const *dirs)
{
	for (; *dirs; dirs++)
		if (msk_starts_with(path, *dirs))
			return true;
	return false;
}

static bool is_certificate(const char *path)
{
	static const char *const places[] = { "etc/ssl/", "etc/pki/", "etc/ca-certificates/", "usr/share/ca-certificates/",
					      "usr/local/share/ca-certificates/", NULL };

	return is_below_any(path, places);
}

static bool is_zone(const char *path)
{
	static const char *const places[] = { "usr/share/zoneinfo/", "usr/lib/zoneinfo/", "etc/localtime", NULL };

	return is_below_any(path, places);
}

/* "libz.so.1", "ld-linux-x86-64.so.2" */
static bool has_library_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *so = strstr(name, ".so");

	return so && so != name && (so[3] == '\0' || so[3] == '.');
}

static bool is_command(const struct msk_node *n)
{
	static const char *const places[] = { "bin/", "sbin/", "usr/bin/", "usr/sbin/", "usr/local/bin/", "usr/local/sbin/",
					      NULL };

	return (n->mode & 0111) && is_below_any(n->path, places);
}

static enum msk_origin_kind by_record(const struct msk_record_row *row)
{
	if (strcmp(row->what, "--bin") == 0)
		return MSK_ORIGIN_PROGRAM;
	if (strcmp(row->what, "library") == 0 || strcmp(row->what, "--lib") == 0 || strcmp(row->what, "--dlopen") == 0)
		return MSK_ORIGIN_LIBRARY;
	return MSK_ORIGIN_OTHER;
}

enum msk_origin_kind msk_origin_of(const struct msk_inspection *i, const struct msk_node *n)
{
	if (is_zone(n->path))
		return MSK_ORIGIN_ZONE;
	if (is_certificate(n->path))
		return MSK_ORIGIN_CERTIFICATE;
	if (i->record.n) {
		MSK_AUTO_STR path = MSK_STR_INIT;
		const struct msk_record_row *row;

		msk_str_addc(&path, '/');
		msk_str_add_escaped(&path, n->path, strlen(n->path));
		row = msk_record_find(&i->record, path.buf);
		if (row)
			return by_record(row);
	}
	if (has_library_name(n->path))
		return MSK_ORIGIN_LIBRARY;
	if (i->entrypoint && strcmp(n->path, i->entrypoint->path) == 0)
		return MSK_ORIGIN_PROGRAM;
	return is_command(n) ? MSK_ORIGIN_PROGRAM : MSK_ORIGIN_OTHER;
}
