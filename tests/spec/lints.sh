#!/usr/bin/env bash
# The rules of the house hold for the tree, and the scripts that say so do notice what breaks them.
. "$(dirname "$0")/../lib.sh"

tools=$TOP/tests/tools
t include_directions_hold "$tools/lint-deps.sh"
t sizes_hold "$tools/lint-size.sh"
t what_is_cleaned_up_holds_something "$tools/lint-cleanup.sh"
t no_banned_call "$tools/banned.sh"

# The runner of all these: it runs what was asked for, or says that it does not understand.
suites() { "$TOP/tests/run.sh" --list "$@" 2>&1; }
is "$(suites -k spec/lints -k golden/plan)" 'golden/plan
spec/lints' 'suites are chosen by several patterns'
like "$(suites)" '^integration/cli$' '... or are all'
is "$(suites -k nonesuch; echo $?)" "no suite has a name with: nonesuch
$(sed -n 's/^#   tests/usage: tests/p' "$TOP/tests/run.sh")
2" 'no suite is no success'
is "$("$TOP/tests/run.sh" golden 2>&1 | head -n 1)" 'golden: unknown argument' 'what is no option runs nothing'
is "$("$TOP/tests/run.sh" -k 2>&1 | head -n 1)" '-k: needs a pattern' '... nor does half an option'

require python3
t every_error_text_is_expected_by_a_test python3 "$tools/error_texts.py"
mkdir -p texts/src texts/tests/unit
printf 'int f(void) { /* msk_hint(err, "of no concern") */ return msk_fail(err, 3, "%%s: is too "\n"long (%%d)", "a", 1); }\n' >texts/src/a.c
run python3 "$tools/error_texts.py" texts
is "$status $(cat "$out")" '1 src/a.c:1: no test expects: %s: is too long (%d)' an_error_text_without_a_test_is_named
echo 'x: is too long (7)' >texts/tests/unit/a.c
t ... python3 "$tools/error_texts.py" texts

# A small tree with one fault: the script must end with 1 and name the place.
tree() {
	rm -rf tree
	mkdir -p tree/include/mkscratch tree/src/{base,codec,rootfs,image,cli,sink}
	echo 'int msk_a(void);' >tree/include/mkscratch/mem.h
	printf '#include "mkscratch/mem.h"\n#include <string.h>\nint msk_a(void)\n{\n\treturn 0;\n}\n' >tree/src/base/mem.c
	printf '#include "mkscratch/mem.h"\n' >tree/src/rootfs/rootfs.c
	printf '#include "mkscratch/mem.h"\n' >tree/include/mkscratch/rootfs.h
}
notices() {
	local name=$1 tool=$2 want=$3
	run "$tools/$tool" tree
	is "$status $(head -n 1 "$out")" "1 $want" "$name"
}

tree
for tool in lint-deps.sh lint-size.sh lint-cleanup.sh banned.sh; do
	t "$tool passes a clean tree" "$tools/$tool" tree
done

tree && echo '#include "mkscratch/rootfs.h"' >>tree/src/base/mem.c
notices base_must_not_see_rootfs lint-deps.sh 'src/base/mem.c:7: base must not include mkscratch/rootfs.h (rootfs)'
tree && echo '#include "mkscratch/rootfs.h"' >tree/src/image/image.c
notices image_must_not_see_rootfs lint-deps.sh 'src/image/image.c:1: image must not include mkscratch/rootfs.h (rootfs)'
tree && echo '#include "mkscratch/rootfs.h"' >>tree/include/mkscratch/mem.h
notices headers_have_a_tier_too lint-deps.sh 'include/mkscratch/mem.h:2: base must not include mkscratch/rootfs.h (rootfs)'
tree && echo '#  include <jansson.h>' >tree/src/codec/gz.c
notices a_library_has_one_door lint-deps.sh 'src/codec/gz.c:1: <jansson.h> is for src/base/json.c only'
tree && echo '#include "../base/private.h"' >tree/src/codec/gz.c
notices private_headers_stay_in_their_folder lint-deps.sh 'src/codec/gz.c:1: "../base/private.h": a private header is for its own folder'
tree && echo '#include "mkscratch/mystery.h"' >tree/src/cli/cli.c
notices every_header_has_a_tier lint-deps.sh 'src/cli/cli.c:1: mkscratch/mystery.h: no tier known; name it in tests/tools/lint-deps.sh'
tree && mkdir tree/src/novel && echo '#include "mkscratch/mem.h"' >tree/src/novel/a.c
notices every_folder_is_in_the_table lint-deps.sh 'src/novel/a.c:1: tier novel is not in the table of tests/tools/lint-deps.sh'
tree && find tree -name '*.[ch]' -delete
notices an_empty_tree_is_no_success lint-deps.sh 'lint-deps: found no #include at all'
for tool in lint-size.sh lint-cleanup.sh; do
	for there in src other; do
		rm -rf tree && mkdir -p "tree/$there" && echo x >"tree/$there/README"
		run "$tools/$tool" tree
		is "$status $(cat "$out" "$err")" '2 sources: found no source file in tree' "... nor for $tool, with $there in it"
	done
done

tree && { echo 'int f(void)'; echo '{'; printf '\tx();\n%.0s' {1..81}; echo '}'; } >tree/src/base/long.c
notices functions_of_81_lines lint-size.sh 'src/base/long.c:2: function of 81 lines (allowed: 80)'
tree && { echo 'const int t[] = {'; printf '\t1,\n%.0s' {1..81}; echo '};'; } >tree/src/base/table.c
t tables_may_be_long "$tools/lint-size.sh" tree
tree && seq -f '/* %g */' 901 >tree/src/base/long.c
notices files_of_901_lines lint-size.sh 'src/base/long.c:901: file of 901 lines (allowed: 900)'
tree && { printf '\t'; printf 'x%.0s' {1..121}; echo; } >tree/src/base/wide.c
notices lines_of_129_columns lint-size.sh 'src/base/wide.c:1: line of 129 columns (allowed: 128)'

tree && printf 'int f(void)\n{\n\tMSK_AUTO_STR s;\n\n\tif (g(&st))\n\t\treturn 1;\n\tinit(&s);\n\treturn 0;\n}\n' >tree/src/base/a.c
notices a_cleanup_of_nothing lint-cleanup.sh 'src/base/a.c:3: s has no initialiser and may not be filled by line 6'
tree && printf 'void f(void)\n{\n\tMSK_AUTO_STR s;\n}\n' >tree/src/base/a.c
notices ...by_the_end_of_the_function lint-cleanup.sh 'src/base/a.c:3: s has no initialiser and may not be filled by line 4'
tree && printf 'int f(void)\n{\n\tMSK_AUTO_STR s;\n\n\treturned();\n\tif (init(&s))\n\t\treturn 1;\n\treturn 0;\n}\n' >tree/src/base/a.c
t what_is_filled_first_needs_no_initialiser "$tools/lint-cleanup.sh" tree

tree && echo 'int f(void) { return strcpy (a, b); }' >tree/src/cli/a.c
notices banned_everywhere banned.sh 'src/cli/a.c:1: strcpy() is banned'
tree && echo 'char *f(void) { return getenv("HOME"); }' >tree/src/base/a.c
notices environment_below_cli banned.sh 'src/base/a.c:1: getenv() is for src/cli only'
tree && echo 'char *f(void) { return getenv("HOME"); }' >tree/src/cli/a.c
t environment_in_cli "$tools/banned.sh" tree
tree && printf '/* strcpy(a) and\n * getenv(b) */\nconst char *s = "time(0) \\" exit(1)"; // exit(2)\nint (*f)(void) = s->time(0);\nmsk_exit(0);\n' >tree/src/base/a.c
t comments_strings_members_and_longer_names_are_no_calls "$tools/banned.sh" tree
tree && printf 'char c = '\''"'\'';\nvoid f(void) { exit(1); } /* " */\n' >tree/src/base/a.c
notices a_quote_in_a_character_hides_nothing banned.sh 'src/base/a.c:2: exit() is for src/cli only'

# A parser is held against any bytes, and what it was given is told.
for target in "$TOP"/tests/fuzz/fuzz_*.c; do
	target=${target##*/fuzz_}
	grep -q "^| ${target%.c} | [1-9]" "$TOP/tests/FUZZ.md" || echo "${target%.c}"
done >never_run
is "$(cat never_run)" '' every_fuzz_target_was_run

# Shell, where the tool is there.
if command -v shellcheck >/dev/null; then
	mapfile -t scripts < <(find "$TOP/tests" "$TOP/oci-layout-spec" -name '*.sh' | sort)
	# SC2154: variables of lib.sh; SC2038: `find | xargs` as a way to join lines
	t shell_scripts_are_sound shellcheck -S warning -e SC2154,SC2038 -x -P "$TOP/tests" "${scripts[@]}" "$TOP/bootstrap" "$TOP/.ci/run"
else
	skip shell_scripts_are_sound "shellcheck is not installed"
fi

done_testing
