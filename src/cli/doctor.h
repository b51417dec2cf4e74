/* How a diagnosis is shown. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "mkscratch/closure.h"
#include "mkscratch/doctor.h"
#include "mkscratch/json.h"

struct doctor_file {
	const char *file;              /* as typed */
	const struct msk_strv *roots, *library_paths;   /* where its libraries were looked up, as typed */
	uint64_t size;
	struct msk_diagnosis d;
	struct msk_closure closure;    /* of a dynamic program, where it could be resolved */
	struct msk_err unresolved;     /* what a loader would stop at, else */
};

/* For people: a screen. */
void msk_doctor_text(const struct doctor_file *f, struct msk_str *out);
/* One object. */
struct msk_json *msk_doctor_json(const struct doctor_file *f);
/* SARIF 2.1.0: one run with the results of all files. */
struct msk_json *msk_doctor_sarif(const struct doctor_file *files, size_t n);

/* "libfoo.so.2, needed by libbar.so.1: not in /lib, /usr/lib and 5 more", names as they are. */
void msk_doctor_missing(const struct doctor_file *f, const struct msk_missing *m, struct msk_str *out);
#define MSK_DOCTOR_MISSING_FIX "install it, or --library-path DIR; --root DIR for the libraries of another system"

/* "--certs", or the advice where no option supplies it. */
const char *msk_doctor_fix(enum msk_want w);

#endif
