package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	fmt.Println(os.WriteFile(filepath.Join(os.TempDir(), "note"), nil, 0o600))
}
