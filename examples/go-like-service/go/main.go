// A small HTTP service that touches everything a container image built from
// nothing may lack: CA certificates, time zones, user names and /tmp.
//
//	service                 serve on $PORT (8080)
//	service --probe [PATH]  ask the running service, for health checks
//	service --once PATH     answer without a socket
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	bundle   = "/etc/ssl/certs/ca-certificates.crt"
	zoneinfo = "/usr/share/zoneinfo"
)

func health(url.Values) (int, string) {
	return http.StatusOK, "ok"
}

func caBundle() string {
	if path := os.Getenv("SSL_CERT_FILE"); path != "" {
		return path
	}
	return bundle
}

func tls(url.Values) (int, string) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		return http.StatusInternalServerError, err.Error()
	}
	// A pool without roots is no error to crypto/x509: it surfaces at the
	// first handshake, with these words.
	roots := len(pool.Subjects())
	if roots == 0 {
		return http.StatusInternalServerError, fmt.Sprintf("%v: no CA certificates in %s",
			x509.UnknownAuthorityError{}, caBundle())
	}
	return http.StatusOK, fmt.Sprintf("roots: %d", roots)
}

func localTime(query url.Values) (int, string) {
	const try = ": try /time?zone=Europe/Moscow"

	// Unlike other queries this one may hold a plain "+": Etc/GMT+3.
	name := strings.ReplaceAll(query.Get("zone"), " ", "+")
	if name == "" {
		return http.StatusBadRequest, "no zone given" + try
	}
	if strings.ContainsAny(name, ".\\") || name[0] == '/' || len(name) > 64 {
		return http.StatusBadRequest, "invalid zone name" + try
	}
	// LoadLocation knows UTC by heart and "Local" as a name of its own.
	if _, err := os.Stat(zoneinfo + "/" + name); err != nil {
		return http.StatusNotFound, fmt.Sprintf("unknown time zone %s: %v", name, err)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return http.StatusNotFound, fmt.Sprintf("unknown time zone %s: %v", name, err)
	}
	return http.StatusOK, time.Now().In(zone).Format("2006-01-02T15:04:05-07:00 MST")
}

func tmp() string {
	f, err := os.CreateTemp("/tmp", ".service-")
	if err != nil {
		var errno syscall.Errno
		if errors.As(err, &errno) {
			err = errno
		}
		return fmt.Sprintf("not writable (%v)", err)
	}
	f.Close()
	os.Remove(f.Name())
	return "writable"
}

func whoami(url.Values) (int, string) {
	uid, gid := strconv.Itoa(os.Getuid()), strconv.Itoa(os.Getgid())
	if u, err := user.LookupId(uid); err == nil {
		uid += "(" + u.Username + ")"
	}
	if g, err := user.LookupGroupId(gid); err == nil {
		gid += "(" + g.Name + ")"
	}
	cwd, err := os.Getwd()
	if err != nil {
		cwd = "?"
	}
	return http.StatusOK, fmt.Sprintf("uid=%s gid=%s cwd=%s tmp=%s", uid, gid, cwd, tmp())
}

var routes = map[string]func(url.Values) (int, string){
	"/health": health,
	"/tls":    tls,
	"/time":   localTime,
	"/whoami": whoami,
}

func respond(method string, u *url.URL) (int, string) {
	get, ok := routes[u.Path]
	if !ok {
		return http.StatusNotFound, "404 page not found"
	}
	if method != http.MethodGet && method != http.MethodHead {
		return http.StatusMethodNotAllowed, "method not allowed"
	}
	return get(u.Query())
}

func handle(w http.ResponseWriter, r *http.Request) {
	status, body := respond(r.Method, r.URL)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", "GET, HEAD")
	}
	w.WriteHeader(status)
	fmt.Fprintln(w, body)
}

func port() string {
	if p := os.Getenv("PORT"); p != "" {
		return p
	}
	return "8080"
}

func serve() error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	l, err := net.Listen("tcp", ":"+port())
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "listening on :%d\n", l.Addr().(*net.TCPAddr).Port)

	server := &http.Server{
		Handler:        http.HandlerFunc(handle),
		ReadTimeout:    5 * time.Second,
		WriteTimeout:   5 * time.Second,
		MaxHeaderBytes: 8 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// Whoever has not finished by then is cut off, which is no failure.
	ctx, cancel = context.WithTimeout(context.Background(), 800*time.Millisecond)
	defer cancel()
	server.Shutdown(ctx)
	fmt.Fprintln(os.Stderr, "stopped")
	return nil
}

func probe(target string) error {
	client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{}}
	r, err := client.Get("http://127.0.0.1:" + port() + target)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if _, err := io.Copy(os.Stdout, r.Body); err != nil {
		return err
	}
	if r.StatusCode/100 != 2 {
		os.Exit(1)
	}
	return nil
}

func once(target string) error {
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return err
	}
	status, body := respond(http.MethodGet, u)
	if _, err := fmt.Println(body); err != nil {
		return err
	}
	if status/100 != 2 {
		os.Exit(1)
	}
	return nil
}

func main() {
	var err error

	args := os.Args[1:]
	if len(args) == 1 && args[0] == "--probe" {
		args = append(args, "/health")
	}
	switch {
	case len(args) == 0:
		err = serve()
	case len(args) == 2 && args[0] == "--probe" && strings.HasPrefix(args[1], "/"):
		err = probe(args[1])
	case len(args) == 2 && args[0] == "--once" && strings.HasPrefix(args[1], "/"):
		err = once(args[1])
	default:
		fmt.Fprintln(os.Stderr, "usage: service [--probe [/path] | --once /path]")
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(1)
	}
}
