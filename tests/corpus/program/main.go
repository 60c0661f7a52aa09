// Command corpus keeps what two dozen well-known modules build, and writes a heap profile after each round.
//
// Usage: corpus DIR [ROUNDS]
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"

	"example.com/corpus/shapes"
	"example.com/corpus/work"
)

func init() { runtime.MemProfileRate = 1 }

// kept holds everything the rounds built.
var kept []any

func main() {
	dir, rounds := os.Args[1], 4
	if len(os.Args) > 2 {
		rounds, _ = strconv.Atoi(os.Args[2])
	}
	for round := 1; round <= rounds; round++ {
		for _, w := range work.All {
			if err := guarded(w, round); err != nil {
				fmt.Fprintf(os.Stderr, "round %d, %s: %v\n", round, w.Name, err)
				os.Exit(1)
			}
		}
		kept = append(kept, shapes.Build(round), ownShapes(round))
		if err := profile(filepath.Join(dir, fmt.Sprintf("heap-%02d.pb.gz", round))); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	runtime.KeepAlive(kept)
}

func guarded(w work.Work, round int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	made, err := w.Do(round)
	if err == nil {
		kept = append(kept, made)
	}
	return err
}

// profile collects twice, so that what the round dropped is gone from the profile.
func profile(path string) error {
	runtime.GC()
	runtime.GC()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := pprof.Lookup("heap").WriteTo(f, 0); err != nil {
		return err
	}
	return f.Close()
}
