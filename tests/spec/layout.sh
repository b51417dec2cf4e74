#!/usr/bin/env bash
# A layout directory is what section 3 of oci-layout-spec says, and what others put there stays.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"

t "inputs are made" "$python" "$FIXTURE/make_inputs.py" in
entries() {
	"$python" -c 'import json,sys
for m in json.load(open(sys.argv[1]))["manifests"]:
    a = m.get("annotations", {})
    print(a.get("org.opencontainers.image.ref.name"), a.get("io.containerd.image.name"), m["digest"][7:15])' "$1/index.json"
}

t "a layout is made" mk --bin in/app -t app:v1 -o dir/
is "$(find dir -type f ! -path '*/blobs/*' -printf '%P\n' | sort | xargs)" ".mkscratch.lock index.json oci-layout" layout_holds_these_files
is "$(cat dir/oci-layout)" '{"imageLayoutVersion":"1.0.0"}' oci_layout_is_these_bytes
holds layout_documents_match_our_schemas our_schemas dir
holds layout_documents_are_compact compact_json dir
holds layout_names_are_those_of_the_archive names dir docker.io/library/app:v1
holds layout_blobs_hash_to_their_names archive_blobs dir

# The same image in an archive: the same blobs and the same index.
mk --bin in/app -t app:v1 -o img.tar >/dev/null
mkdir x && tar -C x -xf img.tar
t layout_and_archive_hold_the_same_blobs diff -r x/blobs dir/blobs
t layout_and_archive_hold_the_same_index cmp x/index.json dir/index.json

# Tags.
mk --bin in/app -t app:v2 -o dir/ >/dev/null
v1=$(entries dir | sed -n 1p)
is "$(entries dir | cut -d' ' -f1 | xargs)" "v1 v2" a_new_tag_goes_to_the_end
mk --bin in/app -t app:v1 -l changed=yes -o dir >/dev/null
is "$(entries dir | cut -d' ' -f1,2 | xargs)" "v1 docker.io/library/app:v1 v2 docker.io/library/app:v2" a_tag_is_replaced_in_its_place
[ "$(entries dir | sed -n 1p)" != "$v1" ]
is "$?" 0 a_replaced_tag_names_the_new_image
mk --bin in/app -t other:v1 -o dir >/dev/null 2>warned
is "$(entries dir | cut -d' ' -f2 | xargs)" "docker.io/library/app:v1 docker.io/library/app:v2 docker.io/library/other:v1" another_name_does_not_steal_a_tag
like "$(cat warned)" '^warning: dir: tag v1 now stands for both ' sharing_a_tag_is_warned_about

# What others wrote.
"$python" - <<'END'
import json
path = "dir/index.json"
index = json.load(open(path))
foreign = {"mediaType": "application/vnd.example", "digest": "sha256:" + "0" * 64, "size": 1, "annotations": {"k": "v"},
           "platform": {"os": "linux", "architecture": "arm64"}}
index["manifests"].insert(0, foreign)
index["annotations"] = {"kept": "yes"}
bare = dict(index["manifests"][1], annotations={"org.opencontainers.image.ref.name": "v9"})
index["manifests"].insert(1, bare)
json.dump(index, open(path, "w"), indent=3)
END
# What the foreign entry names is not there, which verify would tell.
MSK_VERIFY_ALL=0 mk --bin in/app -t app:v9 -o dir >/dev/null 2>&1
is "$("$python" -c 'import json; i = json.load(open("dir/index.json")); print(json.dumps([i["annotations"], i["manifests"][0]], sort_keys=True))')" \
	'[{"kept": "yes"}, {"annotations": {"k": "v"}, "digest": "sha256:'"$(printf '0%.0s' {1..64})"'", "mediaType": "application/vnd.example", "platform": {"architecture": "arm64", "os": "linux"}, "size": 1}]' \
	foreign_entries_and_members_keep_their_values
is "$(entries dir | sed -n 2p | cut -d' ' -f1,2)" "v9 docker.io/library/app:v9" a_tag_without_a_full_name_is_taken_over

# Nothing is deleted, and a torn blob is mended.
blobs() {
	find "$1/blobs/sha256" -type f | sort
}
before=$(blobs dir)
MSK_VERIFY_ALL=0 mk --bin in/app -t app:v1 -o dir >/dev/null 2>&1
is "$(comm -23 <(echo "$before") <(blobs dir))" "" no_blob_is_ever_deleted
mk --bin in/app -t app:v1 -o fresh/ >/dev/null
victim=$(blobs fresh | head -n 1)
cp "$victim" whole && echo torn >"$victim"
mk --bin in/app -t app:v1 -o fresh/ >/dev/null
t a_torn_blob_is_written_again cmp whole "$victim"

# The umask and the order of runs leave no trace in the documents.
mk --bin in/app -t app:v2 -o order/ >/dev/null && mk --bin in/app -t app:v1 -o order/ >/dev/null
is "$(entries order | cut -d' ' -f1 | xargs)" "v2 v1" tags_stand_in_the_order_they_came

# Several platforms: each blob is there once, the index under each tag.
mk --bin in/app --bin in/app-arm64:/app -t app:v1 -t app:v2 -o several/ >/dev/null
holds index_documents_match_our_schemas our_schemas several
holds index_names_every_platform platforms several linux/amd64 linux/arm64
holds index_blobs_hash_to_their_names archive_blobs several
mk --bin in/app-arm64:/app --bin in/app -t app:v1 -t app:v2 -o several.tar >/dev/null
mkdir y && tar -C y -xf several.tar
t index_in_an_archive_holds_the_same_blobs diff -r y/blobs several/blobs
mk --bin in/app -t app:v1 -o several/ >/dev/null
is "$(entries several | cut -d' ' -f1 | xargs) $(entries several | cut -d' ' -f3 | uniq | wc -l)" 'v1 v2 2' an_image_takes_the_place_of_an_index

# Writers at the same time.
for i in {1..16}; do
	mk --bin in/app -t "app:w$i" -l "n=$i" -o many/ >/dev/null &
done
wait
is "$(entries many | cut -d' ' -f1 | sort | xargs)" "$(printf "w%s\n" {1..16} | sort | xargs)" writers_at_the_same_time_lose_no_tag

done_testing
