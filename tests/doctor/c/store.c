#include <openssl/x509.h>

int main(void)
{
	return X509_STORE_set_default_paths(X509_STORE_new()) != 1;
}
