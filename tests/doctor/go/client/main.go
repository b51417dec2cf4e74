package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	fmt.Println(http.Get(os.Args[1]))
}
