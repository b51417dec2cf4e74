#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(void)
{
	time_t t = time(NULL);

	setenv("TZ", "Europe/Oslo", 1);
	tzset();
	return printf("%d\n", localtime(&t)->tm_hour) < 0;
}
