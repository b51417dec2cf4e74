package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	r, _ := http.NewRequest("GET", os.Args[1], nil)
	fmt.Println(new(http.Transport).RoundTrip(r))
}
