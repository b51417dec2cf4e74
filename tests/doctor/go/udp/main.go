package main

import (
	"net"
)

func main() {
	c, _ := net.ListenPacket("udp", ":5353")
	c.WriteTo([]byte("x"), c.LocalAddr())
}
