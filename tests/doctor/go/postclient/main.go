package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

func main() {
	c := &http.Client{Timeout: time.Second}
	fmt.Println(c.Post("https://example.org/x", "text/plain", strings.NewReader("x")))
}
