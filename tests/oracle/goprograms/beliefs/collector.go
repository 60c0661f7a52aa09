package main

import (
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"time"
	"unsafe"
)

type node struct {
	next *node
	rest [6]uintptr
}

func list(n int) (first *node) {
	for range n {
		first = &node{next: first}
	}
	return first
}

// conditions counts cycles that the program asked for, and that the heap began, without the other.
func conditions() {
	before := read()
	runtime.GC()
	after := read()
	fmt.Printf("runtime.GC, nothing allocated: %d cycle, %d forced\n", after.NumGC-before.NumGC, after.NumForcedGC-before.NumForcedGC)
	before = read()
	for read().NumGC < before.NumGC+5 {
		for range 1000 {
			kept = make([]byte, 1024)
		}
	}
	after = read()
	fmt.Printf("allocated until five cycles had begun: %d forced\n", after.NumForcedGC-before.NumForcedGC)
}

func measured(name string) int64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// goal holds the goal against what it is made of, with and without stacks.
func goal() {
	kept = list(200_000)
	stop := make(chan bool)
	for range 100 {
		go wait(500, stop)
	}
	time.Sleep(10 * time.Millisecond)
	exact, doubled := 0, 0
	for range 5 {
		runtime.GC()
		live := measured("/gc/heap/live:bytes")
		roots := measured("/gc/scan/stack:bytes") + measured("/gc/scan/globals:bytes")
		if measured("/gc/heap/goal:bytes") == 2*live+roots {
			exact++
		}
		if measured("/gc/heap/goal:bytes") == 2*live {
			doubled++
		}
	}
	close(stop)
	fmt.Printf("goal is twice the live heap: %d of 5 cycles\n", doubled)
	fmt.Printf("goal is twice the live heap, stacks and global variables: %d of 5 cycles\n", exact)
}

//go:noinline
func wait(depth int, stop chan bool) byte {
	var room [128]byte
	touch(&room[0])
	if depth == 0 {
		<-stop
		return room[0]
	}
	return wait(depth-1, stop) + room[0]
}

// rescans holds the bytes of stacks that a cycle scanned against those that goroutines use.
func rescans() {
	const goroutines, depth = 100, 500
	frame := make(chan int64)
	stop := make(chan bool)
	for range goroutines {
		go descend(depth, frame, stop)
	}
	size := int64(0)
	for range goroutines {
		size = <-frame
	}
	runtime.GC()
	fmt.Printf("bytes of stacks scanned, by bytes used: %.1f\n", float64(measured("/gc/scan/stack:bytes"))/float64(goroutines*depth*size))
	close(stop)
}

// descend waits at the bottom, and tells how large a frame of its is: what lies between a variable and its caller's.
//
//go:noinline
func descend(depth int, frame chan int64, stop chan bool, above ...*byte) byte {
	var room [128]byte
	touch(&room[0])
	if depth == 0 {
		frame <- int64(uintptr(unsafe.Pointer(above[0])) - uintptr(unsafe.Pointer(&room[0])))
		<-stop
		return room[0]
	}
	return descend(depth-1, frame, stop, &room[0]) + room[0]
}

// credit lets background workers mark more than anybody will ever owe.
func credit() {
	kept = list(1 << 20)
	runtime.GC()
	before := read().NumGC
	time.Sleep(100 * time.Millisecond)
	fmt.Printf("64 MiB marked in the background; cycles that this began: %d\n", read().NumGC-before)
	runtime.KeepAlive(kept)
}

// finalizer blocks for good, as the collector goes on.
func finalizer() {
	ran := make(chan string)
	func() {
		runtime.SetFinalizer(&node{}, func(*node) {
			ran <- goroutine()
			select {}
		})
	}()
	runtime.GC()
	fmt.Println("on the goroutine that called runtime.GC:", <-ran == goroutine())
	before := read().NumGC
	for range 10 {
		runtime.GC()
	}
	fmt.Printf("cycles while it never returns: %d\n", read().NumGC-before)
}

// goroutine is the number of the one that calls it.
func goroutine() string {
	text := make([]byte, 64)
	return strings.Fields(string(text[:runtime.Stack(text, false)]))[1]
}

// stats compares what MemStats and GCStats say of pauses.
func stats() {
	for range 3 {
		runtime.GC()
	}
	var collected debug.GCStats
	debug.ReadGCStats(&collected)
	_, has := reflect.TypeOf(collected).FieldByName("PauseNs")
	memory := read()
	newest := time.Duration(memory.PauseNs[(memory.NumGC+255)%256])
	fmt.Println("debug.GCStats has PauseNs:", has)
	fmt.Println("its first pause is the newest, in a ring in MemStats:", collected.Pause[0] == newest)
	fmt.Println("MemStats have the newest first:", time.Duration(memory.PauseNs[0]) == newest)
}
