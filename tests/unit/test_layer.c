/* Layers and documents: what goes where, golden DiffIDs, exact JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../src/layer/split.h"
#include "mkscratch/image.h"

static void add(struct msk_rootfs *fs, const char *path, enum msk_strata stratum, const char *data)
{
	struct msk_entry_spec s = { .path = path, .what = "test", .why = "", .mode = 0644, .uid = 3000000,
				    .stratum = stratum };
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_rootfs_add_data(fs, &s, data, strlen(data), &err), 0);
}

static struct msk_rootfs *sample(void)
{
	struct msk_rootfs *fs = msk_rootfs_new();
	struct msk_err err = MSK_ERR_INIT;

	add(fs, "/usr/share/zoneinfo/UTC", MSK_STRATUM_BASE, "zone");
	add(fs, "/usr/lib/libz.so.1", MSK_STRATUM_LIBS, "library");
	add(fs, "/app", MSK_STRATUM_APP, "program");
	add(fs, "/usr/share/app/\xc3\xa4\xff", MSK_STRATUM_APP, "a name that is no UTF-8");
	assert_int_equal(msk_rootfs_seal(fs, &err), 0);
	return fs;
}

static void assert_selects(const struct msk_rootfs *fs, const struct msk_selection *s, const char *paths)
{
	MSK_AUTO_STR got = MSK_STR_INIT;

	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, fs);
	for (const struct msk_entry *e; (e = msk_selection_next(s, &w));)
		msk_str_addf(&got, "%s ", e->path);
	assert_string_equal(msk_str_c(&got), paths);
}

static void every_layer_carries_the_parents_of_its_entries(void **state)
{
	MSK_CLEANUP(msk_rootfs_cleanup) struct msk_rootfs *fs = sample();
	struct msk_selection s[3];

	(void)state;
	assert_int_equal(msk_split(fs, false, s), 3);
	assert_selects(fs, &s[0], "/usr /usr/share /usr/share/zoneinfo /usr/share/zoneinfo/UTC ");
	assert_selects(fs, &s[1], "/usr /usr/lib /usr/lib/libz.so.1 ");
	assert_selects(fs, &s[2], "/app /usr /usr/share /usr/share/app /usr/share/app/\xc3\xa4\xff ");
	for (int i = 0; i < 3; i++)
		msk_selection_release(&s[i]);
}

static void a_single_layer_holds_each_entry_once(void **state)
{
	MSK_CLEANUP(msk_rootfs_cleanup) struct msk_rootfs *fs = sample();
	struct msk_selection s[3];

	(void)state;
	assert_int_equal(msk_split(fs, true, s), 1);
	assert_int_equal(s[0].n, msk_rootfs_count(fs));
	msk_selection_release(&s[0]);
}

static void write_sample(struct msk_codec_spec codec, struct msk_store *st, struct msk_layers *l)
{
	MSK_CLEANUP(msk_rootfs_cleanup) struct msk_rootfs *fs = sample();
	struct msk_layer_args a = { .fs = fs, .codec = codec };
	struct msk_err err = MSK_ERR_INIT;

	assert_int_equal(msk_layers_write(&a, st, l, &err), 0);
}

/* The tar stream is ours to keep: whatever changes these digests changes every image of every user. */
static void diff_ids_are_golden_and_the_codec_leaves_them_alone(void **state)
{
	static const char *const golden[] = {
		"sha256:aa0bfc2fc258feff4b9d31eb2e7831a5a126a627c0335f8901f19d14bf821ef7",
		"sha256:fd0c7f0d2bf9942f4de91a1b3beccdd4c28fef7c6eb53789d1a25155451aacd2",
		"sha256:7732a9e07e96f68bbba47d6253047db44abfa3f3ae06d18fa1d3966032539c4c",
	};
	static const struct msk_codec_spec codecs[] = { { MSK_CODEC_GZIP, 6 }, { MSK_CODEC_ZSTD, 3 }, { MSK_CODEC_NONE, 0 } };

	(void)state;
	for (int i = 0; i < 3; i++) {
		MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
		MSK_CLEANUP(msk_layers_release) struct msk_layers l = { NULL, 0, 0 };

		write_sample(codecs[i], st, &l);
		assert_int_equal(l.n, 3);
		for (int k = 0; k < 3; k++)
			assert_string_equal(l.v[k].diff_id.text, golden[k]);
		assert_int_equal(strcmp(l.v[0].diff_id.text, l.v[0].blob.digest.text) == 0, codecs[i].kind == MSK_CODEC_NONE);
	}
}

static void headers_before_a_file_are_told_without_its_layer(void **state)
{
	static const char *const paths[] = { "/app", "/opt/app", "/usr/local/bin/app" };

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		MSK_CLEANUP(msk_rootfs_cleanup) struct msk_rootfs *fs = msk_rootfs_new();
		MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
		MSK_CLEANUP(msk_layers_release) struct msk_layers l = { NULL, 0, 0 };
		const struct msk_entry_spec s = { .path = paths[i], .what = "test", .why = "", .mode = 0755 };
		struct msk_layer_args a = { .fs = fs, .codec = { MSK_CODEC_NONE, 0 } };
		MSK_AUTO_STR tar = MSK_STR_INIT;
		struct msk_str_writer to = msk_str_writer(&tar);
		struct msk_err err = MSK_ERR_INIT;

		assert_int_equal(msk_rootfs_add_data(fs, &s, "program", 7, &err), 0);
		assert_int_equal(msk_rootfs_seal(fs, &err), 0);
		assert_int_equal(msk_layers_write(&a, st, &l, &err), 0);
		assert_int_equal(msk_store_send(st, &l.v[0].blob.digest, &to.w, &err), 0);
		assert_memory_equal(tar.buf + msk_layer_headers_before(paths[i]), "program", 8);
	}
}

static void add_host_file(struct msk_rootfs *fs, const char *path)
{
	struct msk_entry_spec s = { .path = "/app", .what = "--bin", .why = "", .mode = 0755 };
	struct msk_err err = MSK_ERR_INIT;
	struct msk_content body = { .fd = -1, .host_path = msk_xstrdup(path) };
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	body.size = (uint64_t)st.st_size;
	body.dev = st.st_dev;
	body.ino = st.st_ino;
	body.mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	assert_int_equal(msk_rootfs_add_file(fs, &s, &body, &err), 0);
	assert_int_equal(msk_rootfs_seal(fs, &err), 0);
}

static void a_file_that_changed_since_it_was_gathered_is_an_error(void **state)
{
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
	MSK_CLEANUP(msk_rootfs_cleanup) struct msk_rootfs *fs = msk_rootfs_new();
	char path[] = "/tmp/mkscratch-test-XXXXXX";
	MSK_AUTO_FD int fd = mkstemp(path);
	MSK_AUTO_FREE char *want = msk_xasprintf("%s: changed while it was being read", path);
	struct msk_layer_args a = { .fs = fs, .codec = { MSK_CODEC_NONE, 0 } };
	struct msk_err err = MSK_ERR_INIT;
	MSK_CLEANUP(msk_layers_release) struct msk_layers l = { NULL, 0, 0 };

	(void)state;
	assert_int_equal(write(fd, "12345", 5), 5);
	add_host_file(fs, path);
	assert_int_equal(ftruncate(fd, 3), 0);
	assert_int_equal(msk_layers_write(&a, st, &l, &err), -1);
	assert_int_equal(err.code, MSK_E_IO);
	assert_string_equal(err.msg, want);
	unlink(path);
}

/* The file is gone by then: that its layer is there once more can only be known from the first time. */
static void a_layer_that_was_made_before_is_not_made_again(void **state)
{
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
	MSK_CLEANUP(msk_rootfs_cleanup) struct msk_rootfs *one = msk_rootfs_new(), *two = msk_rootfs_new();
	char path[] = "/tmp/mkscratch-test-XXXXXX";
	MSK_AUTO_FD int fd = mkstemp(path);
	struct msk_layered before = { .fs = one };
	struct msk_layer_args a = { .fs = one, .codec = { MSK_CODEC_NONE, 0 }, .before = &before };
	MSK_CLEANUP(msk_layers_release) struct msk_layers first = { NULL, 0, 0 }, l = { NULL, 0, 0 };
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	assert_int_equal(write(fd, "12345", 5), 5);
	add(one, "/usr/lib/libz.so.1", MSK_STRATUM_LIBS, "library");
	add(two, "/usr/lib/libz.so.1", MSK_STRATUM_LIBS, "another");
	add_host_file(one, path);
	add_host_file(two, path);
	assert_int_equal(msk_layers_write(&a, st, &first, &err), 0);
	before.layers = first.v;
	unlink(path);
	a.fs = two;
	a.n_before = 1;
	assert_int_equal(msk_layers_write(&a, st, &l, &err), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0].diff_id.text, first.v[0].diff_id.text);
	assert_string_equal(l.v[0].blob.digest.text, first.v[0].blob.digest.text);
	assert_string_not_equal(l.v[1].diff_id.text, first.v[1].diff_id.text);
	a.n_before = 0;
	assert_int_equal(msk_layers_write(&a, st, &l, &err), -1);
}

/* A plan by hand: pure values in. */
static struct msk_plan sample_plan(struct msk_ref *tag)
{
	struct msk_plan p = { .user = { (char *)"nobody", 65534, 65534 }, .created = 86400, .tags = tag, .n_tags = 1 };

	msk_strv_push(&p.config.entrypoint, "/app");
	msk_strv_push(&p.config.env, "A=1");
	msk_strv_push(&p.config.ports, "8080/tcp");
	msk_strv_push(&p.config.label_keys, "k");
	msk_strv_push(&p.config.label_values, "v");
	msk_strv_push(&p.config.annotation_keys, "a");
	msk_strv_push(&p.config.annotation_values, "b");
	p.config.author = (char *)"me";
	return p;
}

static void release_sample_plan(struct msk_plan *p)
{
	msk_strv_release(&p->config.entrypoint);
	msk_strv_release(&p->config.env);
	msk_strv_release(&p->config.ports);
	msk_strv_release(&p->config.label_keys);
	msk_strv_release(&p->config.label_values);
	msk_strv_release(&p->config.annotation_keys);
	msk_strv_release(&p->config.annotation_values);
}

static void assert_text(struct msk_str *text, const char *want)
{
	assert_string_equal(text->buf, want);
	text->len = 0;
}

static void assert_document(struct msk_json *own_doc, const char *want)
{
	MSK_AUTO_STR s = MSK_STR_INIT;

	msk_json_dump(own_doc, &s);
	msk_json_free(own_doc);
	assert_string_equal(s.buf, want);
}

/* Keys come in the order of their bytes, among those that are never values. */
static void members_are_sorted(void **state)
{
	MSK_CLEANUP(release_sample_plan) struct msk_plan p = sample_plan(NULL);
	struct msk_desc config = { "T", { "sha256:3" }, 6 };
	struct msk_maker_record record = { .reasons = (char *)"[\"/\"]", .recipe = (char *)"{}" };
	struct msk_platform pf = { "linux", "amd64", "" };
	struct msk_layers none = { .n = 0 };
	MSK_AUTO_STR text = MSK_STR_INIT;

	(void)state;
	msk_strv_push(&p.config.annotation_keys, "z");
	msk_strv_push(&p.config.annotation_values, "");
	msk_strv_push(&p.config.label_keys, "K\"");
	msk_strv_push(&p.config.label_values, "\n");
	msk_strv_push(&p.config.ports, "80/tcp");
	msk_manifest_dump(&p, &config, &none, &record, &text);
	assert_text(&text, "{\"annotations\":{\"a\":\"b\",\"" MSK_ANNOTATION_REASONS
			"\":\"[\\\"/\\\"]\",\"" MSK_ANNOTATION_RECIPE "\":\"{}\",\"z\":\"\"},\"config\":{"
			"\"digest\":\"sha256:3\",\"mediaType\":\"T\",\"size\":6},\"layers\":[],"
			"\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"schemaVersion\":2}");
	msk_config_dump(&p, &pf, &none, &text);
	assert_non_null(strstr(text.buf,
			       "\"ExposedPorts\":{\"80/tcp\":{},\"8080/tcp\":{}},"
			       "\"Labels\":{\"K\\\"\":\"\\n\",\"k\":\"v\"},\"User\""));
}

static void documents_are_exact(void **state)
{
	struct msk_ref tag = { (char *)"app:v1", (char *)"docker.io/library/app:v1", (char *)"v1" };
	MSK_CLEANUP(release_sample_plan) struct msk_plan p = sample_plan(&tag);
	struct msk_platform pf = { "linux", "arm", "v7" };
	struct msk_layer_desc one = { .blob = { "T", { "sha256:1" }, 5 }, .diff_id = { "sha256:2" }, .history = "h" };
	struct msk_layers l = { .n = 1, .v = &one };
	struct msk_image img = { .layers = l,
				 .config = { msk_media_type(MSK_MEDIA_OCI, MSK_DOC_CONFIG), { "sha256:3" }, 6 },
				 .manifest = { msk_media_type(MSK_MEDIA_OCI, MSK_DOC_MANIFEST), { "sha256:4" }, 7 } };
	struct msk_product product = { .images = &img, .n_images = 1, .top = img.manifest, .tags = &tag, .n_tags = 1 };
	MSK_AUTO_STR text = MSK_STR_INIT;

	(void)state;
	msk_config_dump(&p, &pf, &l, &text);
	assert_text(&text, "{\"architecture\":\"arm\",\"author\":\"me\",\"config\":{"
			"\"Entrypoint\":[\"/app\"],\"Env\":[\"A=1\"],"
			"\"ExposedPorts\":{\"8080/tcp\":{}},\"Labels\":{\"k\":\"v\"},\"User\":\"65534:65534\","
			"\"WorkingDir\":\"/\"},\"created\":\"1970-01-02T00:00:00Z\",\"history\":[{\"author\":\"me\","
			"\"created\":\"1970-01-02T00:00:00Z\",\"created_by\":\"h\"}],\"os\":\"linux\","
			"\"rootfs\":{\"diff_ids\":[\"sha256:2\"],\"type\":\"layers\"},\"variant\":\"v7\"}");
	msk_manifest_dump(&p, &img.config, &l, &(struct msk_maker_record){ 0 }, &text);
	assert_text(&text, "{\"annotations\":{\"a\":\"b\"},\"config\":{\"digest\":\"sha256:3\",\"mediaType\":"
			"\"application/vnd.oci.image.config.v1+json\",\"size\":6},\"layers\":[{\"digest\":\"sha256:1\","
			"\"mediaType\":\"T\",\"size\":5}],\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
			"\"schemaVersion\":2}");
	assert_document(msk_index_json(&product),
			"{\"manifests\":[{\"annotations\":{\"io.containerd.image.name\":\"docker.io/library/app:v1\","
			"\"org.opencontainers.image.ref.name\":\"v1\"},\"digest\":\"sha256:4\",\"mediaType\":"
			"\"application/vnd.oci.image.manifest.v1+json\",\"size\":7}],\"mediaType\":"
			"\"application/vnd.oci.image.index.v1+json\",\"schemaVersion\":2}");
	assert_document(msk_docker_manifest_json(&product),
			"[{\"Config\":\"blobs/sha256/3\",\"Layers\":[\"blobs/sha256/1\"],"
			"\"RepoTags\":[\"docker.io/library/app:v1\"]}]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_layer_carries_the_parents_of_its_entries),
		cmocka_unit_test(a_single_layer_holds_each_entry_once),
		cmocka_unit_test(diff_ids_are_golden_and_the_codec_leaves_them_alone),
		cmocka_unit_test(headers_before_a_file_are_told_without_its_layer),
		cmocka_unit_test(a_file_that_changed_since_it_was_gathered_is_an_error),
		cmocka_unit_test(a_layer_that_was_made_before_is_not_made_again),
		cmocka_unit_test(documents_are_exact),
		cmocka_unit_test(members_are_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
