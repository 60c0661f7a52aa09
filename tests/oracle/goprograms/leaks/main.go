// Leaks writes a series of goroutine profiles: in each, three more goroutines send what nobody will receive, and two wait as before.
//
// Where the runtime can tell who is never woken, a profile of those follows.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

const (
	moments = 3
	senders = 3
	waiters = 2
)

// Reachable, so that those who wait for it can be woken.
var stop = make(chan int)

func main() {
	for range waiters {
		go wait(stop)
	}
	for moment := range moments {
		nobody := make(chan int)
		for range senders {
			go send(nobody)
		}
		nobody = nil
		until("[chan send", senders*(moment+1))
		until("[chan receive", waiters)
		record("goroutine", moment)
	}
	// It makes the runtime look for them, as no goroutine profile does.
	if pprof.Lookup("goroutineleak") != nil {
		record("goroutineleak", moments)
	}
	stop <- 0
}

//go:noinline
func send(to chan int) { to <- 1 }

//go:noinline
func wait(from chan int) { <-from }

// until waits for so many goroutines to be in a state, however long that takes.
func until(state string, count int) {
	stacks := make([]byte, 1<<20)
	for strings.Count(string(stacks[:runtime.Stack(stacks, true)]), state) < count {
		time.Sleep(time.Millisecond)
	}
}

func record(kind string, moment int) {
	file, err := os.Create(filepath.Join(os.Args[1], fmt.Sprintf("%s-%d.pb.gz", kind, moment)))
	must(err)
	must(pprof.Lookup(kind).WriteTo(file, 0))
	must(file.Close())
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
