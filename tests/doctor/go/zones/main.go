package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	for _, name := range os.Args[1:] {
		l, err := time.LoadLocation(name)
		fmt.Println(time.Now().In(l), err)
	}
}
