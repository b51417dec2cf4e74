#include <stdio.h>
#include <time.h>

int main(void)
{
	time_t t = time(NULL);

	return printf("%d\n", localtime(&t)->tm_mday) < 0;
}
