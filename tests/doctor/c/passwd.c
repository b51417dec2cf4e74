#include <pwd.h>
#include <stddef.h>

int main(int argc, char **argv)
{
	return argc < 2 || getpwnam(argv[1]) == NULL;
}
