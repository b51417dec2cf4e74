#include <locale.h>
#include <stddef.h>

int main(void)
{
	return newlocale(LC_ALL_MASK, "de_DE.UTF-8", NULL) == NULL;
}
