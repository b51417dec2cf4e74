#include <memory>
#include <openssl/ssl.h>

int main()
{
	std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> c(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);

	return !SSL_CTX_set_default_verify_paths(c.get());
}
