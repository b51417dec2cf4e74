#!/bin/sh
# Print the C file that holds the probes as data. Usage: table.sh FOLDER ARCH...
set -eu
folder=$1
shift
echo '#include "mkscratch/probe.h"'
for arch; do
	printf '__asm__(".section .rodata\\n.local probe_%s\\nprobe_%s:\\n.incbin \\"%s\\"\\n"\n' \
		"$arch" "$arch" "$folder/$arch"
	printf '\t".local probe_%s_end\\nprobe_%s_end:\\n.previous");\n' "$arch" "$arch"
	printf 'extern const unsigned char probe_%s[], probe_%s_end[];\n' "$arch" "$arch"
done
echo 'const struct msk_probe msk_probes[] = {'
for arch; do
	printf '\t{ "%s", probe_%s, probe_%s_end },\n' "$arch" "$arch" "$arch"
done
printf '\t{ NULL, NULL, NULL },\n};\n'
