// Mechanisms makes the runtime do one thing, and writes what shows it: `mechanisms WHAT FILE`.
//
// survive  a trace in which objects of one type outlive no GC cycle, and those of another two
// classes  a trace in which there are objects of every size class, and large ones
// storm    a mutex profile of goroutines that allocate at once what is too large for a size class
// hoard    nothing: it allocates until GOMEMLIMIT makes the collector run, for GODEBUG=gctrace=1
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"time"
)

const objects = 1000

type brief struct {
	next *brief
	rest [6]uintptr
}

type lasting struct {
	next *lasting
	rest [10]uintptr
}

var (
	first *brief
	third *lasting
	kept  [][]byte
)

func main() {
	switch os.Args[1] {
	case "survive":
		traced(survive)
	case "classes":
		traced(classes)
	case "storm":
		storm()
	case "hoard":
		hoard()
	}
}

func traced(f func()) {
	file, err := os.Create(os.Args[2])
	must(err)
	runtime.GC()
	must(trace.Start(file))
	f()
	trace.Stop()
	must(file.Close())
}

func survive() {
	for range objects {
		first = &brief{next: first}
		third = &lasting{next: third}
	}
	first = nil
	runtime.GC() // finds the brief ones
	runtime.GC()
	third = nil
	runtime.GC() // finds the lasting ones, which two cycles did not
}

// classes allocates ten objects of every size class, and thirty large ones. MemStats name classes
// to 18432 bytes, and the last one ends 8 bytes early.
func classes() {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	sizes := []int{19072, 20480, 21760, 24576, 27264, 28672, 32760, 100_000, 100_000, 100_000}
	for _, class := range stats.BySize {
		if class.Size > 0 {
			sizes = append(sizes, int(class.Size))
		}
	}
	for _, size := range sizes {
		for range 10 {
			kept = append(kept, make([]byte, size))
		}
	}
	time.Sleep(10 * time.Millisecond)
}

func storm() {
	runtime.SetMutexProfileFraction(1)
	var done sync.WaitGroup
	until := time.Now().Add(2 * time.Second)
	for range 32 {
		done.Add(1)
		go func() {
			defer done.Done()
			var own [8][]byte
			for n := 0; time.Now().Before(until); n++ {
				own[n%8] = large()
			}
		}()
	}
	done.Wait()
	file, err := os.Create(os.Args[2])
	must(err)
	must(pprof.Lookup("mutex").WriteTo(file, 0))
	must(file.Close())
}

//go:noinline
func large() []byte { return make([]byte, 40<<10) }

func hoard() {
	kept = make([][]byte, 100)
	for n := range 3000 {
		kept[n%len(kept)] = make([]byte, 64<<10)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
