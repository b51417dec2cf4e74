/* How a diagnosis is shown. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "mkscratch/doctor.h"
#include "mkscratch/json.h"

struct doctor_file {
	const char *file;              /* as typed */
	uint64_t size;
	struct msk_diagnosis d;
};

/* For people: a screen. */
void msk_doctor_text(const struct doctor_file *f, struct msk_str *out);
/* One object. */
struct msk_json *msk_doctor_json(const struct doctor_file *f);
/* SARIF 2.1.0: one run with the results of all files. */
struct msk_json *msk_doctor_sarif(const struct doctor_file *files, size_t n);

/* "--certs", or the advice where no option supplies it. */
const char *msk_doctor_fix(enum msk_want w);

#endif
