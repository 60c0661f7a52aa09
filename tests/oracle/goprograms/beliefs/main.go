// Beliefs measures what is said of Go's memory management: `beliefs WHAT`. docs/beliefs.md shows what it prints, and
// tests/oracle/test_beliefs.py compares, so that nothing here may depend on how fast a machine is.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

var measures = map[string]func(){
	"stack": stack, "moves": moves, "prove": prove, "leaking": leaking, "inlining": inlining,
	"sizes": sizes, "taken": taken, "large": large, "system": system,
	"conditions": conditions, "rescans": rescans, "goal": goal, "credit": credit, "finalizer": finalizer, "stats": stats,
	"layout": layout, "flush": flush,
}

func main() { measures[os.Args[1]]() }

// kept makes what is stored in it escape.
var kept any

func read() (stats runtime.MemStats) {
	runtime.ReadMemStats(&stats)
	return stats
}

// during returns MemStats before and after, without a cycle meanwhile.
func during(f func()) (before, after runtime.MemStats) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	before = read()
	f()
	return before, read()
}

// mallocs is how many objects one call allocates: that of a hundred by a hundred, as the runtime allocates now and then as well.
func mallocs(f func()) uint64 {
	before, after := during(func() {
		for range 100 {
			f()
		}
	})
	return (after.Mallocs - before.Mallocs) / 100
}

// least is the smallest of five, for what the runtime adds to now and then.
func least(f func() uint64) uint64 { return min(f(), f(), f(), f(), f()) }
