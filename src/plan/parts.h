/* The parts a plan is made of, one file each; they check what was typed and fill in their fields of the plan. What they put
 * there is the plan's, whatever the result: msk_plan_release() frees it. All of them fail with MSK_E_USAGE, which names the
 * option and what was typed, and look at no file. */
#ifndef MSK_PLAN_PARTS_H
#define MSK_PLAN_PARTS_H

#include "mkscratch/plan.h"
#include "mkscratch/roll.h"

#define MSK_MAX_JOBS 64            /* more count as these: a large machine says -j "$(nproc)" */
#define MSK_MOST_JOBS 65535        /* of --jobs, as typed */

int msk_plan_inputs(const struct msk_options *o, struct msk_plan *p, struct msk_err *err);
int msk_plan_caps(const struct msk_options *o, struct msk_plan *p, struct msk_err *err);
void msk_config_release(struct msk_config *c);
void msk_cap_release(struct msk_cap *c);
int msk_plan_roots(const struct msk_options *o, struct msk_plan *p, struct msk_err *err);
/* Where the libraries of programs for that platform are looked up; borrowed from the plan. */
const char *msk_plan_lib_root(const struct msk_plan *p, const struct msk_platform *pf);
int msk_plan_content(const struct msk_options *o, struct msk_plan *p, struct msk_err *err);
int msk_plan_config(const struct msk_options *o, struct msk_plan *p, struct msk_err *err);
int msk_plan_times(const struct msk_options *o, struct msk_plan *p, struct msk_err *err);
int msk_plan_targets(const struct msk_strv *typed, struct msk_plan *p, struct msk_err *err);
int msk_plan_tags(const struct msk_strv *typed, struct msk_plan *p, struct msk_err *err);
int msk_plan_annotations(const struct msk_options *o, struct msk_config *c, struct msk_err *err);
int msk_plan_outputs(const struct msk_options *o, struct msk_plan *p, struct msk_err *err);
int msk_plan_budgets(const struct msk_options *o, struct msk_plan *p, struct msk_err *err);
/* Accounts, then groups, whose members are among the accounts: both sorted by their numbers. */
int msk_plan_accounts(const struct msk_options *o, struct msk_plan *p, struct msk_err *err);
int msk_plan_groups(const struct msk_options *o, const struct msk_names *accounts, struct msk_plan *p, struct msk_err *err);

/* The value of --user, as one of its words, numbers, or a name with numbers. */
int msk_user_parse(const char *text, struct msk_user *out, struct msk_err *err);
/* A name of a user or group; `what` is the subject of the message. */
int msk_user_name_check(const char *what, const char *name, struct msk_err *err);
/* The password field of a line of passwd(5) or group(5), which must hold none. */
int msk_password_check(const char *option, const char *name, const char *password, struct msk_err *err);
/* A uid or gid; `what` is which. 2^31-1 and above wrap round or mean "no change" in some runtimes. */
int msk_id_parse(const char *what, const char *text, uint32_t *out, struct msk_err *err);
/* "90s", "1m30s", "90d" in nanoseconds. Fails: MSK_E_USAGE. */
int msk_duration_parse(const char *option, const char *text, int64_t *out, struct msk_err *err);

/* Strings on their way into JSON. `what` is the option. */
int msk_check_utf8(const char *what, const char *text, struct msk_err *err);

/* One value of --entrypoint, --cmd and their kin: JSON, or one argument as it stands. */
int msk_plan_args(const char *option, const char *text, struct msk_strv *out, struct msk_err *err);
int msk_plan_health(const struct msk_options *o, struct msk_plan *p, struct msk_err *err);

#endif
