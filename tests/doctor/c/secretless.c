#include <stdio.h>

/* What scanners and parsers of keys hold: the form of secrets, and none. */
int main(void)
{
	puts("-----BEGIN RSA PRIVATE KEY-----");
	puts("-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n");
	puts("AKIA[0-9A-Z]{16} ghp_ xoxb-%s AKIAIOSFODNN7EXAMPLE ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	return puts("/home/%s/.config /root /home/ /Users/") < 0;
}
