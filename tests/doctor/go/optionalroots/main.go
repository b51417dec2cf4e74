package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
)

func main() {
	c := new(http.Client)
	if file := os.Getenv("CA_FILE"); file != "" {
		own := x509.NewCertPool()
		pem, _ := os.ReadFile(file)
		own.AppendCertsFromPEM(pem)
		c.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: own}}
	}
	fmt.Println(c.Get(os.Args[1]))
}
