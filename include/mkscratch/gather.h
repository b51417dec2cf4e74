/* Gatherers: each looks at the plan and the host and adds entries with the reason they are there. None depends
 * on another's entries; the rootfs settles what they have in common. */
#ifndef MKSCRATCH_GATHER_H
#define MKSCRATCH_GATHER_H

#include "mkscratch/doctor.h"
#include "mkscratch/host.h"
#include "mkscratch/log.h"
#include "mkscratch/plan.h"
#include "mkscratch/rootfs.h"
#include "mkscratch/table.h"

#define MSK_CERTS_PATH "/etc/ssl/certs/ca-certificates.crt"

/* What there is to tell about the certificates that were packed. */
struct msk_cert_facts {
	size_t count;                     /* 0: none were asked for */
	size_t expired;                   /* by the clock */
	int64_t first_expiry;             /* seconds since 1970 */
	char first_subject[128];          /* whose that is */
};

/* Why something is added that nobody asked for. */
struct msk_required {
	char *evidence;                   /* NULL: it is not */
	const char *program;              /* its path in the image; borrowed from the plan */
};

struct msk_gather {
	const struct msk_plan *plan;
	const struct msk_base_facts *base;    /* of what the image is laid over; NULL: of nothing */
	struct msk_host *host;            /* certificates, zones and files of presets are from here, */
	struct msk_host *libs;            /* and libraries from here; may be the same */
	const struct msk_log *log;
	struct msk_pool *pool;            /* for what may go on beside; NULL: nothing */
	struct msk_common *common;        /* of all images of a run; NULL: there is but one */
	int64_t now;                      /* for warnings and refusals about dates; never reaches an entry */
	struct msk_rootfs *fs;
	struct msk_platform platform;     /* of the programs; raised where their libraries need a better CPU */
	struct msk_program *programs;     /* with what was found for them; owned, inside of the gatherers */
	size_t n_programs;
	struct msk_needs **needs;         /* in and out: what is to be told when all is done (msk_needs_tell) */
	struct msk_required required[MSK_N_WANTS];  /* --auto: what is to be added; set by msk_gather_needs */
	struct msk_symstore *symbols;     /* of their objects; owned, likewise */
	struct msk_over_base *over_base;  /* where they are looked for when there is a base; owned, likewise */
	struct msk_table tree_elfs;       /* paths of ELF files of trees; owned, likewise */
	struct msk_cert_facts certs;      /* out: set by msk_gather_certs */
};

/* What images of several platforms have in common, read from the host for the first of them. */
struct msk_common *msk_common_new(void);
void msk_common_cleanup(struct msk_common **c);

/* The programs of one platform: together they make an image. */
struct msk_crew {
	struct msk_platform platform;
	bool *members;                    /* by input of the plan */
};

struct msk_crews {
	struct msk_crew *v;
	size_t n;
};

/* Who belongs to whom, as the ELF files say; sorted by platform. Levels of one CPU are one platform, the highest, unless
 * there are programs of several for one DEST. Every platform has the same DESTs.
 * Where there are no programs the image is for `of_base`, which else is not looked at.
 * Fails: MSK_E_INPUT (no program), MSK_E_USAGE (a platform lacks a DEST; --root or --platform for none that there is),
 * MSK_E_IO. */
int msk_gather_crews(const struct msk_plan *plan, const struct msk_platform *of_base, struct msk_crews *out,
		     struct msk_err *err);
void msk_crews_release(struct msk_crews *c);

/* Free what the gatherers keep; what belongs to the caller stays. */
void msk_gather_release(struct msk_gather *g);

/* --bin: the programs, their interpreters, libraries and the links on the way.
 * Fails: MSK_E_INPUT (no program), MSK_E_MISSING (closure has holes), MSK_E_IO. */
int msk_gather_programs(struct msk_gather *g, struct msk_err *err);
/* What the programs require and no option supplies: with --auto it is noted for the gatherers of that content. Without,
 * it is but a warning, and the programs are examined beside all else. Fails (--auto): MSK_E_INPUT, MSK_E_IO. */
int msk_gather_needs(struct msk_gather *g, struct msk_err *err);
/* Wait for what is still being examined, and warn of what is lacking. Frees them; *all is NULL then. */
void msk_needs_tell(struct msk_needs **all, const struct msk_log *log);
/* --file, --tree, --dir, --link. */
int msk_gather_extra(struct msk_gather *g, struct msk_err *err);
/* passwd and group with root and the image's user, nsswitch.conf. */
int msk_gather_identity(struct msk_gather *g, struct msk_err *err);
/* /tmp and what else every image has. */
int msk_gather_skeleton(struct msk_gather *g, struct msk_err *err);
/* --certs, --cert, --certs-for: MSK_CERTS_PATH; same certificates, same bytes, whatever the order or comments of the
 * source. Fails: MSK_E_INPUT (a private key, no certificate, anything that is none, one that was named and has
 * expired or soon will). */
int msk_gather_certs(struct msk_gather *g, struct msk_err *err);
/* The option that packs certificates; NULL: none does. */
const char *msk_certs_by(const struct msk_gather *g);
/* Behind the seal, which is opened for it and closed again: where certificates are packed and the libcrypto of a program looks
 * for them elsewhere, there is a link to them, unless something else is there or SSL_CERT_FILE is set. A program that has
 * OpenSSL in itself is but warned of. Fails: MSK_E_IO. */
int msk_gather_cert_links(struct msk_gather *g, struct msk_err *err);
/* --tz: /usr/share/zoneinfo without right/ and posix/, links kept; --localtime: /etc/localtime. */
int msk_gather_zoneinfo(struct msk_gather *g, struct msk_err *err);
/* --healthcheck URL: the probe for the image's platform. Fails: MSK_E_MISSING, there is none for it. */
int msk_gather_healthcheck(struct msk_gather *g, struct msk_err *err);

/* --cap. */
int msk_gather_caps(struct msk_gather *g, struct msk_err *err);
/* Behind the seal: a warning where the program is to bind a port for which it may lack the right. */
void msk_warn_low_port(const struct msk_gather *g);
/* Behind the seal, which is opened for it and closed again: --workdir and each --volume is a directory of the image's user,
 * 0755, where nothing else is there. */
int msk_gather_own_dirs(struct msk_gather *g, struct msk_err *err);
/* Behind the seal: no user's home is a file. Fails: MSK_E_USAGE. */
int msk_check_homes(const struct msk_gather *g, struct msk_err *err);
/* Behind the seal: what programs load at their start can be read by the image's user, and what the image starts executed;
 * warnings where he cannot get at accounts, certificates, zones or the working directory, or at any file of a tree.
 * Fails: MSK_E_MISSING. */
int msk_check_reach(struct msk_gather *g, struct msk_err *err);
/* Warn where a passwd that an option gives does not name the user. */
int msk_check_user_named(const struct msk_gather *g, struct msk_err *err);
/* Behind the seal: warnings where the entrypoint or the health check's command is not in the image, or would not run there:
 * no file, not executable, without its interpreter; where a program that --file brings would not; and where an input lies in a
 * place of the runtime's own. Fails: MSK_E_IO. */
int msk_check_commands(struct msk_gather *g, struct msk_err *err);
/* Behind the seal: a warning where ELF files of trees need libraries, or a loader, of which there is none of that name in the
 * image. The memory it takes does not grow with the number of files. Fails: MSK_E_IO. */
int msk_check_tree_elfs(struct msk_gather *g, struct msk_err *err);
/* Behind the seal: warnings of keys and of what tools keep where a user logs in, among the files that were named and in trees,
 * a line for each kind. Of files with such a name the beginning is read. */
void msk_gather_tell_secrets(const struct msk_rootfs *fs, const struct msk_log *log);

/* All of them in turn; then the set is sealed, and each dynamic program is resolved once more inside of it: where that
 * does not give the same files, there is no image. Fails as those above, and MSK_E_MISSING for what would not start. */
int msk_gather_all(struct msk_gather *g, struct msk_err *err);

#endif
