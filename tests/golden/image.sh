#!/usr/bin/env bash
# The image of oci-layout-spec/fixture: what is in it, entry by entry, and its digests, those of the compressed layers too.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"
golden=$FIXTURE/golden

t golden_files_are_what_the_specification_computes "$python" "$FIXTURE/reference.py"
t "the image is made" golden_image made

shape() {
	"$python" - "$1" "$TOP/tests/spec" <<-'END'
		import json, os, sys
		sys.path.insert(0, sys.argv[2])
		from archive import Image, parse_tar

		def write(name, text):
		    with open(name, "w", encoding="utf-8") as f:
		        f.write(text)

		def compact(value):
		    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

		def blank(descriptor):
		    return {**descriptor, "digest": "-", "size": 0}

		def without_version(annotations):
		    recipe = json.loads(annotations["dev.mkscratch.recipe"])
		    return {**annotations, "dev.mkscratch.recipe": compact({**recipe, "tool": "-"})}

		def line(e):
		    kind = {"0": "f", "2": "l", "5": "d"}[e.type]
		    where = " -> " + e.link.decode() if kind == "l" else ""
		    return "%s%04o %d:%d %d %s%s\n" % (kind, e.mode, e.uid, e.gid, len(e.data), e.key().decode(), where)

		image = Image(sys.argv[1])
		for i, (_, _, tar) in enumerate(image.layers()):
		    write("layer-%d.txt" % i, "".join(line(e) for e in parse_tar(tar)))
		write("diff_ids.txt", "".join(d + "\n" for d in image.config["rootfs"]["diff_ids"]))
		write("config.json", image.config_bytes.decode())
		write("manifest-shape.json", compact({
		    **image.manifest, "annotations": without_version(image.manifest["annotations"])}) + "\n")
		write("index-shape.json", compact({**image.index, "manifests": [blank(d) for d in image.index["manifests"]]}) + "\n")
		if image.image_index:
		    write("image-index-shape.json", compact({**image.image_index, "manifests": [blank(d) for d in image.descriptors]}) + "\n")
		    image.select(1)
		    write("config-arm64.json", image.config_bytes.decode())
	END
}
t "the image can be taken apart" shape made/img.tar
for file in layer-0.txt layer-1.txt diff_ids.txt config.json manifest-shape.json index-shape.json; do
	t "$file" diff -u "$golden/$file" "$file"
done
is "$(find . -maxdepth 1 -name 'layer-*.txt' | wc -l)" 2 there_is_no_third_layer
holds diff_ids_are_those_of_the_layers diff_ids made/img.tar

# In Docker's words: the same config and layers.
mkdir docker
t "the image is made with Docker's media types" golden_image made-docker --media-types docker
t "... and can be taken apart" bash -c "cd docker && $(declare -f shape) && python=$python && TOP=$TOP && shape ../made-docker/img.tar"
for file in layer-0.txt layer-1.txt diff_ids.txt config.json; do
	t "$file is the same" cmp "$golden/$file" "docker/$file"
done
for file in manifest-shape index-shape; do
	t "$file of Docker" diff -u "$golden/$file-docker.json" "docker/$file.json"
done

# With a program for another platform beside it: the same image, another one, and an index over them.
for types in '' -docker; do
	mkdir "index$types"
	t "an index is made$types" golden_image "made-index$types" --bin ./app-arm64:/app ${types:+--media-types docker}
	t "... and can be taken apart" bash -c "cd index$types && $(declare -f shape) && python=$python && TOP=$TOP && shape ../made-index$types/img.tar"
	for file in layer-0.txt layer-1.txt diff_ids.txt config.json config-arm64.json; do
		t "... with the same $file" diff -u "$golden/$file" "index$types/$file"
	done
	t "... its manifest" diff -u "$golden/manifest-shape$types.json" "index$types/manifest-shape.json"
	t "... its image index" diff -u "$golden/image-index-shape$types.json" "index$types/image-index-shape.json"
	t "... its index.json" diff -u "$golden/index-of-index-shape$types.json" "index$types/index-shape.json"
	holds "... DiffIDs are those of the layers" diff_ids "made-index$types/img.tar"
done

# The two things that can be printed before anything is written.
t "--print rootfs" golden_image rootfs --print rootfs
cp "$out" rootfs.txt
t rootfs.txt diff -u "$TOP/tests/golden/image/rootfs.txt" rootfs.txt
t "--print plan" golden_image plan --print plan
cp "$out" plan.json
t plan.json diff -uB "$TOP/tests/golden/image/plan.json" plan.json

done_testing
