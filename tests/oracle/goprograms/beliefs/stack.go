package main

import (
	"fmt"
	"runtime"
	"unsafe"

	"beliefs/verdicts"
)

const limit = 128 << 10

//go:noinline
func touch(p *byte) { *p++ }

//go:noinline
func frame4K() { var v [4 << 10]byte; touch(&v[0]) }

//go:noinline
func frame128K() { var v [limit]byte; touch(&v[0]) }

//go:noinline
func over128K() { var v [limit + 1]byte; touch(&v[0]) }

//go:noinline
func over10M() { var v [10<<20 + 1]byte; touch(&v[0]) }

//go:noinline
func make64K() { v := make([]byte, 64<<10); touch(&v[0]) }

//go:noinline
func over64K() { v := make([]byte, 64<<10+1); touch(&v[0]) }

// stack tells of which size on a value is on the heap though nobody keeps it.
func stack() {
	for _, one := range []struct {
		what string
		f    func()
	}{
		{"variable of 4 KiB", frame4K}, {"variable of 128 KiB", frame128K}, {"variable of 128 KiB + 1", over128K},
		{"variable of 10 MiB + 1", over10M}, {"make of 64 KiB", make64K}, {"make of 64 KiB + 1", over64K},
	} {
		fmt.Printf("%s: %d allocations\n", one.what, mallocs(one.f))
	}
}

//go:noinline
func deep(n int) int {
	var room [128]byte
	if n == 0 {
		return int(room[0])
	}
	touch(&room[n%128])
	return deep(n-1) + int(room[0])
}

// moves lets a stack grow below a variable; a number does not follow it, as a pointer does.
func moves() {
	done := make(chan bool)
	go func() {
		var here byte
		before := uintptr(unsafe.Pointer(&here))
		deep(10_000)
		done <- before != uintptr(unsafe.Pointer(&here))
	}()
	fmt.Println("the variable has another address when the stack has grown:", <-done)
}

type value struct{ a, b, c, d int }

//go:noinline
func stays() int { v := value{a: 1}; return look(&v) }

//go:noinline
func escapes() int { v := value{a: 1}; kept = &v; return look(&v) }

//go:noinline
func look(v *value) int { return v.a }

// prove tells what MemStats show of values that stay on the stack, and of those that do not.
func prove() {
	for _, one := range []struct {
		what string
		f    func() int
	}{{"stays", stays}, {"escapes", escapes}} {
		stacks := least(func() uint64 {
			before, after := during(func() {
				for range 1000 {
					one.f()
				}
			})
			return after.StackInuse - before.StackInuse
		})
		fmt.Printf("a value that %s, 1000 times: StackInuse %+d, objects allocated by each %d\n", one.what, stacks, mallocs(func() { one.f() }))
	}
	kept = make([]byte, 1<<20)
	before := read()
	kept = nil
	runtime.GC()
	fmt.Println("nothing compiled anew, 1 MiB dropped: HeapAlloc is less:", read().HeapAlloc < before.HeapAlloc-1<<19)
}

// leaking calls a function whose parameter leaks.
func leaking() {
	point := &verdicts.Point{X: 1}
	fmt.Printf("objects allocated by a call: %d\n", mallocs(func() { verdicts.Same(point) }))
}

// inlining calls what returns a pointer to what it makes.
func inlining() {
	fmt.Printf("objects allocated by a call: %d\n", mallocs(func() { verdicts.Length() }))
}
