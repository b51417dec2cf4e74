/* A config file, and the options of each of its targets; what they come to is a config file of the same options. */
#include <stdlib.h>

#include "../../src/cli/config_file.h"
#include "fuzz.h"
#include "mkscratch/plan.h"
#include "mutate_json.h"

FUZZ_ALLOCATOR_ENDS;

static void check_target(struct config_file *f, const char *target)
{
	struct msk_options o = MSK_OPTIONS_INIT;
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_JSON *v = NULL;
	struct msk_plan plan;
	int rc;

	msk_config_file_apply(f, target, &o);
	o.now = 1700000000;
	rc = msk_config_file_json(&o, &v, &err);
	assert(rc == 0 || (rc == -1 && err.code == MSK_E_USAGE && err.msg[0]));
	err = (struct msk_err)MSK_ERR_INIT;
	rc = msk_plan_make(&o, &plan, &err);
	assert(rc == 0 || (rc == -1 && err.msg[0]));
	if (rc == 0)
		msk_plan_release(&plan);
	msk_options_release(&o);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return mutate_json(data, size, room, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MSK_AUTO_CONFIG_FILE f = { 0 };
	MSK_AUTO_ROFILE file = fuzz_file(data, size);
	MSK_AUTO_FREE char *path = msk_xasprintf("/proc/self/fd/%d", file.fd);
	struct msk_err err = MSK_ERR_INIT;
	int rc = msk_config_file_open(path, &f, &err);

	fuzz_check_error(rc, &err);
	if (rc < 0)
		return 0;
	check_target(&f, NULL);
	for (size_t i = 0; i < f.targets.n && i < 8; i++)
		check_target(&f, f.targets.v[i]);
	return 0;
}
