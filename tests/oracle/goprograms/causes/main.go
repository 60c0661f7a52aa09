// Causes makes GC cycles for every reason there is, and prints how many: `causes FOLDER` leaves a trace of them, GODEBUG=gctrace=1 a log.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"time"
	_ "unsafe" // For go:linkname.
)

// Two minutes, were it left alone.
//
//go:linkname forcegcperiod runtime.forcegcperiod
var forcegcperiod int64

const period = 400 * time.Millisecond

var garbage []byte

func main() {
	// Time starts no first cycle, and none of a heap that has not been marked yet.
	runtime.GC()
	file, err := os.Create(filepath.Join(os.Args[1], "go.trace"))
	must(err)
	must(trace.Start(file))
	before := counts()
	forcegcperiod = int64(period)
	after := before
	// It ends amid two cycles: one that is asked for and then not due any more is in the log as "GC forced", and is none.
	for end := time.Now().Add(time.Minute); time.Now().Before(end); after = counts() {
		if after.NumGC >= before.NumGC+3 && time.Since(time.Unix(0, int64(after.LastGC))) < period/2 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	forcegcperiod = int64(time.Hour)
	after = counts()
	for range 1000 {
		garbage = make([]byte, 64<<10)
	}
	for range 3 {
		runtime.GC()
	}
	debug.FreeOSMemory()
	last := counts()
	trace.Stop()
	must(file.Close())
	periodic, forced := after.NumGC-before.NumGC, last.NumForcedGC-before.NumForcedGC
	fmt.Println("periodic", periodic)
	fmt.Println("forced", forced)
	fmt.Println("heap", last.NumGC-before.NumGC-periodic-forced)
}

func counts() (stats runtime.MemStats) {
	runtime.ReadMemStats(&stats)
	return stats
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
