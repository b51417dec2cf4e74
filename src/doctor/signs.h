/* The table of signs: what to look for in a program, and what it means when it is there. */
#ifndef DOCTOR_SIGNS_H
#define DOCTOR_SIGNS_H

#include "mkscratch/doctor.h"

/* Where a text counts as a sign. */
enum sign_kind {
	SIGN_GO,                       /* the whole name of a function in Go's pclntab, inlined ones too */
	SIGN_IMPORT,                   /* an undefined dynamic symbol; of a static program a name in .strtab */
	SIGN_NAME,                     /* a name in .strtab, or any dynamic symbol */
	SIGN_STRING,                   /* bytes in a segment that is loaded */
	SIGN_CODE,                     /* bytes in .text: a few that a compiler keeps in its instructions */
	SIGN_MANGLED,                  /* part of a name in .strtab: whole words, each behind its length */
	SIGN_WORD,                     /* the same between two NUL bytes */
	SIGN_ADDRESS,                  /* as SIGN_STRING, and no digit follows */
	SIGN_ZONE,                     /* the first part of a zone's name, and a city behind it */
	SIGN_COMMENT,                  /* bytes in .comment */
	SIGN_SECTION,                  /* how the name of a section begins */
	SIGN_NEEDED,                   /* how the name of a needed library begins */
	SIGN_APPENDED,                 /* bytes behind what the headers speak of */
	SIGN_HEAD,                     /* bytes in the first kilobyte */
	SIGN_CRATE,                    /* a crate: from auditable data, or the path of its source in a message */
	SIGN_CRATE_PATH,               /* what stands in front of NAME-VERSION/ in such a path */
	SIGN_RUSTC,                    /* what stands in front of 40 hexadecimal digits in paths of Rust's own library */
	SIGN_PCLNTAB,                  /* the magic of Go's table of functions */
	SIGN_DOTNET_BUNDLE,            /* the marker of a .NET host */
};

/* What signs tell besides wants, and what other signs ask for. */
enum mark {
	MARK_GO = 1 << 0,
	MARK_GO_ROOTS = 1 << 1,        /* can load the roots of the system */
	MARK_GO_HTTP = 1 << 2,         /* net/http, which names parts of crypto/tls that nothing calls */
	MARK_GO_TLS = 1 << 3,          /* crypto/tls */
	MARK_RUST = 1 << 4,
	MARK_SWIFT = 1 << 5,
	MARK_GRAALVM = 1 << 6,
	MARK_DOTNET = 1 << 7,
	MARK_NIM = 1 << 8,
	MARK_ZIG = 1 << 9,
	MARK_CXX = 1 << 10,
	MARK_C = 1 << 11,
	MARK_GLIBC = 1 << 12,          /* linked statically: no loader names it */
	MARK_MUSL = 1 << 13,
	MARK_NSS = 1 << 14,            /* knows where nsswitch.conf lies */
	MARK_CANARY = 1 << 15,
	MARK_FORTIFY = 1 << 16,
	MARK_ZIG_TOO = 1 << 17,        /* counts with MARK_ZIG only */
	MARK_JAVASCRIPT = 1 << 18,
	MARK_PYTHON = 1 << 19,
	MARK_STATIC = 1 << 20,         /* no loader */
	MARK_LOCALTIME = 1 << 22,      /* asks for local time */
	MARK_GO_FORM = 1 << 23,        /* reads forms, large parts of which go through temporary files */
	MARK_DYNAMIC = 1 << 24,
	MARK_GO_TEMP = 1 << 25,        /* makes temporary files where the system wants them */
	MARK_GO_TEMP_CALLS = 1 << 26,  /* it could be read where it makes them */
	MARK_GO_TEMP_MAKER = 1 << 27,  /* can make them, which alone names os.TempDir */
	MARK_HTTPS = 1 << 28,          /* names something by https:// */
	MARK_NSS_INSIDE = 1 << 29,     /* glibc since 2.34: asking files and DNS needs no module */
	MARK_OWN_ROOTS = 1 << 21,      /* fills a pool of roots of its own */
};

struct sign {
	enum sign_kind kind;
	const char *text;
	size_t n;
	unsigned mark;                 /* told by this sign */
	enum msk_certainty level;      /* of `want`; MSK_IS_UNSEEN: none */
	enum msk_want want;
	unsigned with, without;        /* marks that must, and must not, be there for the want */
	const char *payload;           /* what is appended; NULL */
};

/* What fills a pool of certificates. */
#define GO_FILL_PEM  "crypto/x509.(*CertPool).AppendCertsFromPEM"
#define GO_FILL_CERT "crypto/x509.(*CertPool).AddCert"
/* What makes temporary files. */
#define GO_TEMP_FILE "os.CreateTemp"
#define GO_TEMP_DIR  "os.MkdirTemp"

extern const struct sign doctor_signs[];
extern const size_t doctor_n_signs;

#endif
