package main

import (
	"fmt"
	"time"
	_ "time/tzdata"
)

func main() {
	fmt.Println(time.LoadLocation("Europe/Oslo"))
}
