package main

import (
	"fmt"
	"net/rpc"
)

func main() {
	fmt.Println(rpc.DialHTTP("tcp", "backend:1234"))
}
