package main

import (
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"regexp"
)

func main() {
	flag.Parse()
	var v any
	fmt.Println(json.NewDecoder(os.Stdin).Decode(&v), regexp.MustCompile(flag.Arg(0)).MatchString("x"))
	xml.NewEncoder(os.Stdout).Encode("x")
}
