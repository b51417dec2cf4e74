package main

import (
	"fmt"
	"net/http"
	"time"
)

func main() {
	l, _ := time.LoadLocation("Asia/Tokyo")
	fmt.Println(http.Get("https://example.org/" + time.Now().In(l).Format("2006-01-02")))
}
