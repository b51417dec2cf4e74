package main

import (
	"fmt"
	"net"
)

func main() {
	fmt.Println(net.LookupPort("tcp", "https"))
}
