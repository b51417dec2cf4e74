/* Images that exist: a layout directory, or an archive that is a layout or a docker-archive. Untrusted; every blob is
 * checked (size, digest) while it is read. Nothing is extracted. */
#ifndef MKSCRATCH_SOURCE_H
#define MKSCRATCH_SOURCE_H

#include <stdbool.h>
#include "mkscratch/json.h"
#include "mkscratch/stream.h"

struct msk_source;

/* `name`: a directory, an archive (plain, gzip or zstd), or "-" for an archive on standard input.
 * Fails: MSK_E_INPUT, MSK_E_IO. */
int msk_source_open(const char *name, struct msk_source **out, struct msk_err *err);
/* Standard input that cannot be read again is an unnamed file from then on, so that "-" may be opened more than once.
 * Fails: MSK_E_INPUT, MSK_E_IO. */
int msk_source_keep_input(struct msk_err *err);
/* "dir:tag", "dir@sha256:..." and "dir:tag@sha256:..." as the path, and the tag and the digest in *tag and *digest, NULL for
 * what the name does not have. What is there as it stands has neither. All are heap strings. */
char *msk_source_split_name(const char *name, char **tag, char **digest);
/* The digest alone is cut off: what is left may end in a tag. */
char *msk_source_cut_digest(const char *name, char **digest);
void msk_source_free(struct msk_source *s);
void msk_source_cleanup(struct msk_source **s);
const char *msk_source_name(const struct msk_source *s);

/* Paths of all files inside, in the order they stand in the archive, or sorted for a directory. In an archive also those of
 * links to files (`docker save` links layers that are the same); they read as what they lead to. Borrowed. */
const struct msk_strv *msk_source_files(const struct msk_source *s);
/* Of a file of an archive, as stored. false: there is none, or the source is a directory. */
bool msk_source_size(const struct msk_source *s, const char *path, uint64_t *size);
/* Has a file of a directory more bytes than `most`, and how many? What is longer than it was said to be need not be read, and
 * might have no end. Of an archive, whose bytes are all there, false. */
bool msk_source_is_longer(const struct msk_source *s, const char *path, uint64_t most, uint64_t *size);
bool msk_source_is_archive(const struct msk_source *s);

/* Where the last entry of the plain tar of an archive ends, and where the tar does; how many bytes stand behind that, and how
 * many of them are not zero. */
struct msk_source_tail {
	uint64_t last, end, behind, junk;
};
int msk_source_tail(struct msk_source *s, struct msk_source_tail *out, struct msk_err *err);

/* A whole file of at most MSK_MAX_DOCUMENT bytes. Fails: MSK_E_INPUT `x/index.json: larger than 4194304 bytes`. */
int msk_source_read(struct msk_source *s, const char *path, bool *found, struct msk_str *out, struct msk_err *err);
/* A file of any size as a stream. */
int msk_source_stream(struct msk_source *s, const char *path, bool *found, struct msk_reader **out, struct msk_err *err);
void msk_source_stream_free(struct msk_reader *r);
void msk_source_stream_cleanup(struct msk_reader **r);

#endif
