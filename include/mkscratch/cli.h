/* The command line. Everything that prints, reads the environment or decides the exit status is behind this. */
#ifndef MKSCRATCH_CLI_H
#define MKSCRATCH_CLI_H

/* Run the command; returns the exit status. */
int msk_cli_main(int argc, char **argv);

#endif
