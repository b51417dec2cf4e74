# shellcheck shell=bash
# For the tests that hold images to oci-layout-spec; source behind tests/lib.sh. (bash)
#
#   holds NAME CHECK IMAGE [ARGUMENT...]   one test: a check of tests/spec/check_image.py
#   golden_image DIR [OPTION...]           the image of the fixture as DIR/img.tar
#   blocks FILE BYTES                      a file that compresses a little, always the same

export PYTHONDONTWRITEBYTECODE=1
FIXTURE=$TOP/oci-layout-spec/fixture
require python3

# The first Python that has what the schemas need; one without it does for the rest.
python=python3
for candidate in python3 /usr/bin/python3; do
	if "$candidate" -c 'import jsonschema' 2>/dev/null; then
		python=$candidate
		break
	fi
done

# shellcheck disable=SC2154  # status, out and err are lib.sh's
holds() {
	local name=$1
	shift
	run "$python" "$TOP/tests/spec/check_image.py" "$@"
	case $status in
	0) pass "$name" ;;
	77) skip "$name" "$(cat "$out")" ;;
	*)
		fail "$name"
		cat "$out" "$err" | comment
		;;
	esac
}

golden_image() {
	"$FIXTURE/make_image.sh" "$@"
}

blocks() {
	"$python" - "$1" "$2" <<-'END'
		import sys
		n, state, out = int(sys.argv[2]), 1, bytearray()
		while len(out) < n:
		    state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
		    out += b"%x " % (state >> 33)
		with open(sys.argv[1], "wb") as f:
		    f.write(out[:n])
	END
}
