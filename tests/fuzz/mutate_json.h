/* JSON altered value by value: one replaced, copied, removed, told twice or wrapped; numbers go to their bounds, members
 * get the names that the documents of images have. What is no JSON is altered as text. */
#ifndef FUZZ_MUTATE_JSON_H
#define FUZZ_MUTATE_JSON_H

#include <stdio.h>

#include "mutate.h"

#define JSON_SPANS 256

struct json_span {
	size_t at, end;             /* end: behind the last byte */
	bool is_key;
};

struct json_spans {
	struct json_span v[JSON_SPANS];
	size_t n;
};

static inline size_t json_string_end(const struct mutation *m, size_t at)
{
	for (at++; at < m->n && m->p[at] != '"'; at++)
		at += m->p[at] == '\\';
	return at < m->n ? at + 1 : m->n;
}

static inline size_t json_value_end(const struct mutation *m, size_t at)
{
	size_t depth = 0, end = at;

	do {
		if (m->p[end] == '"') {
			end = json_string_end(m, end);
			continue;
		}
		depth += m->p[end] == '{' || m->p[end] == '[';
		if (m->p[end] == '}' || m->p[end] == ']')
			depth -= depth > 0;
		end++;
	} while (end < m->n && (depth > 0 || !strchr(",]}: \n", m->p[end])));
	return end;
}

/* The values and keys between two offsets, outer ones before inner ones. */
static inline void json_look(const struct mutation *m, size_t from, size_t to, struct json_spans *s)
{
	s->n = 0;
	for (size_t at = from; at < to && s->n < JSON_SPANS;) {
		size_t end;

		if (!m->p[at] || strchr(" \t\r\n,:]}", m->p[at])) {
			at++;
			continue;
		}
		end = json_value_end(m, at);
		end = end < to ? end : to;
		s->v[s->n++] = (struct json_span){ at, end, m->p[at] == '"' && end < to && m->p[end] == ':' };
		at = m->p[at] == '{' || m->p[at] == '[' ? at + 1 : end;
	}
}

static inline const char *json_literal(struct mutation *m)
{
	static const char *const literals[] = {
		"null", "true", "false", "0", "-1", "1", "2", "1e400", "0.5", "1.0", "-0", "9223372036854775807",
		"9223372036854775808", "-9223372036854775808", "18446744073709551616", "9007199254740993", "4294967296",
		"2147483648",
		"\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\n\"", "\"\\u00e9\"", "\"../x\"", "\"/\"", "\"a/b:c\"", "\"linux\"",
		"\"amd64\"", "\"arm64\"", "\"v8\"", "\"layers\"", "\"unknown\"", "\"sha256:\"", "\"sha512:00\"", "{}", "[]",
		"[[]]",
		"[null]", "{\"a\":1}", "{\"\":{}}", "\"application/vnd.oci.image.index.v1+json\"",
		"\"application/vnd.oci.image.manifest.v1+json\"", "\"application/vnd.oci.image.config.v1+json\"",
		"\"application/vnd.oci.image.layer.v1.tar+gzip\"", "\"application/vnd.oci.image.layer.v1.tar+zstd\"",
		"\"application/vnd.docker.distribution.manifest.v2+json\"", "\"application/vnd.in-toto+json\"",
		"\"attestation-manifest\"",
	};

	return literals[mutation_below(m, sizeof literals / sizeof *literals)];
}

static inline const char *json_key(struct mutation *m)
{
	static const char *const keys[] = {
		"schemaVersion", "mediaType", "manifests", "layers", "config", "digest", "size", "annotations", "platform",
		"architecture",
		"os", "variant", "os.version", "os.features", "rootfs", "diff_ids", "type", "history", "created", "created_by",
		"empty_layer", "subject", "artifactType", "data", "urls", "RepoTags", "Config", "Layers", "LayerSources", "Env",
		"Entrypoint", "Cmd", "User", "Labels", "ExposedPorts", "Healthcheck", "Test",
		"org.opencontainers.image.ref.name",
		"io.containerd.image.name", "vnd.docker.reference.type", "vnd.docker.reference.digest", "imageLayoutVersion",
		"targets",
		"bin", "tag", "",
	};

	return keys[mutation_below(m, sizeof keys / sizeof *keys)];
}

static inline void json_wrap(struct mutation *m, const struct json_span *v)
{
	static const size_t depths[] = { 1, 2, 3, 31, 32, 33, 64, 200 };
	size_t depth = depths[mutation_below(m, 8)];
	bool object = mutation_below(m, 2);
	MSK_AUTO_STR out = MSK_STR_INIT;

	for (size_t i = 0; i < depth; i++)
		msk_str_adds(&out, object ? "{\"a\":" : "[");
	msk_str_add(&out, m->p + v->at, v->end - v->at);
	for (size_t i = 0; i < depth; i++)
		msk_str_adds(&out, object ? "}" : "]");
	mutation_splice(m, v->at, v->end - v->at, out.buf, out.len);
}

/* Before itself and a comma; a member with its key. */
static inline void json_repeat(struct mutation *m, const struct json_span *v)
{
	size_t end = v->is_key ? json_value_end(m, v->end + 1 < m->n ? v->end + 1 : v->end) : v->end;

	mutation_splice(m, v->at, 0, ",", 1);
	mutation_splice(m, v->at, 0, m->p + v->at + 1, end - v->at);
}

static inline void json_remove(struct mutation *m, const struct json_span *v)
{
	size_t end = v->is_key && v->end + 1 < m->n ? json_value_end(m, v->end + 1) : v->end, at = v->at;

	if (end < m->n && m->p[end] == ',')
		end++;
	else if (at > 0 && m->p[at - 1] == ',')
		at--;
	mutation_splice(m, at, end - at, "", 0);
}

static inline void json_name(struct mutation *m, const struct json_span *v)
{
	char text[64];
	int n = snprintf(text, sizeof text, "\"%s\"", json_key(m));

	mutation_splice(m, v->at, v->end - v->at, text, (size_t)n);
}

/* The document between two offsets. */
static inline void mutate_json_part(struct mutation *m, size_t from, size_t to)
{
	static struct json_spans s;
	const struct json_span *v, *other;
	const char *literal;

	json_look(m, from, to, &s);
	if (s.n == 0 || mutation_below(m, 4) == 0) {
		mutation_by_fuzzer(m);
		return;
	}
	v = &s.v[mutation_below(m, s.n)];
	other = &s.v[mutation_below(m, s.n)];
	if (v->is_key && mutation_below(m, 2)) {
		json_name(m, v);
		return;
	}
	switch (mutation_below(m, 5)) {
	case 0:
		literal = json_literal(m);
		mutation_splice(m, v->at, v->end - v->at, literal, strlen(literal));
		break;
	case 1:  mutation_splice(m, v->at, v->end - v->at, m->p + other->at, other->end - other->at); break;
	case 2:  json_repeat(m, v); break;
	case 3:  json_remove(m, v); break;
	default: json_wrap(m, v);
	}
}

/* One of up to three documents, each ended by a NUL. */
static inline size_t mutate_json(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	struct mutation m = mutation_of(data, size, room, seed);

	for (uint64_t more = 1 + mutation_below(&m, 3); more > 0; more--) {
		size_t from = 0, to;

		for (uint64_t skip = mutation_below(&m, 3); skip > 0; skip--) {
			const uint8_t *nul = memchr(m.p + from, '\0', m.n - from);

			from = nul ? (size_t)(nul + 1 - m.p) : from;
		}
		to = from + strnlen((const char *)m.p + from, m.n - from);
		mutate_json_part(&m, from, to);
	}
	return m.n;
}

#endif
