package main

import (
	"fmt"
	"net"
)

func main() {
	fmt.Println(net.Dial("tcp", "db:5432"))
}
