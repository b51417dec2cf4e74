package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	data, _ := os.ReadFile("zone")
	fmt.Println(time.LoadLocationFromTZData("mine", data))
}
