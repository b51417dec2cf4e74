#!/usr/bin/env bash
# The schemas of oci-layout-spec refuse what mkscratch does not write: members too many, too few, of another kind.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"

"$python" -c 'import jsonschema' 2>/dev/null || skip_all "no jsonschema module for Python (python3-jsonschema)"
t "the golden image is made" golden_image made

cat >mutate.py <<'END'
import copy, json, sys
sys.path.insert(0, sys.argv[1] + "/tests/spec")
from archive import Image
import jsonschema

def spots(value, way=()):
    """Every place in the document: the way to it."""
    yield way
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from spots(inner, way + (key,))

def at(value, way):
    for key in way:
        value = value[key]
    return value

def changed(doc, way, new):
    if not way:
        return new
    doc = copy.deepcopy(doc)
    at(doc, way[:-1])[way[-1]] = new
    return doc

def mutants(doc):
    for way in spots(doc):
        old = at(doc, way)
        yield way, "null", changed(doc, way, None)
        yield way, "another kind", changed(doc, way, 1.5 if not isinstance(old, float) else "x")
        if isinstance(old, dict):
            yield way, "a member too many", changed(doc, way, {**old, "No such member": [0]})

tried, taken = 0, []
for name, data in Image(sys.argv[2]).documents():
    with open("%s/oci-layout-spec/schema/%s.json" % (sys.argv[1], name)) as f:
        validator = jsonschema.Draft202012Validator(json.load(f))
    doc = json.loads(data)
    assert validator.is_valid(doc), name
    for way, what, mutant in mutants(doc):
        tried += 1
        if validator.is_valid(mutant):
            taken.append("%s /%s: %s" % (name, "/".join(map(str, way)), what))
    for key in doc if isinstance(doc, dict) else doc[0]:
        mutant = copy.deepcopy(doc)
        del (mutant if isinstance(mutant, dict) else mutant[0])[key]
        tried += 1
        if validator.is_valid(mutant) and key not in ("author", "annotations"):
            taken.append("%s without %s" % (name, key))
print(tried, "mutants", *taken, sep="\n")
sys.exit(1 if taken or tried < 200 else 0)
END
t schemas_refuse_every_mutant "$python" mutate.py "$TOP" made/img.tar
t "an index is made" golden_image several --bin ./app-arm64:/app
t schemas_refuse_every_mutant_of_an_index "$python" mutate.py "$TOP" several/img.tar

refuses() {
	local name=$1 schema=$2 doc=$3
	printf '%s' "$doc" >doc.json
	run "$python" -c 'import json, jsonschema, sys
sys.exit(0 if jsonschema.Draft202012Validator(json.load(open(sys.argv[1]))).is_valid(json.load(open("doc.json"))) else 9)' \
		"$TOP/oci-layout-spec/schema/$schema.json"
	is "$status" 9 "$name"
}
zeros=$(printf '0%.0s' {1..64})
refuses another_layout_version oci-layout '{"imageLayoutVersion":"1.1.0"}'
refuses digest_in_capitals index '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:A'"${zeros:1}"'","size":1,"annotations":{"io.containerd.image.name":"docker.io/library/a:b","org.opencontainers.image.ref.name":"b"}}]}'
refuses short_name_where_a_full_one_belongs docker-manifest '[{"Config":"blobs/sha256/'"$zeros"'","RepoTags":["app:latest"],"Layers":["blobs/sha256/'"$zeros"'"]}]'
refuses two_images_in_manifest_json docker-manifest '[{"Config":"blobs/sha256/'"$zeros"'","RepoTags":["a/b:c"],"Layers":["blobs/sha256/'"$zeros"'"]},{"Config":"blobs/sha256/'"$zeros"'","RepoTags":["a/b:c"],"Layers":["blobs/sha256/'"$zeros"'"]}]'
refuses no_layer manifest '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:'"$zeros"'","size":1},"layers":[]}'

done_testing
