#include <stdio.h>

/* Reads the bundle itself, as a program with a TLS library linked in does. */
int main(void)
{
	return !fopen("/etc/ssl/certs/ca-certificates.crt", "r");
}
