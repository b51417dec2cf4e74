package main

import (
	"golang.org/x/crypto/acme/autocert"
	"net/http"
)

func main() {
	http.Serve(autocert.NewListener("example.org"), nil)
}
