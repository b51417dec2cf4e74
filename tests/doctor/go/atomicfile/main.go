package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	f, err := os.CreateTemp(filepath.Dir(os.Args[1]), "new-*")
	if err == nil {
		err = os.Rename(f.Name(), os.Args[1])
	}
	fmt.Println(err)
}
