package main

import (
	"crypto/tls"
	"fmt"
	"net"
)

func main() {
	c, _ := net.Dial("tcp", "example.org:443")
	fmt.Println(tls.Client(c, &tls.Config{ServerName: "example.org"}).Handshake())
}
