package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"runtime"
	"slices"
	"time"

	"github.com/google/pprof/profile"
)

type timing struct {
	File     string `json:"file"`
	Bytes    int    `json:"bytes"`
	MedianNs int64  `json:"median_ns"`
	MinNs    int64  `json:"min_ns"`
	Samples  int    `json:"samples"`
}

type report struct {
	Go       string   `json:"go"`
	Runs     int      `json:"runs"`
	MedianNs int64    `json:"median_ns"` // of all files together
	MinNs    int64    `json:"min_ns"`
	Files    []timing `json:"files"`
}

// bench times profile.Parse on one processor, from bytes in memory, gunzip included.
//
// Each run goes over all files, so that a slow moment of the machine does not fall on one file.
func bench(out *bufio.Writer, args []string) {
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	atLeast := flags.Int("runs", 5, "runs over all files, at least")
	seconds := flags.Float64("seconds", 2, "time to measure for, at least")
	flags.Parse(args)
	runtime.GOMAXPROCS(1)

	files, contents := flags.Args(), [][]byte{}
	for _, name := range files {
		contents = append(contents, read(name))
	}
	parsed := make([]timing, len(files))
	for i, data := range contents {
		parsed[i] = timing{File: files[i], Bytes: len(data), Samples: parse(files[i], data)}
	}
	perFile, totals := make([][]int64, len(files)), []int64{}
	for began := time.Now(); len(totals) < *atLeast || time.Since(began).Seconds() < *seconds; {
		runtime.GC()
		total := int64(0)
		for i, data := range contents {
			start := time.Now()
			parse(files[i], data)
			took := time.Since(start).Nanoseconds()
			perFile[i] = append(perFile[i], took)
			total += took
		}
		totals = append(totals, total)
	}
	for i, took := range perFile {
		parsed[i].MedianNs, parsed[i].MinNs = median(took), slices.Min(took)
	}
	result := report{runtime.Version(), len(totals), median(totals), slices.Min(totals), parsed}
	if err := json.NewEncoder(out).Encode(result); err != nil {
		fail(err.Error())
	}
}

func parse(name string, data []byte) int {
	p, err := profile.Parse(bytes.NewReader(data))
	if err != nil {
		fail(name + ": " + err.Error())
	}
	return len(p.Sample)
}

func median(values []int64) int64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
