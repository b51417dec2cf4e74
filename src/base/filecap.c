#include "mkscratch/filecap.h"

#include <string.h>

#include "mkscratch/le.h"

/* By number, as in linux/capability.h. */
static const char *const names[] = {
	"cap_chown", "cap_dac_override", "cap_dac_read_search", "cap_fowner", "cap_fsetid", "cap_kill", "cap_setgid",
	"cap_setuid", "cap_setpcap", "cap_linux_immutable", "cap_net_bind_service", "cap_net_broadcast", "cap_net_admin",
	"cap_net_raw", "cap_ipc_lock", "cap_ipc_owner", "cap_sys_module", "cap_sys_rawio", "cap_sys_chroot",
	"cap_sys_ptrace", "cap_sys_pacct", "cap_sys_admin", "cap_sys_boot", "cap_sys_nice", "cap_sys_resource",
	"cap_sys_time", "cap_sys_tty_config", "cap_mknod", "cap_lease", "cap_audit_write", "cap_audit_control",
	"cap_setfcap", "cap_mac_override", "cap_mac_admin", "cap_syslog", "cap_wake_alarm", "cap_block_suspend",
	"cap_audit_read", "cap_perfmon", "cap_bpf", "cap_checkpoint_restore",
};
#define N_CAPS (sizeof names / sizeof *names)

#define EFFECTIVE  1u
#define REVISION_1 0x01000000u
#define REVISION_2 0x02000000u
#define REVISION_3 0x03000000u

const char *msk_filecap_name(unsigned number)
{
	return number < N_CAPS ? names[number] : NULL;
}

static int small(int c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* The letters' case does not matter, as with setcap(8). */
static bool begins(const char *text, size_t n, const char *with)
{
	size_t len = strlen(with);

	if (n < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (small(text[i]) != with[i])
			return false;
	return true;
}

static int number_of(const char *name, size_t n)
{
	size_t skip = begins(name, n, "cap_") ? 4 : 0;

	for (size_t i = 0; i < N_CAPS; i++)
		if (n - skip == strlen(names[i]) - 4 && begins(name + skip, n - skip, names[i] + 4))
			return (int)i;
	return -1;
}

int msk_filecap_number(const char *name)
{
	return number_of(name, strlen(name));
}

bool msk_filecap_parse(const char *list, uint64_t *caps, const char **bad)
{
	for (const char *p = list;; p++) {
		size_t n = strcspn(p, ",");
		int number = number_of(p, n);

		*bad = p;
		if (number < 0)
			return false;
		*caps |= UINT64_C(1) << number;
		p += n;
		if (!*p)
			return true;
	}
}

void msk_filecap_add(struct msk_str *out, uint64_t caps)
{
	bool first = true;

	for (unsigned i = 0; i < 64; i++) {
		if (!(caps >> i & 1))
			continue;
		if (!first)
			msk_str_addc(out, ',');
		if (i < N_CAPS)
			msk_str_adds(out, names[i]);
		else
			msk_str_addf(out, "%u", i);
		first = false;
	}
}

/* struct vfs_cap_data: magic and flags, then permitted and inheritable of the low and of the high half. */
void msk_filecap_encode(uint64_t caps, unsigned char out[MSK_FILECAP_BYTES])
{
	memset(out, 0, MSK_FILECAP_BYTES);
	msk_put_four_bytes(out, REVISION_2 | EFFECTIVE);
	msk_put_four_bytes(out + 4, (uint32_t)caps);
	msk_put_four_bytes(out + 12, (uint32_t)(caps >> 32));
}

/* Of a value of a length that goes with its revision; 0: it has none. */
static uint32_t revision_of(const unsigned char *p, size_t n)
{
	uint32_t revision = n < 4 ? 0 : msk_four_bytes(p) & ~EFFECTIVE;

	size_t length = revision == REVISION_1 ? 12 : revision == REVISION_2 ? 20 : revision == REVISION_3 ? 24 : 0;

	return n == length ? revision : 0;
}

/* The set that begins at p + at, permitted at 4 and inheritable at 8. */
static uint64_t set_at(const unsigned char *p, uint32_t revision, size_t at)
{
	return msk_four_bytes(p + at) | (revision == REVISION_1 ? 0 : (uint64_t)msk_four_bytes(p + at + 8) << 32);
}

bool msk_filecap_decode(const void *value, size_t n, uint64_t *caps)
{
	uint32_t revision = revision_of(value, n);

	if (!revision)
		return false;
	*caps = set_at(value, revision, 4);
	return true;
}

static void add_clause(struct msk_str *out, uint64_t caps, bool effective, const char *flags, bool *first)
{
	if (!caps)
		return;
	msk_str_adds(out, *first ? "" : " ");
	msk_filecap_add(out, caps);
	msk_str_addf(out, "=%s%s", effective ? "e" : "", flags);
	*first = false;
}

bool msk_filecap_add_value(struct msk_str *out, const void *value, size_t n)
{
	const unsigned char *p = value;
	uint32_t revision = revision_of(p, n);
	uint64_t permitted, inheritable;
	bool effective, first = true;

	if (!revision)
		return false;
	effective = msk_four_bytes(p) & EFFECTIVE;
	permitted = set_at(p, revision, 4);
	inheritable = set_at(p, revision, 8);
	add_clause(out, permitted & ~inheritable, effective, "p", &first);
	add_clause(out, permitted & inheritable, effective, "ip", &first);
	add_clause(out, inheritable & ~permitted, effective, "i", &first);
	msk_str_adds(out, first ? "=" : "");
	if (revision == REVISION_3)
		msk_str_addf(out, " [rootid=%u]", msk_four_bytes(p + 20));
	return true;
}
