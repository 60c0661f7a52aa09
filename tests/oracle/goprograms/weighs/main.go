// Weighs allocates known numbers of objects, most kinds on a line of their own, and lets go of some: `weighs FOLDER` writes two heap
// profiles of every object into it.
package main

import (
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"

	"example.com/weighs/store"
)

type pair struct{ a, b *int }

type link struct {
	next *link
	of   *pair
}

var (
	kept    store.Store
	numbers []*int
	entries []*store.Entry
	links   *link
	calls   []func() int
	texts   []string
	anys    []any
)

//go:noinline
func moved(n int) *int {
	x := n
	return &x
}

//go:noinline
func through(p *pair) *pair { return p }

//go:noinline
func flows(n *int) {
	p := &pair{n, n}
	q := through(p)
	links = &link{links, q}
}

//go:noinline
func inlined() {
	entries[0] = store.Fresh()
	entries[1] = store.Fresh()
}

//go:noinline
func closed(n int) func() int {
	return func() int { return n }
}

//go:noinline
func boxed(n int) any {
	return n
}

//go:noinline
func joined(a string) string {
	return a + strconv.Itoa(len(a))
}

//go:noinline
func called(a string) string {
	return strings.Repeat(a, 20)
}

// give allocates count of each, and more of some than of others.
func give(count int) {
	for n := range count {
		numbers = append(numbers, moved(n))
		flows(numbers[0])
		inlined()
		calls = append(calls, closed(n))
		anys = append(anys, boxed(n+1000))
		texts = append(texts, joined("a text"), called("some text"))
		kept.Put()
		kept.Put()
		kept.Fill(300 + n%2*1000)
		kept.See(n+len(kept.Seen), nil)
	}
}

func write(name string) {
	// What is freed is known to the profile after two cycles.
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
	runtime.MemProfileRate = 1
	entries = make([]*store.Entry, 2)
	kept.Seen = map[int][]byte{}
	give(1000)
	write(os.Args[1] + "/heap-0.pb.gz")
	give(3000)
	kept.Raw, calls = nil, nil
	give(500)
	write(os.Args[1] + "/heap-1.pb.gz")
	runtime.KeepAlive([]any{kept, numbers, entries, links, calls, texts, anys})
}
