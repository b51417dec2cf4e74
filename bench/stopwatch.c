/* Run a command and say what it cost: `stopwatch COMMAND...` prints {"seconds":…,"rss_kib":…,"status":…} on
 * descriptor 3. The peak is that of the largest process among the command and its children. This is a program of its
 * own since a child's peak begins with the size of whoever forked it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct rusage use;
	double start = now();
	int status;
	pid_t pid = argc > 1 ? fork() : -1;

	if (pid < 0) {
		fputs("usage: stopwatch COMMAND...\n", stderr);
		return 2;
	}
	if (pid == 0) {
		close(3);
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &use) != pid)
		return 1;
	dprintf(3, "{\"seconds\":%.6f,\"rss_kib\":%ld,\"status\":%d}\n", now() - start, use.ru_maxrss,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
