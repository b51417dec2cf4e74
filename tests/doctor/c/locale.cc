#include <iostream>
#include <locale>

int main(int argc, char **argv)
{
	std::cout.imbue(std::locale(argc > 1 ? argv[1] : "de_DE.UTF-8"));
	std::cout << 1234.5 << '\n';
}
