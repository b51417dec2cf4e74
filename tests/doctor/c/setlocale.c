#include <locale.h>

/* Whatever the environment says; in an image it says nothing. */
int main(void)
{
	return !setlocale(LC_ALL, "");
}
