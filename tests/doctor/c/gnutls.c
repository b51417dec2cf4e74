/* As against libgnutls; the test brings a library of that name. */
int gnutls_certificate_allocate_credentials(void **);
int gnutls_certificate_set_x509_system_trust(void *);

int main(void)
{
	void *c;

	gnutls_certificate_allocate_credentials(&c);
	return gnutls_certificate_set_x509_system_trust(c) < 0;
}
