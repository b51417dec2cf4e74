package main

import (
	"fmt"
	_ "golang.org/x/crypto/x509roots/fallback"
	"net/http"
)

func main() {
	fmt.Println(http.Get("https://example.org"))
}
