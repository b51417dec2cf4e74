#!/usr/bin/env bash
# The archive and its documents are what oci-layout-spec says.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"

t "the golden image is made" golden_image made
img=made/img.tar

holds archive_entries_are_in_order archive_order $img
holds archive_headers_are_plain_ustar archive_headers $img
holds every_blob_is_named_and_hashes_to_its_name archive_blobs $img
holds documents_are_compact_and_sorted compact_json $img
holds documents_match_our_schemas our_schemas $img
holds documents_match_the_official_schemas official_schemas $img "${OCI_SCHEMAS:-}"
holds every_tag_has_its_three_names names $img registry.example:5000/team/web:1.0 docker.io/library/web:latest
holds docker_part_names_the_same_blobs docker_part $img
holds one_history_item_and_diff_id_a_layer one_history_a_layer $img

# The least and the most that options can ask for keep to the schemas as well.
t "an image of one option is made" mk --bin made/app -o least.tar
holds least_image_matches_our_schemas our_schemas least.tar
holds least_image_matches_the_official_schemas official_schemas least.tar "${OCI_SCHEMAS:-}"
holds default_name_is_that_of_the_program names least.tar docker.io/library/app:latest
t "an image that runs by --cmd is made" mk --bin made/app --entrypoint '[]' --cmd '["/app"]' --author '' -e EMPTY= -o cmd.tar
holds image_without_entrypoint_matches_our_schemas our_schemas cmd.tar
holds image_without_entrypoint_is_compact compact_json cmd.tar

# Several platforms: an index, and the same rules for each image in it.
t "an index is made" golden_image several --bin ./app-arm64:/app --platform linux/arm64
index=several/img.tar
for check in archive_order archive_headers archive_blobs compact_json our_schemas one_history_a_layer layer_headers layer_end \
	layer_order layer_parents diff_ids gzip_header gzip_one_member shared_base; do
	holds "index: $check" $check $index
done
holds index_matches_the_official_schemas official_schemas $index "${OCI_SCHEMAS:-}"
holds index_has_the_names_of_an_image names $index registry.example:5000/team/web:1.0 docker.io/library/web:latest
holds index_names_every_platform platforms $index linux/amd64 linux/arm64
holds docker_part_is_the_image_that_was_chosen docker_part $index linux/arm64

# Standard output, and a file beside it, are the same bytes.
mk --bin made/app -o - -o twin.tar >stdout.tar 2>/dev/null
t stdout_is_the_same_archive cmp stdout.tar twin.tar
t every_output_is_the_same_archive cmp least.tar twin.tar

done_testing
