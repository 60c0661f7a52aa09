// Allocates in every way that the compiler knows. A line that ends in "//= kind" says how, and all that it allocates is of
// that kind. With a file as its argument it writes its heap profile there.
package main

import (
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/pprof"
	"strings"
)

type node struct {
	next *node
	data [40]byte
}

type shape interface{ area() int }

type square struct{ a, b, c int }

func (s square) area() int { return s.a }

var (
	keep  []any
	nodes []*node
	ints  []int
	texts []string
	bytes []byte
	runes []rune
	lists [][]int
	maps  []map[string]int
	chans []chan node
	boxes []shape
	funcs []func() int
	sink  any
)

//go:noinline
func pointer(n int) *node {
	return &node{data: [40]byte{byte(n)}} //= new
}

//go:noinline
func moved(n int) *int {
	x := n //= new
	return &x
}

//go:noinline
func several(n int) (*int, *int8, *int32) {
	x, y, z := n, int8(n), int32(n) //= new
	return &x, &y, &z
}

//go:noinline
func closure(n int) func() int {
	return func() int { return n } //= new
}

//go:noinline
func list(n int) []int {
	return make([]int, n) //= make
}

//go:noinline
func copied(from []byte) []byte {
	to := make([]byte, len(from)) //= make
	copy(to, from)
	return to
}

//go:noinline
func copiedNodes(from []*node) []*node {
	to := make([]*node, len(from)) //= make
	copy(to, from)
	return to
}

//go:noinline
func appended(to []int, n int) []int {
	return append(to, n) //= append
}

//go:noinline
func table(n int) map[string]int {
	return make(map[string]int, n) //= map
}

//go:noinline
func stored(in map[string]int, key string, n int) {
	in[key] = n //= map_growth
}

//go:noinline
func channel(n int) chan node {
	return make(chan node, n) //= channel
}

//go:noinline
func joined(a, b string) string {
	return a + "-" + b //= concatenation
}

//go:noinline
func asBytes(s string) []byte {
	return []byte(s) //= conversion
}

//go:noinline
func asText(b []byte) string {
	return string(b) //= conversion
}

//go:noinline
func asRunes(s string) []rune {
	return []rune(s) //= conversion
}

//go:noinline
func ofRunes(r []rune) string {
	return string(r) //= conversion
}

//go:noinline
func boxedInt(n int) any {
	return n //= boxing
}

//go:noinline
func boxedText(s string) any {
	return s //= boxing
}

//go:noinline
func boxedStruct(n int) shape {
	return square{n, n, n} //= boxing new
}

//go:noinline
func deferred(n int) {
	for i := 0; i < n; i++ {
		defer moved(i) //= defer new
	}
}

//go:noinline
func generic[T any](v T) *T {
	return &v
}

//go:noinline
func reflected(n int) {
	keep = append(keep, reflect.New(reflect.TypeOf(node{})).Interface())
	keep = append(keep, reflect.MakeSlice(reflect.TypeOf(ints), n, n).Interface())
	keep = append(keep, reflect.MakeMap(reflect.TypeOf(maps[0])).Interface())
	keep = append(keep, reflect.MakeChan(reflect.TypeOf(chans[0]), 1).Interface())
}

func main() {
	runtime.MemProfileRate = 1
	words := strings.Fields("one two three four five six seven eight nine ten")
	for i, word := range words {
		text := word + fmt.Sprint(i)
		nodes = append(nodes, pointer(i), generic(node{}))
		x, y, z := several(i)
		keep = append(keep, moved(i), x, y, z, boxedInt(i+1000), boxedText(text), generic(text))
		funcs = append(funcs, closure(i))
		lists = append(lists, list(i+100))
		bytes = append(bytes, copied(asBytes(text+text+text+text+text+text+text))...)
		keep = append(keep, copiedNodes(nodes))
		ints = appended(ints, i)
		maps = append(maps, table(i*100))
		stored(maps[0], text, i)
		chans = append(chans, channel(i))
		texts = append(texts, joined(text, word), asText(bytes), ofRunes(asRunes(text)))
		boxes = append(boxes, boxedStruct(i))
		deferred(i)
		done := make(chan bool)
		go func() { done <- true }()
		<-done
		var builder strings.Builder
		builder.Grow(i * 10)
		builder.WriteString(text)
		texts = append(texts, builder.String())
		reflected(i)
	}
	if len(os.Args) > 1 {
		file, err := os.Create(os.Args[1])
		if err != nil {
			panic(err)
		}
		if err := pprof.Lookup("heap").WriteTo(file, 0); err != nil {
			panic(err)
		}
		file.Close()
	}
}
