// Parse is Go's own pprof decoder (github.com/google/pprof/profile.Parse) as a program:
//
//	parse bench [-runs N] [-seconds S] FILE...   how long profile.Parse takes
//	parse dump FILE...                           everything it decoded, as JSON lines
//	parse check FILE...                          "ok" or its error, per file
//
// It needs the newest Go, and lies in no module: tests/oracle/toolchain.py lays it over GOROOT's
// cmd, which may import its own vendored pprof.
package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/google/pprof/profile"
)

func main() {
	if len(os.Args) < 3 {
		fail("usage: parse bench|dump|check FILE...")
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	switch mode, args := os.Args[1], os.Args[2:]; mode {
	case "bench":
		bench(out, args)
	case "dump":
		for _, name := range args {
			dump(out, name)
		}
	case "check":
		for _, name := range args {
			check(out, name)
		}
	default:
		fail("unknown mode " + mode)
	}
}

func check(out *bufio.Writer, name string) {
	verdict := "ok"
	if _, err := profile.ParseData(read(name)); err != nil {
		verdict = err.Error()
	}
	fmt.Fprintf(out, "%s\t%s\n", name, verdict)
}

func read(name string) []byte {
	data, err := os.ReadFile(name)
	if err != nil {
		fail(err.Error())
	}
	return data
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}
