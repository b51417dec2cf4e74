package main

import (
	"crypto/x509"
	"fmt"
	"os"
)

func main() {
	der, _ := os.ReadFile("cert.der")
	c, _ := x509.ParseCertificate(der)
	fmt.Println(c.Verify(x509.VerifyOptions{}))
}
