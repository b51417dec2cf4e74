/* What verify --rebuild will read is said by the images, and these come from strangers. So a child process that may read them
 * and nothing else tells what the recipes name, as a list of texts; here that is taken for nothing but names to be allowed. */
#include "rebuild.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"
#include "mkscratch/device.h"
#include "mkscratch/fs.h"
#include "mkscratch/log.h"
#include "mkscratch/staging.h"

#define LIST  "verify --rebuild"
#define LIMIT (64u << 20)

/* Each text of the list is a letter and a name, and ends with NUL. What belongs to one recipe ends with END. */
enum { ROOT = 'r', PATH = 'p', CERTS = 'f', CERT = 'c', END = '.' };

static void tell(struct msk_str *list, char kind, const char *text)
{
	msk_str_addc(list, kind);
	msk_str_add(list, text, strlen(text) + 1);
}

static void tell_all(struct msk_str *list, char kind, const struct msk_strv *texts)
{
	for (size_t i = 0; i < texts->n; i++)
		tell(list, kind, texts->v[i]);
}

static void tell_path(void *list, const char *typed)
{
	tell(list, PATH, typed);
}

static void tell_recipe(struct msk_str *list, const struct msk_options *asked, const struct msk_source_image *image)
{
	const char *text = msk_rebuild_recipe(image->manifest.json);
	MSK_AUTO_JSON *recipe = NULL;
	MSK_AUTO_STR room = MSK_STR_INIT;
	struct msk_options o = MSK_OPTIONS_INIT;
	struct msk_err ignored = MSK_ERR_INIT;

	if (text && msk_json_parse(text, strlen(text), MSK_ANNOTATION_RECIPE, &recipe, &ignored) == 0 &&
	    msk_rebuild_options(recipe, &image->platform, asked, &o, &room, &ignored) == 0) {
		tell_all(list, ROOT, &o.root);
		msk_opt_each_path(&o, tell_path, list);
		if (o.certs_file)
			tell(list, CERTS, o.certs_file);
		tell_all(list, CERT, &o.cert);
		tell(list, END, "");
	}
	msk_options_release(&o);
}

/* Read at the second try, an image would find its inputs closed to it. Of several, others are looked at. */
static int tell_image(struct msk_str *list, const struct msk_options *o, const char *name, struct msk_err *err)
{
	MSK_AUTO_SOURCE_IMAGES s = { 0 };
	struct msk_err why = MSK_ERR_INIT;

	if (msk_source_images_open(name, NULL, &s, &why) < 0) {
		if (why.code != MSK_E_IO || o->args.n > 1)
			return 0;
		*err = why;
		return -1;
	}
	for (size_t k = 0; k < s.images.n; k++)
		tell_recipe(list, o, &s.images.v[k]);
	return 0;
}

/* The child: a status as that of the program. */
static int tell_images(const struct msk_options *o, int to)
{
	const struct msk_log log = { .level = MSK_LOG_ERROR, .fd = STDERR_FILENO };
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_STR list = MSK_STR_INIT;
	int rc = msk_sandbox_look(o, false, &err);

	for (size_t i = 0; rc == 0 && i < o->args.n; i++)
		rc = tell_image(&list, o, o->args.v[i], &err);
	if (rc < 0 || msk_write_full(to, list.buf, list.len, LIST, &err) < 0)
		msk_log_error(&log, &err);
	return (int)err.code;
}

/* The options are its own, as all that its parent had: nobody else frees them here. */
static _Noreturn void be_child(const struct msk_options *o, int list)
{
	struct msk_options own = *o;
	int status;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	status = tell_images(&own, list);
	msk_options_release(&own);
	_exit(status);
}

/* Whatever ends it before it has told the list leaves inputs out that would then be closed to the rebuilding. */
static int wait_for(pid_t pid, int *status, struct msk_err *err)
{
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return msk_fail_sys(err, errno, LIST ": cannot wait for the process that reads the images");
	if (WIFSIGNALED(*status))
		return msk_fail(err, MSK_E_IO, LIST ": the process that reads the images ended by signal %d",
				WTERMSIG(*status));
	return 0;
}

/* It has said what went wrong. What an image is to blame for comes to light when that is verified. */
static int tell_by_child(const struct msk_options *o, int list, struct msk_err *err)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		return msk_fail_sys(err, errno, LIST ": cannot start a process");
	if (pid == 0)
		be_child(o, list);
	if (wait_for(pid, &status, err) < 0)
		return -1;
	if (WEXITSTATUS(status) == MSK_E_IO)
		err->code = MSK_E_IO;
	return err->code ? -1 : 0;
}

/* Who starts this may have had SIGCHLD ignored, and then nothing is left to wait for. */
static int run_child(const struct msk_options *o, int list, struct msk_err *err)
{
	const struct sigaction usual = { .sa_handler = SIG_DFL };
	struct sigaction before;
	int rc;

	if (sigaction(SIGCHLD, &usual, &before) < 0)
		return msk_fail_sys(err, errno, LIST ": cannot start a process");
	rc = tell_by_child(o, list, err);
	sigaction(SIGCHLD, &before, NULL);
	return rc;
}

/* The list lies in memory, or in an unnamed file where there is none such. */
static int ask(const struct msk_options *o, struct msk_str *list, struct msk_err *err)
{
	MSK_AUTO_FD int fd = memfd_create("list", MFD_CLOEXEC);

	if (fd < 0 && msk_staging_new(&fd, err) < 0)
		return -1;
	if (run_child(o, fd, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return msk_fail_sys(err, errno, LIST ": cannot begin anew");
	if (msk_read_all(fd, LIMIT, list, LIST, err) < 0)
		return -1;
	/* So that it ends where its last text does. */
	msk_str_addc(list, '\0');
	return 0;
}

static void allow(struct msk_confine *c, const struct msk_str *list)
{
	struct msk_options o = MSK_OPTIONS_INIT;

	o.dry_run = true;
	for (const char *at = list->buf, *end = at + list->len; at < end; at += strlen(at) + 1) {
		if (*at == ROOT)
			msk_strv_push(&o.root, at + 1);
		else if (*at == PATH)
			msk_strv_push(&o.args, at + 1);
		else if (*at == CERTS)
			o.certs_file = at + 1;
		else if (*at == CERT)
			msk_strv_push(&o.cert, at + 1);
		if (*at != END)
			continue;
		msk_sandbox_add_build(c, &o, NULL, NULL);
		msk_options_release(&o);
		o = (struct msk_options)MSK_OPTIONS_INIT;
		o.dry_run = true;
	}
	msk_options_release(&o);
}

/* An image is read by the child and then here. Standard input can be kept for that. */
static int refuse_fifos(const struct msk_strv *images, struct msk_err *err)
{
	struct stat st;

	for (size_t i = 0; i < images->n; i++) {
		if (stat(images->v[i], &st) < 0 || !S_ISFIFO(st.st_mode))
			continue;
		msk_fail(err, MSK_E_USAGE, "verify --rebuild: %s: is a FIFO, and an image is read twice", images->v[i]);
		/* What a shell opens for one command is gone with it. */
		if (msk_device_descriptor(images->v[i]) >= 0)
			return msk_hint(err, "CMD | mkscratch verify --rebuild -");
		return msk_hint(err, "verify --rebuild - <%s", images->v[i]);
	}
	return 0;
}

int msk_rebuild_confine(const struct msk_options *o, struct msk_err *err)
{
	MSK_AUTO_CONFINE c = MSK_CONFINE_INIT;
	MSK_AUTO_STR list = MSK_STR_INIT;

	if (refuse_fifos(&o->args, err) < 0)
		return -1;
	msk_staging_reserve(o->tmpdir, 0);
	for (size_t i = 0; i < o->args.n; i++)
		if (strcmp(o->args.v[i], "-") == 0 && msk_source_keep_input(err) < 0)
			return -1;
	if (ask(o, &list, err) < 0)
		return -1;
	msk_sandbox_reserve(o);
	msk_confine_init(&c);
	allow(&c, &list);
	msk_sandbox_add_look(&c, o, false);
	return msk_sandbox_enter(&c, o, err);
}
