package main

import (
	"fmt"
	"time"
)

func main() {
	fmt.Println(time.Now().Local().Format(time.RFC1123), time.FixedZone("here", 3600))
}
