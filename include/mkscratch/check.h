/* Verification of an image that exists: everything it says of itself is computed again from its bytes.
 *
 * Findings are values: each check has a name, a verdict and, when it failed, what is wrong. All are made as far as
 * the image can be followed; the worst decides. Depends on the image alone. */
#ifndef MKSCRATCH_CHECK_H
#define MKSCRATCH_CHECK_H

#include <stdbool.h>
#include "mkscratch/err.h"
#include "mkscratch/source_image.h"

struct msk_check {
	char *what;                /* "layer 2: digest" */
	enum msk_code code;        /* MSK_OK, MSK_E_INPUT (malformed), MSK_E_INTEGRITY, MSK_E_MISSING (will not start) */
	char *detail;              /* what was found, or what is wrong */
	bool note;                 /* neither good nor bad: something to know */
};

struct msk_checks {
	struct msk_check *v;
	size_t n, cap;
	int64_t now;               /* in: what certificates are held against; 0: nothing is said of dates */
	const char *platform;      /* in: the image that has to be there, of those an index names; NULL: all of them */
	uint64_t max_layer;        /* in: as in struct msk_source_images */
	bool partial;              /* in: none of them has to be there */
};

/* An image that was looked at: its documents, all its paths, and the findings so far; borrowed for the call. */
struct msk_validated {
	const struct msk_checks *checks;
	const struct msk_source_image *image;
	const struct msk_image_tree *tree;
};
typedef int msk_validated_visitor(void *ctx, const struct msk_validated *image, struct msk_err *err);

/* `name`: what msk_source_images_open() takes. `visit` is shown each image whose layers
 * could be followed; may be NULL. Fails only when the image cannot be read at all, or nothing has that tag
 * (MSK_E_INPUT, MSK_E_IO), with MSK_E_USAGE for a platform that is none, or with what the visitor fails with. */
int msk_validate(const char *name, msk_validated_visitor *visit, void *ctx, struct msk_checks *out, struct msk_err *err);
void msk_checks_release(struct msk_checks *c);
/* What a new image takes over from the config of its base (msk_plan_takes()), held against the same rules for documents.
 * Fails: MSK_E_INPUT `config: ExposedPorts: "http": not a port`, the first fault alone. */
int msk_check_inherited(const struct msk_json *config, struct msk_err *err);
/* The exit status: integrity before malformed before will-not-start. */
enum msk_code msk_checks_verdict(const struct msk_checks *c);
/* Did a check of this name fail? */
bool msk_checks_failed(const struct msk_checks *c, const char *what);

void msk_checks_pass(struct msk_checks *c, const char *what, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void msk_checks_note(struct msk_checks *c, const char *what, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void msk_checks_fail(struct msk_checks *c, enum msk_code code, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Put those of `more` behind the others; it is empty afterwards. */
void msk_checks_append(struct msk_checks *c, struct msk_checks *more);
/* Turn an error of the bytes into a finding; an I/O error stays an error. The err is cleared when it was turned. */
int msk_checks_absorb(struct msk_checks *c, const char *what, struct msk_err *err);
/* Words of an image whose bytes are not what they should be are worth nothing: fail as the first finding of that kind says.
 * That it would not start is no matter. */
int msk_checks_sound(const struct msk_checks *c, const char *image, struct msk_err *err);

#endif
