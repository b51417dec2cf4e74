#!/usr/bin/env bash
# Calls that have no place in src/: some nowhere, some only in the command line (src/cli), as below it nothing may
# depend on the environment, the clock or the locale, print, or end the process.
# Usage: banned.sh [ROOT]; prints each offence as file:line and ends with 1 when there are any.
set -u
export LC_ALL=C
cd "${1:-$(dirname "$0")/../..}" || exit 2

# No bound, no thread safety, no error, or a race.
NOWHERE='strcpy strcat stpcpy strncpy strncat sprintf vsprintf gets strtok strtok_r scanf sscanf fscanf
alloca atoi atol atoll atof
gmtime localtime ctime asctime ctime_r asctime_r localtime_r mktime strftime
mktemp tmpnam tempnam tmpfile system popen rand srand random srandom drand48
readdir_r getwd setjmp longjmp
strcoll strxfrm strcasecmp strncasecmp toupper tolower isalpha isalnum isspace isupper islower ispunct isprint'

# Of the host, the terminal or the process.
CLI_ONLY='getenv secure_getenv setenv putenv unsetenv time clock_gettime gettimeofday clock
setlocale newlocale uselocale tzset
exit _exit _Exit quick_exit abort atexit on_exit
printf vprintf puts putchar fprintf vfprintf fputs fputc putc perror dprintf vdprintf
isatty ioctl getcwd chdir umask gethostname uname getuid geteuid getgid getegid getpid getppid
getpwuid getpwnam getgrgid getgrnam getlogin'

# What a file may use all the same, each for a reason.
ALLOWED='
src/base/mem.c       _exit        msk_oom, msk_end: memory ran out, or what lay outside of it is lost, and there is nobody to tell
src/sink/layout_lock.c getpid     left in the lock file for whoever waits for it
'

find src -name '*.[ch]' | sort |
awk -v nowhere="$NOWHERE" -v cli_only="$CLI_ONLY" -v allowed="$ALLOWED" '
function load(text, into, why,    w, n, i) {
	n = split(text, w, /[ \n]+/)
	for (i = 1; i <= n; i++)
		if (w[i] != "")
			into[w[i]] = why
}
# The line without comments, and with empty strings; `inside` carries a comment over the lines.
function code(s,    out, rest) {
	out = ""
	while (s != "") {
		if (inside) {
			if (!(rest = index(s, "*/")))
				return out
			s = substr(s, rest + 2)
			inside = 0
		} else if (match(s, /"|\047|\/\*|\/\//)) {
			out = out substr(s, 1, RSTART - 1)
			rest = substr(s, RSTART, 2)
			s = substr(s, RSTART)
			if (rest == "//")
				return out
			if (rest == "/*") {
				inside = 1
				s = substr(s, 3)
			} else if (match(s, /^"([^"\\]|\\.)*"/) || match(s, /^\047([^\047\\]|\\.)*\047/)) {
				out = out "\"\""
				s = substr(s, RLENGTH + 1)
			} else {
				s = substr(s, 2)
			}
		} else {
			return out s
		}
	}
	return out
}
function offence(text) {
	printf "%s:%d: %s\n", path, line, text
	bad++
}
function check_call(name) {
	if ((path " " name) in excuse)
		return
	if (name in banned)
		offence(name "() is banned")
	else if (name in cli && path !~ /^src\/cli\// && path != "src/main.c")
		offence(name "() is for src/cli only")
}
# Every name before a bracket. A member (x->write(...)) is somebody else.
function check_line(s,    name, before) {
	while (match(s, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
		name = substr(s, RSTART, RLENGTH)
		before = substr(s, 1, RSTART - 1)
		sub(/[ \t]*\($/, "", name)
		s = substr(s, RSTART + RLENGTH)
		if (before !~ /(->|\.)$/)
			check_call(name)
	}
}
BEGIN {
	load(nowhere, banned, 1)
	load(cli_only, cli, 1)
	n = split(allowed, row, "\n")
	for (i = 1; i <= n; i++) {
		split(row[i], w, " ")
		if (w[1] != "")
			excuse[w[1] " " w[2]] = 1
	}
}
{
	path = $0
	n_files++
	line = 0
	inside = 0
	while ((getline text < path) > 0) {
		line++
		check_line(code(text))
	}
	close(path)
}
END {
	if (!n_files) {
		print "banned: found no source file"
		bad++
	}
	exit bad ? 1 : 0
}'
