package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// sizes prints size classes by their numbers.
func sizes() {
	stats := read()
	for _, class := range []int{2, 4, 5, 8, 16, 33, 60} {
		fmt.Printf("class %d: %d bytes\n", class, stats.BySize[class].Size)
	}
}

// taken prints what one object takes of what it asks for.
func taken() {
	for _, size := range []int{33, 1025, 32760, 32761, 32769} {
		bytes := least(func() uint64 {
			before, after := during(func() { kept = make([]byte, size) })
			// The slice's header is an object of its own.
			return after.TotalAlloc - before.TotalAlloc - 24
		})
		fmt.Printf("%d bytes take %d\n", size, bytes)
	}
}

// large tells what MemStats.BySize has of objects above its last class.
func large() {
	var objects [1000][]byte
	allocate := func() {
		for n := range objects {
			objects[n] = make([]byte, 20_000)
		}
	}
	inAll := least(func() uint64 {
		before, after := during(allocate)
		return after.Mallocs - before.Mallocs
	})
	bySize := least(func() uint64 {
		before, after := during(allocate)
		more := uint64(0)
		for n := range after.BySize {
			more += after.BySize[n].Mallocs - before.BySize[n].Mallocs
		}
		return more
	})
	fmt.Printf("1000 objects of 20000 bytes: Mallocs +%d, all of BySize +%d\n", inAll, bySize)
}

// system tells where freed memory goes, and where large objects come from.
func system() {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	kept = blocks()
	full := read()
	kept = nil
	runtime.GC()
	freed := read()
	fmt.Println("64 MiB freed by a cycle: more than half still held:", freed.HeapIdle-freed.HeapReleased > 32<<20)
	kept = blocks()
	fmt.Println("1000 objects of 64 KiB again: more than a tenth of that mapped:", read().HeapSys > full.HeapSys+6<<20)
	kept = nil
	debug.FreeOSMemory()
	given := read()
	fmt.Println("after debug.FreeOSMemory: less than a tenth still held:", given.HeapIdle-given.HeapReleased < 6<<20)
}

func blocks() [][]byte {
	all := make([][]byte, 1000)
	for n := range all {
		all[n] = make([]byte, 64<<10)
		all[n][0] = 1
	}
	return all
}
