// Mechanisms makes the runtime do one thing, and writes what shows it: `mechanisms WHAT FILE`.
//
// survive  a trace in which objects of one type outlive no GC cycle, and those of another two
// classes  a trace in which there are objects of every size class, and large ones
// storm    a mutex profile of goroutines that allocate at once what is too large for a size class; prints what of it the runtime says
// assist   a trace, and beside it FILE.cpu, a CPU profile, of goroutines that allocate faster than the collector marks; prints the seconds
//
//	that runtime/metrics has for assists as they begin and in the end
//
// recurse  a CPU profile of goroutines that recurse deeply, each on a new stack; prints MemStats, read where one is deepest, as JSON
// ages     a heap profile, and FILE.later, between which one place keeps all it allocates, one the last ten, and one nothing
// hoard    nothing: it allocates until GOMEMLIMIT makes the collector run, for GODEBUG=gctrace=1
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"runtime/trace"
	"slices"
	"strings"
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
	case "assist":
		assist()
	case "recurse":
		recurse()
	case "ages":
		ages()
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

// storm goes on until the profile names what is asked for: how many wait in a second is chance. From Go 1.25 on only those count
// that sleep when the lock is let go, and the runtime spins before it sleeps.
func storm() {
	runtime.SetMutexProfileFraction(1)
	for end := time.Now().Add(time.Minute); !strings.Contains(waits(), os.Args[3]) && time.Now().Before(end); {
		allocateAtOnce(500 * time.Millisecond)
	}
	said := ""
	for said != waits() {
		said = waits()
		file, err := os.Create(os.Args[2])
		must(err)
		must(pprof.Lookup("mutex").WriteTo(file, 0))
		must(file.Close())
	}
	fmt.Print(said)
}

func allocateAtOnce(most time.Duration) {
	var done sync.WaitGroup
	until := time.Now().Add(most)
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
}

// waits tells what runtime.MutexProfile has of large, and of stacks that were lost: a line each, `contentions leaf;caller;...`.
func waits() string {
	records := make([]runtime.BlockProfileRecord, 10_000)
	n, ok := runtime.MutexProfile(records)
	if !ok {
		panic("more records than there is room for")
	}
	var lines []string
	for _, record := range records[:n] {
		var names []string
		for frames, more := runtime.CallersFrames(record.Stack()), true; more; {
			var frame runtime.Frame
			frame, more = frames.Next()
			names = append(names, frame.Function)
		}
		stack := strings.Join(names, ";")
		if strings.Contains(stack, ";main.large;") || strings.Contains(stack, "_LostContendedRuntimeLock") {
			lines = append(lines, fmt.Sprintf("%d %s\n", record.Count, stack))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

//go:noinline
func large() []byte { return make([]byte, 40<<10) }

type node struct{ left, right *node }

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{tree(depth - 1), tree(depth - 1)}
}

func assist() {
	runtime.GOMAXPROCS(4)
	debug.SetGCPercent(50)
	live := tree(19)
	profile, err := os.Create(os.Args[2] + ".cpu")
	must(err)
	must(pprof.StartCPUProfile(profile))
	var begin, end float64
	traced(func() {
		begin = assisted()
		var done sync.WaitGroup
		until := time.Now().Add(time.Minute)
		for range 8 {
			done.Add(1)
			go func() {
				defer done.Done()
				for assisted() < begin+0.25 && time.Now().Before(until) {
					pays()
				}
			}()
		}
		done.Wait()
		runtime.GC() // What an assist took is told at the end of its cycle.
		end = assisted()
	})
	pprof.StopCPUProfile()
	must(profile.Close())
	runtime.KeepAlive(live)
	fmt.Println(begin, end)
}

//go:noinline
func pays() *node { return tree(12) }

// assisted is the time in assists of all cycles that have ended.
func assisted() float64 {
	one := []metrics.Sample{{Name: "/cpu/classes/gc/mark/assist:cpu-seconds"}}
	metrics.Read(one)
	return one[0].Value.Float64()
}

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

// deepest is what the first recursion that came to its end read there.
var deepest runtime.MemStats

var (
	leaked  [objects][]byte
	ring    [10][]byte
	churned []byte
)

func ages() {
	runtime.MemProfileRate = 1
	heap(os.Args[2])
	for i := range objects {
		leak(i)
		cache(i)
		churn()
		time.Sleep(time.Millisecond)
	}
	churned = nil
	heap(os.Args[2] + ".later")
	runtime.KeepAlive(&leaked)
}

//go:noinline
func leak(i int) { leaked[i] = make([]byte, 1024) }

//go:noinline
func cache(i int) { ring[i%len(ring)] = make([]byte, 1024) }

//go:noinline
func churn() { churned = make([]byte, 1024) }

// heap writes a profile of what is live now: it tells what was as the last cycle but one ended.
func heap(path string) {
	runtime.GC()
	runtime.GC()
	file, err := os.Create(path)
	must(err)
	must(pprof.WriteHeapProfile(file))
	must(file.Close())
}

// recurse lets 50,000 calls of half a KiB each need a stack of 32 MiB, which every goroutine begins with next to nothing of.
func recurse() {
	profile, err := os.Create(os.Args[2])
	must(err)
	must(pprof.StartCPUProfile(profile))
	// A busy machine takes longer over as many as there are samples of.
	end := time.Now().Add(3 * time.Second)
	for rounds := 0; rounds < 40 || time.Now().Before(end); rounds++ {
		done := make(chan int)
		go func() { done <- deep(50_000, new([64]int)) }()
		<-done
	}
	pprof.StopCPUProfile()
	must(profile.Close())
	must(json.NewEncoder(os.Stdout).Encode(&deepest))
}

//go:noinline
func deep(calls int, above *[64]int) int {
	if calls == 0 {
		if deepest.Sys == 0 {
			runtime.ReadMemStats(&deepest)
		}
		return above[0]
	}
	var own [64]int
	own[calls%64] = above[calls%64] + 1
	return deep(calls-1, &own) + own[0]
}
