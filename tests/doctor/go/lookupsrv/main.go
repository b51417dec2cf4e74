package main

import (
	"context"
	"fmt"
	"net"
)

func main() {
	fmt.Println(new(net.Resolver).LookupSRV(context.Background(), "http", "tcp", "example.org"))
}
