#include <openssl/ssl.h>

int main(void)
{
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());

	return SSL_CTX_use_certificate_chain_file(c, "cert.pem") != 1;
}
