// Traceread iterates Go's own reader over a trace and prints events and nanoseconds of each pass:
//
//	traceread FILE [PASSES]
package main

import (
	"bytes"
	"fmt"
	"internal/trace"
	"io"
	"os"
	"runtime"
	"strconv"
	"time"
)

func main() {
	runtime.GOMAXPROCS(1)
	content, err := os.ReadFile(os.Args[1])
	check(err)
	passes := 1
	if len(os.Args) > 2 {
		passes, err = strconv.Atoi(os.Args[2])
		check(err)
	}
	for range passes {
		started := time.Now()
		reader, err := trace.NewReader(bytes.NewReader(content))
		check(err)
		events := 0
		for {
			_, err := reader.ReadEvent()
			if err == io.EOF {
				break
			}
			check(err)
			events++
		}
		fmt.Println(events, time.Since(started).Nanoseconds())
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
