#include <stdlib.h>

int main(void)
{
	char name[] = "/tmp/xXXXXXX";

	return mkstemp(name) < 0;
}
