package main

import (
	"net/http"
	"os"
)

func main() {
	if len(os.Args) > 1 {
		if _, err := http.Get(os.Getenv("PROBE_URL")); err != nil {
			os.Exit(1)
		}
		return
	}
	http.ListenAndServe(":8080", nil)
}
