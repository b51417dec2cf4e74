/* mkscratch: turn an ELF program into an OCI image. */
#include "mkscratch/cli.h"

int main(int argc, char **argv)
{
	return msk_cli_main(argc, argv);
}
