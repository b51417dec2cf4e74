package main

import (
	"crypto/tls"
	"fmt"
)

func main() {
	fmt.Println(tls.Dial("tcp", "example.org:443", nil))
}
