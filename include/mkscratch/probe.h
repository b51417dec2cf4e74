/* The health probe as a file to put into an image: a static program of a few kilobytes that needs nothing else there. Its
 * bytes are made with this program, one for each machine that a compiler was found for (probe/probe.mk), and depend on
 * that compiler. */
#ifndef MKSCRATCH_PROBE_H
#define MKSCRATCH_PROBE_H

#include <stddef.h>

struct msk_probe {
	const char *arch;              /* as OCI names it; NULL behind the last */
	const unsigned char *start, *end;
};
extern const struct msk_probe msk_probes[];

#endif
