package main

import (
	"fmt"
	"plugin"
)

func main() {
	fmt.Println(plugin.Open("x.so"))
}
