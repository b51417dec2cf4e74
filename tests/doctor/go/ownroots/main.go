package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

func main() {
	own := x509.NewCertPool()
	pem, _ := os.ReadFile("ca.pem")
	own.AppendCertsFromPEM(pem)
	fmt.Println(tls.Dial("tcp", "example.org:443", &tls.Config{RootCAs: own}))
}
