#include <iconv.h>

int main(int argc, char **argv)
{
	return argc < 2 || iconv_open("UTF-8", argv[1]) == (iconv_t)-1;
}
