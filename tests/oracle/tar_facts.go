// What Go's archive/tar, by which runtimes unpack layers, reads of each tar: the lines of `facts tar` (tests/fuzz/facts.c).
package main

import (
	"archive/tar"
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

func escaped(text string) string {
	var out strings.Builder
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '\\' {
			fmt.Fprintf(&out, "\\%03o", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

func tell(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	types := map[byte]string{'0': "f", '\000': "f", '1': "h", '2': "l", '3': "c", '4': "b", '5': "d", '6': "p"}
	for t := tar.NewReader(f); ; {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		kind, ok := types[h.Typeflag]
		if !ok {
			return fmt.Errorf("type %q", h.Typeflag)
		}
		fmt.Fprintf(w, "entry %s %04o %d %d %d %d\npath %s\n", kind, h.Mode&07777, h.Uid, h.Gid, h.Size, h.ModTime.Unix(), escaped(h.Name))
		if kind == "h" || kind == "l" {
			fmt.Fprintf(w, "link %s\n", escaped(h.Linkname))
		}
	}
}

func main() {
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	for _, path := range os.Args[1:] {
		fmt.Fprintf(w, "file %s\n", path)
		if err := tell(w, path); err != nil {
			fmt.Fprintf(w, "refused %s\n", escaped(err.Error()))
		}
	}
}
