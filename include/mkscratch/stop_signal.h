/* The signal by which a runtime asks a container to stop, as image-spec ("StopSignal") and Docker write it. */
#ifndef MKSCRATCH_STOP_SIGNAL_H
#define MKSCRATCH_STOP_SIGNAL_H

/* "TERM", "sigterm", "15", "SIGRTMIN+3" as "SIGTERM", "15", "SIGRTMIN+3"; NULL when it is no signal of Linux. Heap. */
char *msk_signal_name(const char *text);

#endif
