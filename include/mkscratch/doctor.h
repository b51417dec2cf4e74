/* What a program will want at run time, told from its bytes alone: nothing is run, and nothing of the host is asked
 * but the libraries of its closure where the caller has resolved one.
 *
 * The file is read once from end to end in pieces, and a few tables of it again, so a large one costs no memory. The
 * result depends on the bytes of the program and its libraries alone.
 *
 * How sure a finding is:
 *   required   code that cannot do its work without it is linked in and can be reached
 *   likely     code that usually needs it
 *   hint       something points that way
 *   embedded   the program brings its own: nothing has to be added
 * A program may always be configured not to do what it can do; that cannot be seen from outside. */
#ifndef MKSCRATCH_DOCTOR_H
#define MKSCRATCH_DOCTOR_H

#include "mkscratch/closure.h"
#include "mkscratch/elf.h"

enum msk_want {
	MSK_WANT_CERTIFICATES, MSK_WANT_ZONES, MSK_WANT_PASSWD, MSK_WANT_RESOLVER, MSK_WANT_TMP, MSK_WANT_MIME,
	MSK_WANT_SERVICES, MSK_WANT_LOCALE, MSK_WANT_GCONV, MSK_WANT_NSS, MSK_WANT_PLUGINS, MSK_WANT_LOW_PORT,
	MSK_N_WANTS,
};

enum msk_certainty { MSK_IS_UNSEEN, MSK_IS_HINT, MSK_IS_LIKELY, MSK_IS_REQUIRED, MSK_IS_EMBEDDED };

/* The strongest sign of one want. */
struct msk_finding {
	enum msk_certainty level;
	char *evidence;                /* "net/http.(*Client).do in .gopclntab at 0x2f31a0" */
};

#define MSK_DOCTOR_MAX_SECRETS 64          /* more are counted, not kept */

struct msk_secret {
	const char *kind;              /* "private-key", "token", "build-path" */
	const char *what;              /* "GitHub token"; static */
	uint64_t offset;               /* of the first */
	size_t count;                  /* how often; paths below one home count as one */
	char *shown;                   /* what may be shown of it: never a whole secret */
};

enum msk_relro { MSK_RELRO_NONE, MSK_RELRO_PARTIAL, MSK_RELRO_FULL };

struct msk_hardening {
	bool pie, nx, canary, fortify;
	bool rwx;                      /* a segment that may be written and executed */
	enum msk_relro relro;
	struct msk_strv loose_paths;   /* of RPATH and RUNPATH: relative, or where others may write */
};

struct msk_diagnosis {
	struct msk_elf elf;
	enum msk_libc libc;
	const char *language;          /* "go", "rust", ...; NULL when nothing tells */
	char *language_version;        /* NULL when nothing tells */
	struct msk_finding wants[MSK_N_WANTS];
	struct msk_hardening hardening;
	uint64_t debug_bytes, symbol_bytes;    /* of debug sections, of symbol tables: what strip would save */
	struct msk_secret *secrets;
	size_t n_secrets, cap_secrets;
	size_t more_secrets;           /* beyond the limit */
	uint64_t payload_bytes;        /* appended behind what the headers speak of */
	const char *payload;           /* "Bun", "PyInstaller", ...; NULL */
	char *cert_file;               /* where the OpenSSL that is part of it looks for certificates; NULL: none is, or it
	                                * may know the bundle's place as well */
};

struct msk_doctor_args {
	const struct msk_rofile *file;
	const char *name;              /* for messages */
	struct msk_rotree *tree;       /* where the closure's objects lie; NULL: none are looked at */
	const struct msk_closure *closure;     /* NULL: the program alone */
};

/* Fails: MSK_E_INPUT for whatever msk_elf_read refuses, MSK_E_IO. A library that cannot be read is passed over. */
int msk_doctor_examine(const struct msk_doctor_args *args, struct msk_diagnosis *out, struct msk_err *err);
void msk_diagnosis_release(struct msk_diagnosis *d);

/* "certificates"; "--certs"; "x509: certificate signed by unknown authority": the word in reports, what supplies it
 * (NULL when no option of ours does, and then the advice says what to do), and what it is. All static. */
const char *msk_want_name(enum msk_want w);
const char *msk_want_option(enum msk_want w);
const char *msk_want_advice(enum msk_want w);
/* Is it absent from an image unless its option is given, and can --auto give it? */
bool msk_want_auto(enum msk_want w);
const char *msk_certainty_name(enum msk_certainty c);
const char *msk_relro_name(enum msk_relro r);
/* How to be rid of debug information and symbols: "strip"; NULL when there are none, or when strip would break it. */
const char *msk_strip_advice(const struct msk_diagnosis *d);

#endif
