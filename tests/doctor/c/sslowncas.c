#include <openssl/ssl.h>

int main(void)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());

	return SSL_CTX_load_verify_locations(c, "ca.pem", NULL) != 1;
}
