#include "mkscratch/filecap.h"

#include <string.h>

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

static void put_le32(unsigned char *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(n >> 8 * i);
}

static uint32_t get_le32(const unsigned char *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* struct vfs_cap_data: magic and flags, then permitted and inheritable of the low and of the high half. */
void msk_filecap_encode(uint64_t caps, unsigned char out[MSK_FILECAP_BYTES])
{
	memset(out, 0, MSK_FILECAP_BYTES);
	put_le32(out, REVISION_2 | EFFECTIVE);
	put_le32(out + 4, (uint32_t)caps);
	put_le32(out + 12, (uint32_t)(caps >> 32));
}

bool msk_filecap_decode(const void *value, size_t n, uint64_t *caps)
{
	const unsigned char *p = value;
	uint32_t revision;

	if (n < 4)
		return false;
	revision = get_le32(p) & ~EFFECTIVE;
	if (n != (revision == REVISION_1 ? 12u : revision == REVISION_2 ? 20u : revision == REVISION_3 ? 24u : 0u))
		return false;
	*caps = get_le32(p + 4) | (revision == REVISION_1 ? 0 : (uint64_t)get_le32(p + 12) << 32);
	return true;
}
