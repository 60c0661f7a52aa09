// Assists makes goroutines allocate faster than the collector marks, until they have helped it for half a second: `assists FOLDER`.
//
// It leaves a trace and a CPU profile of that and prints the seconds that runtime/metrics has for assists before and after it, and
// for the whole process.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"time"
)

type node struct{ left, right *node }

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{tree(depth - 1), tree(depth - 1)}
}

//go:noinline
func pays() *node { return tree(12) }

// assisted is the time in assists of all cycles that have ended.
func assisted() float64 {
	one := []metrics.Sample{{Name: "/cpu/classes/gc/mark/assist:cpu-seconds"}}
	metrics.Read(one)
	return one[0].Value.Float64()
}

func main() {
	runtime.GOMAXPROCS(4)
	debug.SetGCPercent(50)
	live := tree(19)
	profile, events := create("cpu.pb.gz"), create("go.trace")
	runtime.GC()
	runtime.SetCPUProfileRate(500)
	must(pprof.StartCPUProfile(profile))
	must(trace.Start(events))
	begin := assisted()
	var done sync.WaitGroup
	until := time.Now().Add(time.Minute)
	for range 8 {
		done.Add(1)
		go func() {
			defer done.Done()
			for assisted() < begin+0.5 && time.Now().Before(until) {
				pays()
			}
		}()
	}
	done.Wait()
	runtime.GC()
	end := assisted()
	trace.Stop()
	pprof.StopCPUProfile()
	must(events.Close())
	must(profile.Close())
	runtime.KeepAlive(live)
	// A cycle under way is waited for, and so is its line, which is written with the world's semaphore held.
	debug.SetGCPercent(-1)
	runtime.ReadMemStats(&runtime.MemStats{})
	fmt.Println(begin, end, assisted())
}

func create(name string) *os.File {
	file, err := os.Create(filepath.Join(os.Args[1], name))
	must(err)
	return file
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
