/* Run a program and write down what it took: its largest memory in KiB, processor time in ms, and how it ended (a signal as
 * a negative number).
 *
 * It may take ten seconds of processor time, or as many as PEAK_SECONDS says.
 *
 *   peak FILE PROGRAM ARG... */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *seconds = getenv("PEAK_SECONDS");
	rlim_t most = seconds ? strtoul(seconds, NULL, 10) : 10;
	struct rlimit cpu = { most, most }, core = { 0, 0 };
	struct rusage used;
	int status;
	long ms;
	FILE *to = argc > 2 ? fopen(argv[1], "we") : NULL;
	pid_t pid = to ? fork() : -1;

	if (pid == 0) {
		setrlimit(RLIMIT_CPU, &cpu);
		setrlimit(RLIMIT_CORE, &core);
		execv(argv[2], argv + 2);
		_exit(99);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid)
		return 99;
	ms = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
	fprintf(to, "%ld %ld %d\n", used.ru_maxrss, ms,
		WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status));
	return fclose(to) ? 99 : 0;
}
