// Manystacks writes many different heap profiles: it allocates through ever more distinct stacks,
// keeps some of it and lets go of the rest.
package main

import (
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
)

// path says which steps to take on the way to an allocation.
type path struct {
	turns []uint8
	size  int
	at    int
}

// step takes the next turn, or allocates when there is none left.
func (p *path) step() []byte {
	if p.at == len(p.turns) {
		return allocate(p.size)
	}
	p.at++
	return steps[p.turns[p.at-1]](p)
}

//go:noinline
func allocate(size int) []byte { return make([]byte, size) }

func main() {
	out := flag.String("out", "", "folder to write into")
	count := flag.Int("count", 250, "profiles to write")
	seed := flag.Int64("seed", 1, "what makes this series different")
	first := flag.Int("first", 700, "stacks in the first profile")
	more := flag.Int("more", 12, "stacks that each further profile adds")
	flag.Parse()
	runtime.MemProfileRate = 512

	random := rand.New(rand.NewSource(*seed))
	paths := []*path{}
	kept := map[int][]byte{}
	for n := range *count {
		wanted := *first + n**more
		for len(paths) < wanted {
			paths = append(paths, branch(random, paths))
			kept[len(paths)-1] = walk(paths[len(paths)-1])
		}
		churn(random, paths, kept)
		write(filepath.Join(*out, fmt.Sprintf("heap-%04d.pb.gz", n)))
	}
	runtime.KeepAlive(kept)
}

// branch is a new path; mostly it leaves an older one on the way, as real call trees do.
func branch(random *rand.Rand, paths []*path) *path {
	turns := []uint8{}
	if len(paths) > 0 {
		older := paths[random.Intn(len(paths))].turns
		turns = append(turns, older[:random.Intn(len(older))]...)
	}
	for end := min(len(turns)+1+random.Intn(8), 28); len(turns) < end; {
		turns = append(turns, uint8(random.Intn(len(steps))))
	}
	return &path{turns: turns, size: 1 << (5 + random.Intn(8))}
}

// churn replaces what some paths keep, and drops what others do.
func churn(random *rand.Rand, paths []*path, kept map[int][]byte) {
	for range len(paths) / 2 {
		at := random.Intn(len(paths))
		if kept[at] = nil; random.Intn(4) > 0 {
			kept[at] = walk(paths[at])
		}
	}
}

func walk(p *path) []byte {
	p.at = 0
	return p.step()
}

func write(name string) {
	runtime.GC()
	runtime.GC()
	file, err := os.Create(name)
	if err == nil {
		err = pprof.Lookup("heap").WriteTo(file, 0)
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		panic(err)
	}
}
