#include "mkscratch/stop_signal.h"

#include <string.h>

#include "mkscratch/mem.h"
#include "mkscratch/str.h"

/* Linux names, whatever the host calls them. */
static const char *const names[] = {
	"ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL", "PROF",
	"PWR", "QUIT", "RTMAX", "RTMIN", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG",
	"USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
};

static bool known(const char *name)
{
	unsigned long long n;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	/* The names docker and podman agree on. */
	if (msk_starts_with(name, "RTMIN+"))
		return msk_parse_u64(name + 6, 15, &n) && n >= 1 && name[6] != '0';
	if (msk_starts_with(name, "RTMAX-"))
		return msk_parse_u64(name + 6, 14, &n) && n >= 1 && name[6] != '0';
	return false;
}

char *msk_signal_name(const char *text)
{
	MSK_AUTO_STR upper = MSK_STR_INIT;
	unsigned long long n;
	const char *name;

	if (msk_parse_u64(text, 64, &n))
		return n >= 1 ? msk_xasprintf("%llu", n) : NULL;
	for (const char *p = text; *p; p++)
		msk_str_addc(&upper, *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p);
	name = msk_str_c(&upper);
	if (msk_starts_with(name, "SIG"))
		name += 3;
	return known(name) ? msk_xasprintf("SIG%s", name) : NULL;
}
