// Tracetext writes the binary form of traces that Go's tree has as text or as fuzz corpus:
//
//	tracetext IN.test OUT.trace
//	tracetext CORPUSFILE OUT.trace
package main

import (
	"bytes"
	"fmt"
	"internal/trace/raw"
	"internal/trace/version"
	"io"
	"os"
	"strconv"
	"strings"
)

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	var out []byte
	if rest, ok := strings.CutPrefix(string(text), "go test fuzz v1\n[]byte("); ok {
		plain, err := strconv.Unquote(strings.TrimSuffix(strings.TrimSpace(rest), ")"))
		check(err)
		out = []byte(plain)
	} else {
		_, trace, found := strings.Cut(string(text), "-- trace --\n")
		if !found {
			check(fmt.Errorf("%s: no trace in it", os.Args[1]))
		}
		out = binary(trace)
	}
	check(os.WriteFile(os.Args[2], out, 0o644))
}

func binary(text string) []byte {
	reader, err := raw.NewTextReader(strings.NewReader(text))
	check(err)
	var out bytes.Buffer
	writer, err := raw.NewWriter(&out, version.Version(reader.Version()))
	check(err)
	for {
		event, err := reader.ReadEvent()
		if err == io.EOF {
			return out.Bytes()
		}
		check(err)
		check(writer.WriteEvent(event))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
