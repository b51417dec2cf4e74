#include <openssl/evp.h>

int main(void)
{
	unsigned char out[32];

	return !EVP_Digest("x", 1, out, NULL, EVP_sha256(), NULL);
}
