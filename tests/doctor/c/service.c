#include <netdb.h>
#include <stddef.h>

int main(void)
{
	return getservbyname("https", "tcp") == NULL;
}
