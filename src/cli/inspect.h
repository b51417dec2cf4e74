/* What is told of an image, in three forms. */
#ifndef MSK_CLI_INSPECT_H
#define MSK_CLI_INSPECT_H

#include "image_arg.h"
#include "mkscratch/inspect.h"

/* An inspection, and the image it is of. */
struct inspected {
	const struct image_arg *arg;
	const struct msk_inspection *i;
	int64_t now;                   /* for what is said of certificates to people */
};

/* Plain bytes of all layers. */
uint64_t msk_inspected_plain(const struct inspected *d);
/* The digest that names the image: of its manifest, or without one of its config. */
const char *msk_source_image_digest(const struct msk_source_image *image);

void msk_inspect_add_text(const struct inspected *d, struct msk_str *out);
struct msk_json *msk_inspect_json(const struct inspected *d);
/* One page of HTML that asks for nothing from anywhere; its bytes depend on the image and its name alone. */
int msk_inspect_write_page(const struct inspected *d, int fd, const char *name, struct msk_err *err);
/* May the page be written at `path`? "-" and standard output by any name, devices and FIFOs always; but a file that is there
 * has to be a page of ours, or empty. Asked before the image is read to its end.
 * Fails: MSK_E_USAGE `--html x: is the image itself`, `...: lies in the image`, `...: is a directory`, `...: is there already,
 * and is no page of mkscratch`. */
int msk_page_may_be(const char *path, const char *image, struct msk_err *err);
/* Write it there, whole or not at all. */
int msk_page_put(const struct inspected *d, const char *path, struct msk_err *err);
/* Of several images, of which none was chosen. */
void msk_inspect_add_list(const struct msk_source_images *s, struct msk_str *out);
struct msk_json *msk_inspect_list_json(const struct msk_source_images *s);

#endif
