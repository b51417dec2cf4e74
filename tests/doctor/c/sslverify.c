#include <openssl/ssl.h>

int main(void)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());

	SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
	return !SSL_CTX_set_default_verify_paths(c);
}
