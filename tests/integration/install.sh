#!/usr/bin/env bash
# What make install puts where, and that make uninstall leaves none of it; which libraries become part of the program.
. "$(dirname "$0")/../lib.sh"
require make cc
[ "$MKSCRATCH" = "$BUILD/mkscratch" ] || skip_all 'cannot: this is no release build'
made() {
	run make -s -C "$TOP" BUILD="$BUILD" "$@"
	[ "$status" = 0 ] || comment <"$err"
}
umask 077
made install DESTDIR="$T/a place" PREFIX=/opt/x
is "$status" 0 'installed below a directory with a blank in its name'
is "$(cd 'a place' && find . -type f -printf '%m %P\n' | LC_ALL=C sort)" '644 opt/x/share/bash-completion/completions/mkscratch
644 opt/x/share/fish/vendor_completions.d/mkscratch.fish
644 opt/x/share/man/man1/mkscratch.1
644 opt/x/share/zsh/site-functions/_mkscratch
755 opt/x/bin/mkscratch' 'these files, which all may read whatever the umask is'
is "$(find 'a place/opt' -type d ! -perm 755)" '' 'and so they may the directories'
t 'the program is the one that was built' cmp "$MKSCRATCH" 'a place/opt/x/bin/mkscratch'
t 'the man page is its own' cmp <("$MKSCRATCH" help --man) 'a place/opt/x/share/man/man1/mkscratch.1'
echo other >'a place/opt/x/bin/other'
made uninstall DESTDIR="$T/a place" PREFIX=/opt/x
is "$status $(cd 'a place' && find . -type f)" '0 ./opt/x/bin/other' 'uninstalled, and nothing else'

# No library is there, one of them is, or all may be.
static() {
	make -C "$TOP" BUILD="$BUILD" -pn "$@" 2>/dev/null | sed -n 's/^STATIC := *//p' | xargs
}
is "$(static STATIC_LIBS=)" '' 'no library becomes part of the program when none is to be'
is "$(static STATIC_LIBS='none_such' LDFLAGS=-L/nonexistent)" '' '... nor one that is not there'
some=$(static STATIC_LIBS='jansson')
is "$(static STATIC_LIBS='none_such jansson')" "$some" 'one that is not there does not keep out another'
done_testing
