package main

import (
	"crypto/x509"
	"fmt"
	"os"
)

func main() {
	der, _ := os.ReadFile("cert.der")
	fmt.Println(x509.ParseCertificate(der))
}
