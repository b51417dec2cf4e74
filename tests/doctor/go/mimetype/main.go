package main

import (
	"fmt"
	"mime"
	"os"
)

func main() {
	fmt.Println(mime.TypeByExtension(os.Args[1]))
}
