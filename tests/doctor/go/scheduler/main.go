package main

import (
	"net/http"
	"time"
)

func main() {
	l, _ := time.LoadLocation("America/New_York")
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(time.Now().In(l).String())) })
	http.ListenAndServe(":8080", nil)
}
