// Collects keeps Go's memory management busy for some seconds of processor time and writes a CPU profile of it: `collects cpu.pb.gz`.
//
// It allocates small and large objects on several goroutines (assists, spans, sweeping), links pointers (write barriers), fills
// maps, joins strings, recurses deeply on new goroutines (stacks that grow), gives memory back, stops the world, and waits on channels and locks.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

type node struct {
	left, right *node
	payload     [40]byte
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{left: tree(depth - 1), right: tree(depth - 1)}
}

//go:noinline
func recurse(depth int, frame [256]byte) int {
	if depth == 0 {
		return int(frame[7])
	}
	frame[depth%256]++
	return recurse(depth-1, frame) + 1
}

var kept sync.Map

// busy says whether there is work left: a profile has as many samples as there was processor time, on a busy machine too.
func busy(until time.Time) bool {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return used.Utime.Nano()+used.Stime.Nano() < (6*time.Second).Nanoseconds() && time.Now().Before(until)
}

func work(id int, until time.Time, out chan<- int) {
	words := map[string]int{}
	var large [][]byte
	for round := 0; busy(until); round++ {
		kept.Store(id*100+round%20, tree(12))
		for i := 0; i < 2000; i++ {
			words[strconv.Itoa(i*round%100000)+"-"+strings.Repeat("x", i%50)] += i
		}
		large = append(large[:len(large)%30], make([]byte, 200_000))
		done := make(chan int)
		go func() { done <- recurse(400, [256]byte{}) }()
		<-done
		if round%20 == 0 {
			words = map[string]int{}
		}
		if id == 0 && round%50 == 0 {
			debug.FreeOSMemory()
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
		}
	}
	out <- len(words)
}

func main() {
	file, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	runtime.GOMAXPROCS(4)
	runtime.SetCPUProfileRate(500)
	if err := pprof.StartCPUProfile(file); err != nil {
		panic(err)
	}
	out := make(chan int)
	until := time.Now().Add(2 * time.Minute)
	for id := 0; id < 8; id++ {
		go work(id, until, out)
	}
	for id := 0; id < 8; id++ {
		<-out
	}
	pprof.StopCPUProfile()
	if err := file.Close(); err != nil {
		panic(err)
	}
}
