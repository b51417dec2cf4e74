package main

import (
	"fmt"
	"net"
)

func main() {
	l, _ := net.Listen("tcp", ":8080")
	fmt.Println(l.Accept())
}
