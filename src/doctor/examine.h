/* One examination: what was seen of the signs so far. Each part adds what it sees; wants.c weighs it. */
#ifndef DOCTOR_EXAMINE_H
#define DOCTOR_EXAMINE_H

#include "mkscratch/elf_layout.h"
#include "mkscratch/symbols.h"
#include "openssl_search.h"
#include "scan.h"
#include "signs.h"

#define GO_TABLES 4                        /* of functions: one is usual, a chance hit makes it two */

enum seen_how { NOT_SEEN, SEEN_AT, SEEN_IMPORT, SEEN_LIBRARY, SEEN_AUDITABLE, SEEN_FACT };

struct seen {
	enum seen_how how;
	uint64_t offset;                   /* SEEN_AT */
	const char *by;                    /* SEEN_LIBRARY: its name, of the closure */
};

struct range {
	uint64_t from, to;
};

/* Go's table of functions: where the names lie, and since 1.18 where the functions are listed. */
struct go_table {
	struct range names;
	uint64_t list, functions;          /* 0: a form whose list is not read */
};

struct examination {
	const struct msk_doctor_args *args;
	struct msk_diagnosis *d;
	struct msk_elf_layout layout;
	struct seen *seen;                 /* one for each sign */
	unsigned marks;
	struct go_table go_tables[GO_TABLES];
	size_t n_go_tables;
	struct openssl_search openssl;
	char rustc[13];                    /* the first digits of its commit; "" */
};

/* Note a sign once: the first place counts. */
void doctor_see(struct examination *x, size_t sign, enum seen_how how, uint64_t offset, const char *by);
/* A crate that is part of the program, by name (n bytes). */
void doctor_see_crate(struct examination *x, const char *name, size_t n, enum seen_how how, uint64_t offset);

/* pclntab.c: when a table begins at the hit. */
bool doctor_go_table(const struct scan_hit *h, const struct msk_elf_layout *l, struct go_table *out);
/* gocalls.c: MARK_OWN_ROOTS, when the program itself calls what fills a pool of certificates. Fails: MSK_E_IO. */
int doctor_go_calls(struct examination *x, struct msk_err *err);

/* auditable.c: the names of packages in the bytes of a .dep-v0 section; false when they are damaged. */
typedef void doctor_package(void *ctx, const char *name);
bool doctor_auditable_parse(const void *p, size_t n, doctor_package *visit, void *ctx);
/* Those of the program. Fails: MSK_E_IO. */
int doctor_auditable_read(struct examination *x, struct msk_err *err);

/* comment.c: language and version by .comment. Fails: MSK_E_IO. */
int doctor_comment_read(struct examination *x, struct msk_err *err);

/* secrets.c: patterns of its own, behind those of the signs. */
size_t doctor_n_secrets(void);
struct scan_pattern doctor_secret_pattern(size_t rule);
void doctor_secret_hit(struct msk_diagnosis *d, const struct scan_hit *h, size_t rule);

/* What stands at a place of a text of n bytes; NULL: no secret. *out_shown is heap. Paths are none here. */
const char *doctor_secret_at(const char *text, size_t n, size_t at, char **out_shown);

/* bytes.c: the one pass over the file. Fails: MSK_E_IO. */
int doctor_read_bytes(struct examination *x, struct msk_err *err);
/* imports.c: dynamic symbols of the program and of the libraries of its closure. Fails: MSK_E_INPUT, MSK_E_IO. */
int doctor_read_imports(struct examination *x, struct msk_err *err);

/* From what was seen to what is wanted; hardening; language. */
void doctor_weigh(struct examination *x);
void doctor_hardening(struct examination *x);
void doctor_language(struct examination *x);

#endif
