package main

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
)

func main() {
	u, _ := url.Parse(os.Args[1])
	http.ListenAndServe(":8080", httputil.NewSingleHostReverseProxy(u))
}
