#include "mkscratch/preset.h"

#include <stddef.h>

static const char nsswitch[] =
	"passwd: files\n"
	"group: files\n"
	"shadow: files\n"
	"hosts: files dns\n"
	"networks: files\n"
	"protocols: files\n"
	"services: files\n";

/* os-release(5). The image is no distribution: scanners that look for packages of one find none. */
static const char os_release[] =
	"NAME=\"mkscratch\"\n"
	"ID=mkscratch\n"
	"PRETTY_NAME=\"image without a distribution\"\n";

#define SCRATCH    MSK_PRESET_SCRATCH
#define DISTROLESS MSK_PRESET_DISTROLESS

const struct msk_preset_item msk_preset_items[] = {
	{ SCRATCH, MSK_PRESET_MADE, "/etc/passwd", 0644, NULL, "names of root and of the image's user" },
	{ SCRATCH, MSK_PRESET_MADE, "/etc/group", 0644, NULL, "names of their groups" },
	{ SCRATCH, MSK_PRESET_TEXT, "/etc/nsswitch.conf", 0644, nsswitch, "files, and DNS for hosts" },
	{ SCRATCH, MSK_PRESET_DIR, "/tmp", 01777, NULL, "programs expect it" },

	{ DISTROLESS, MSK_PRESET_MADE, "/root", 0700, NULL, "home of root" },
	{ DISTROLESS, MSK_PRESET_MADE, "/home/nonroot", 0700, NULL, "home of nonroot, who starts there" },
	{ DISTROLESS, MSK_PRESET_MADE, "/etc/ssl/certs/ca-certificates.crt", 0644, NULL, "as with --certs" },
	{ DISTROLESS, MSK_PRESET_MADE, "/usr/share/zoneinfo", 0755, NULL, "as with --tz" },
	{ DISTROLESS, MSK_PRESET_TEXT, "/usr/lib/os-release", 0644, os_release, "says that this is no distribution" },
	{ DISTROLESS, MSK_PRESET_LINK, "/etc/os-release", 0777, "../usr/lib/os-release", "where it is looked for" },
	{ DISTROLESS, MSK_PRESET_HOST, "/etc/protocols", 0644, "netbase", "getprotobyname(3)" },
	{ DISTROLESS, MSK_PRESET_HOST, "/etc/services", 0644, "netbase", "getservbyname(3), net.LookupPort" },
	{ DISTROLESS, MSK_PRESET_HOST, "/etc/mime.types", 0644, "media-types", "types of files by the ends of names" },
	{ DISTROLESS, MSK_PRESET_ENV, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 0, NULL,
	  "where programs are looked for" },
	{ DISTROLESS, MSK_PRESET_ENV, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt", 0, NULL,
	  "for OpenSSL" },
	{ .path = NULL },
};

const char *msk_preset_name(enum msk_preset preset)
{
	static const char *const names[] = { [SCRATCH] = "scratch", [DISTROLESS] = "distroless" };

	return names[preset];
}
