package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

func main() {
	roots, _ := x509.SystemCertPool()
	pem, _ := os.ReadFile("ca.pem")
	roots.AppendCertsFromPEM(pem)
	fmt.Println(tls.Dial("tcp", "example.org:443", &tls.Config{RootCAs: roots}))
}
