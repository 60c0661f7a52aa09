// How often lines of this file allocate, by testing.AllocsPerRun: `line small large`, and how many cycles
// allocating at one of two lines sets off, with the profile that tells what each of them allocates.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"testing"
	"time"
)

type pair struct{ a, b int }

var (
	kept  *pair
	bytes []byte
	any_  any
	text  = "a text"
	sum   int
)

//go:noinline
func stays(n int) int { p := &pair{n, n}; return p.a + p.b }

//go:noinline
func constant(n int) int { b := make([]byte, 32); b[n%32] = 1; return len(b) }

//go:noinline
func certain(n int) int { kept = &pair{n, n}; return n }

//go:noinline
func sized(n int) int { b := make([]byte, n); return len(b) }

//go:noinline
func fromBytes(n int) int { s := string(bytes[:n]); return len(s) + cap([]byte(s[:1])) }

//go:noinline
func joined(n int) int { s := text[:n] + text[:1]; return use(s) }

//go:noinline
func mapped(n int) int {
	m := make(map[int]int)
	for i := range n {
		m[i] = i
	}
	return len(m)
}

//go:noinline
func copied(n int) int { b := []byte(text[:n]); b[0] = 'x'; return len(b) }

//go:noinline
func grown(n int) int {
	var b []byte
	for i := range n {
		b = append(b, byte(i))
	}
	return len(b)
}

//go:noinline
func use(s string) int { return len(s) }

func measure(line string, of func(int) int) {
	count := func(n int) float64 { return testing.AllocsPerRun(100, func() { sum += of(n) }) }
	fmt.Println("line", line, count(5), count(1000))
}

//go:noinline
func saved(keep bool) *pair {
	big := &[1024]byte{}
	if keep {
		any_ = big
	}
	return &pair{int(big[0]), 2}
}

//go:noinline
func onStack() *pair {
	big := &[1024]byte{}
	big[sum%1024] = 1
	return &pair{int(big[0]), 2}
}

//go:noinline
func rest(n int) { bytes = make([]byte, n) }

func cycles(of func()) uint32 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 2_000_000 {
		of()
		rest(1024)
	}
	runtime.ReadMemStats(&after)
	return after.NumGC - before.NumGC
}

func write(name string) {
	runtime.GC()
	runtime.GC()
	out, err := os.Create(name)
	if err != nil {
		panic(err)
	}
	defer out.Close()
	if err := pprof.Lookup("heap").WriteTo(out, 0); err != nil {
		panic(err)
	}
}

func main() {
	if len(os.Args) > 1 {
		// With one processor the collector is never late, however busy the machine is.
		runtime.GOMAXPROCS(1)
		// What stays live makes the heap big enough that GOGC sets the pace.
		ballast := make([]byte, 64<<20)
		write(os.Args[1] + "/heap-0.pb.gz")
		time.Sleep(10 * time.Millisecond)
		with := cycles(func() { kept = saved(true) })
		write(os.Args[1] + "/heap-1.pb.gz")
		without := cycles(func() { kept = onStack() })
		for range 200_000 {
			sum += sized(1000)
		}
		write(os.Args[1] + "/heap-2.pb.gz")
		runtime.KeepAlive(ballast)
		fmt.Println("cycles", strconv.Itoa(int(with)), strconv.Itoa(int(without)))
		return
	}
	for range 11 {
		text += text
	}
	bytes = []byte(text)
	measure("stays", stays)
	measure("constant", constant)
	measure("certain", certain)
	measure("sized", sized)
	measure("fromBytes", fromBytes)
	measure("joined", joined)
	measure("mapped", mapped)
	measure("copied", copied)
	measure("grown", grown)
}
