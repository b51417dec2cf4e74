/* As against libcurl; the test brings a library of that name. */
void *curl_easy_init(void);
int curl_easy_setopt(void *, int, ...);
int curl_easy_perform(void *);

int main(void)
{
	void *c = curl_easy_init();

	curl_easy_setopt(c, 10002, "https://example.org");
	return curl_easy_perform(c);
}
