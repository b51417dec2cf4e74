#include <netdb.h>
#include <stddef.h>

int main(int argc, char **argv)
{
	struct addrinfo *a;

	return argc < 2 || getaddrinfo(argv[1], "80", NULL, &a);
}
